"""TLS towards clients, as a ClientTrafficPolicy has it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.string_match import StringMatch
from reconciler.manifests.tls_settings import TLSSettings


class OtherNameMatch(StringMatch):
    """A comparison of a name of another type, which its OID tells."""

    oid: str


class SubjectAltNameMatches(Model):
    """Names of which a client's certificate has to have one."""

    dns_names: list[StringMatch] = Field(default_factory=list)
    email_addresses: list[StringMatch] = Field(default_factory=list)
    ip_addresses: list[StringMatch] = Field(default_factory=list)
    uris: list[StringMatch] = Field(default_factory=list)
    other_names: list[OtherNameMatch] = Field(default_factory=list)


class RevocationLists(Model):
    """Lists of certificates that are no longer valid: the key `ca.crl` of ConfigMaps and Secrets."""

    refs: Annotated[list[SecretObjectReference], Field(min_length=1, max_length=8)]
    only_verify_leaf_certificate: bool | None = None


_VERIFYING = frozenset({"VerifyIfGiven", "RequireAndVerify"})


class ClientValidationContext(Model):
    """How certificates of clients are verified. `mode` wins over `optional`; without both one is required."""

    optional: bool | None = None
    mode: Literal["Request", "RequireAny", "VerifyIfGiven", "RequireAndVerify"] | None = None
    ca_certificate_refs: Annotated[list[SecretObjectReference], Field(max_length=8)] = Field(default_factory=list)
    spki_hashes: list[str] = Field(default_factory=list)
    certificate_hashes: list[str] = Field(default_factory=list)
    subject_alt_names: SubjectAltNameMatches | None = None
    crl: RevocationLists | None = None
    allow_expired_certificate: bool | None = None

    @model_validator(mode="after")
    def _expired_where_verified(self) -> Self:
        if self.allow_expired_certificate and self.mode is not None and self.mode not in _VERIFYING:
            message = "may only be true where mode is VerifyIfGiven or RequireAndVerify"
            raise refused([Violation(message, ("allowExpiredCertificate",))])
        return self


class Stateless(Model):
    """Session tickets."""


class Stateful(Model):
    """Sessions that Envoy remembers."""


class SessionResumption(Model):
    """In which ways sessions are resumed."""

    stateless: Stateless | None = None
    stateful: Stateful | None = None


class Session(Model):
    """TLS sessions."""

    resumption: SessionResumption | None = None


class ClientTLSSettings(TLSSettings):
    """TLS towards clients."""

    client_validation: ClientValidationContext | None = None
    session: Session | None = None
