"""TLS: certificates, who is trusted to issue them, and how they are verified."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from reconciler.records import dataclass


class NameKind(StrEnum):
    """A kind of name that a certificate may have."""

    DNS = "DNS"
    URI = "URI"


@dataclass(frozen=True, slots=True)
class CertificateName:
    """A name that a certificate is to have."""

    kind: NameKind
    value: str


@dataclass(frozen=True, slots=True)
class TLSParameters:
    """What may be negotiated; empty: Envoy's choice. Versions are `1.0` to `1.3`, the rest OpenSSL's names."""

    minimum: str = ""
    maximum: str = ""
    ciphers: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()
    signature_algorithms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackendTLS:
    """How TLS is spoken to a backend.

    Attributes:
        authority: SDS name of the `Authority` that its certificate is verified with; empty: it is not verified.
        server_name: SNI; empty: the host of the request.
        endpoint_names: SNI is the endpoint's `hostname` instead, or its address where that is a host name.
        names: the certificate has one of these; none: it has the name that is sent as SNI.
        client_certificate: SDS name of the certificate that is presented; empty: the one of the fleet
            (`Placement.client_certificate`), if any.
        alpn: in order of preference; none: what goes with the protocol.
    """

    authority: str
    server_name: str = ""
    endpoint_names: bool = False
    names: tuple[CertificateName, ...] = ()
    client_certificate: str = ""
    parameters: TLSParameters = TLSParameters()
    alpn: tuple[str, ...] = ()


class BackendDefaults(NamedTuple):
    """What a fleet has for TLS to backends that do not say it themselves, as in `TLSParameters` and `BackendTLS`."""

    minimum: str = ""
    maximum: str = ""
    ciphers: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()
    signature_algorithms: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()


NO_BACKEND_DEFAULTS = BackendDefaults()


@dataclass(frozen=True, slots=True)
class PresentedName:
    """A name that a client's certificate may have. `kind` is `DNS`, `EMAIL`, `IP_ADDRESS`, `URI` or `OTHER_NAME`.

    `how` is `Exact`, `Prefix`, `Suffix` or `RegularExpression`; `oid` is the type of an `OTHER_NAME`.
    """

    kind: str
    how: str
    value: str
    oid: str = ""


@dataclass(frozen=True, slots=True)
class ClientValidation:
    """How certificates of clients are verified: with the `Authority` of this SDS name; empty: with none.

    Attributes:
        required: clients are let in only with a certificate.
        untrusted: one that is not valid will do.
        spki_hashes, certificate_hashes: it is one of these; none: any.
        names: it has one of these; none: any.
        revoked: lists of revoked certificates, in PEM; with `revoked_leaf_only` those of authorities are not looked up.
        expired: one that has expired will do.
        silent: clients are not told whose certificates are trusted.
    """

    authority: str
    required: bool = True
    untrusted: bool = False
    spki_hashes: tuple[str, ...] = ()
    certificate_hashes: tuple[str, ...] = ()
    names: tuple[PresentedName, ...] = ()
    revoked: bytes = b""
    revoked_leaf_only: bool = False
    expired: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class TLS:
    """How TLS is terminated. `certificates` are SDS names (`namespace/name`), `alpn` in order of preference.

    Attributes:
        clients: None where clients are not asked for certificates.
        parameters: None: Envoy's own.
        tickets, sessions: sessions are resumed, by tickets or by what Envoy remembers.
    """

    certificates: tuple[str, ...]
    alpn: tuple[str, ...] = ("h2", "http/1.1")
    clients: ClientValidation | None = None
    parameters: TLSParameters | None = None
    tickets: bool = False
    sessions: bool = False


@dataclass(frozen=True, slots=True)
class Secret:
    """A certificate with its key. Without content it is resolved by the sidecar.

    `certificate_chain` and `private_key` are PEM.
    """

    name: str
    certificate_chain: bytes = b""
    private_key: bytes = b""


@dataclass(frozen=True, slots=True)
class GenericSecret:
    """Any other value that Envoy asks for by name. Without content it is resolved by the sidecar.

    With `derived` the value is not the content, but derived from it.
    """

    name: str
    content: bytes = b""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is trusted to issue certificates: a `bundle` of certificates in PEM, or a file of Envoy's host.

    With neither it is resolved by the sidecar.
    """

    name: str
    bundle: bytes = b""
    file: str = ""


AnySecret = Secret | Authority | GenericSecret
"""Everything that Envoy asks for by name."""
