"""Backend (gateway.envoyproxy.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.references import LocalObjectReference, SecretObjectReference
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.tls_settings import TLSSettings
from reconciler.manifests.values import FQDN, IP_ADDRESS, WELL_KNOWN_CA, PortOrZero, Subdomain

ENVOY_GATEWAY_GROUP = "gateway.envoyproxy.io"


class FQDNEndpoint(Model):
    """A host found by DNS."""

    hostname: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=FQDN)]
    port: PortOrZero


class IPEndpoint(Model):
    """An IP address."""

    address: Annotated[str, StringConstraints(min_length=3, max_length=45, pattern=IP_ADDRESS)]
    port: PortOrZero


MAX_SOCKET_PATH: Final = 108
"""Characters of a Unix socket's path."""


def _fits_socket(path: str) -> str:
    if len(path) > MAX_SOCKET_PATH:
        raise refused([Violation(f"must have at most {MAX_SOCKET_PATH} characters; has {len(path)}")])
    return path


class UnixSocket(Model):
    """A Unix socket."""

    path: Annotated[str, AfterValidator(_fits_socket)]


class BackendEndpoint(Model):
    """One address: exactly one of `fqdn`, `ip` and `unix`."""

    fqdn: FQDNEndpoint | None = None
    ip: IPEndpoint | None = None
    unix: UnixSocket | None = None
    hostname: Subdomain | None = None
    zone: str | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        addresses = sum(address is not None for address in (self.fqdn, self.ip, self.unix))
        if addresses != 1:
            found = "has none" if not addresses else "has more"
            raise refused([Violation(f"must have exactly one of fqdn, ip and unix; {found}")])
        return self


def _fqdn_not_mixed(endpoints: list[BackendEndpoint]) -> list[BackendEndpoint]:
    named = sum(endpoint.fqdn is not None for endpoint in endpoints)
    if named not in (0, len(endpoints)):
        raise refused([Violation("must be all of fqdn or none: they cannot be mixed with other addresses")])
    return endpoints


class BackendTLSSettings(TLSSettings):
    """TLS towards the backend."""

    ca_certificate_refs: Annotated[list[LocalObjectReference], Field(max_length=8)] = Field(default_factory=list)
    well_known_ca_certificates: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=WELL_KNOWN_CA)] | None,
        Field(alias="wellKnownCACertificates"),
    ] = None
    insecure_skip_verify: bool = False
    sni: Subdomain | None = None
    auto_sni_from_endpoint_hostname: Annotated[bool | None, Field(alias="autoSNIFromEndpointHostname")] = None
    client_certificate_ref: SecretObjectReference | None = None

    def _violations(self) -> Iterator[Violation]:
        yield from self._trust_violations()
        yield from super()._violations()

    def _trust_violations(self) -> Iterator[Violation]:
        well_known = self.well_known_ca_certificates is not None
        if self.ca_certificate_refs and well_known:
            yield Violation("may have caCertificateRefs or wellKnownCACertificates, not both")
        if self.insecure_skip_verify and (self.ca_certificate_refs or well_known):
            message = "must have neither caCertificateRefs nor wellKnownCACertificates where insecureSkipVerify is true"
            yield Violation(message)
        if self.sni is not None and self.auto_sni_from_endpoint_hostname:
            yield Violation("may have sni or autoSNIFromEndpointHostname, not both")


class BackendSpec(Model):
    """Where the backend is and how it is spoken to."""

    type: Literal["Endpoints", "DynamicResolver"] = "Endpoints"
    endpoints: Annotated[
        list[BackendEndpoint], Field(min_length=1, max_length=256), AfterValidator(_fqdn_not_mixed)
    ] = Field(default_factory=list)
    app_protocols: list[
        Literal["gateway.envoyproxy.io/h2c", "gateway.envoyproxy.io/ws", "gateway.envoyproxy.io/wss"]
    ] = Field(default_factory=list)
    fallback: bool | None = None
    tls: BackendTLSSettings | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        auto_sni = self.tls is not None and self.tls.auto_sni_from_endpoint_hostname
        if self.type == "DynamicResolver":
            if self.endpoints:
                yield Violation("must not be specified where type is DynamicResolver", ("endpoints",))
            if auto_sni:
                message = "must not be true where type is DynamicResolver"
                yield Violation(message, ("tls", "autoSNIFromEndpointHostname"))
        elif auto_sni:
            yield from self._unnamed_endpoints()

    def _unnamed_endpoints(self) -> Iterator[Violation]:
        if not self.endpoints:
            yield Violation("autoSNIFromEndpointHostname needs endpoints")
        for index, endpoint in enumerate(self.endpoints):
            if endpoint.fqdn is None and endpoint.hostname is None:
                message = "must have a hostname where autoSNIFromEndpointHostname is true: it is of ip or unix"
                yield Violation(message, ("endpoints", index))


class Backend(NamespacedResource):
    """Endpoints outside of Kubernetes."""

    group: ClassVar[str] = ENVOY_GATEWAY_GROUP
    kind_name: ClassVar[str] = "Backend"

    spec: BackendSpec
    status: Status = None
