"""How clients are dealt with, where it is not as usual: by one filter chain, or by the socket of several.

Durations are in milliseconds, sizes in bytes. None is what is usual.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from reconciler.ir.clusters import HTTP2, Keepalive
from reconciler.ir.tls import ClientValidation, TLSParameters


class Comparison(StrEnum):
    """How a whole string is compared."""

    EXACT = "Exact"
    PREFIX = "Prefix"
    SUFFIX = "Suffix"
    REGEX = "RegularExpression"


class StringMatch(NamedTuple):
    """A comparison with a string, or a regular expression of RE2."""

    kind: Comparison
    value: str


class HeaderChanges(NamedTuple):
    """Changes of headers, in this order. Pairs are (name, value); values may have operators of Envoy."""

    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    add_if_absent: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()
    remove_on_match: tuple[StringMatch, ...] = ()


class ForwardedFor(NamedTuple):
    """The client's address stands in X-Forwarded-For: before that of `hops` proxies, or of those in `networks`.

    With `append` the address of the connection is added for the backend.
    """

    hops: int = 0
    networks: tuple[str, ...] = ()
    append: bool = True


class AddressHeader(NamedTuple):
    """The client's address stands in a header. With `required` a request without it is answered 403."""

    name: str
    required: bool = False


class UnderscoreAction(StrEnum):
    """What is done about header names with underscores."""

    ALLOW = "Allow"
    REJECT = "RejectRequest"
    DROP = "DropHeader"


class EscapedSlashes(StrEnum):
    """What is done about `%2F` and `%5C` in paths."""

    KEEP = "KeepUnchanged"
    REJECT = "RejectRequest"
    FORWARD = "UnescapeAndForward"
    REDIRECT = "UnescapeAndRedirect"


class RequestID(StrEnum):
    """Whether requests get an ID, and keep the one they come with."""

    PRESERVE_OR_GENERATE = "PreserveOrGenerate"
    PRESERVE = "Preserve"
    GENERATE = "Generate"
    DISABLE = "Disable"


class CertificateHeader(NamedTuple):
    """X-Forwarded-Client-Cert: a `mode` of the CRD, and what is told of the certificate, e.g. `Subject`."""

    mode: str = "Sanitize"
    details: tuple[str, ...] = ()


class Headers(NamedTuple):
    """Headers of requests and answers.

    Attributes:
        envoy: backends and clients are told Envoy's own (`x-envoy-*`).
        rate_limits: clients are told of limits of their rate.
        early: before a route is looked for.
        late: after everything else.
        trailing_dot: that of a host is kept.
        limit_kib: the most that a request may have.
    """

    envoy: bool = False
    rate_limits: bool = True
    certificate: CertificateHeader = CertificateHeader()
    underscores: UnderscoreAction = UnderscoreAction.REJECT
    request_id: RequestID | None = None
    early: HeaderChanges | None = None
    late: HeaderChanges | None = None
    trailing_dot: bool = True
    limit_kib: int | None = None


class Paths(NamedTuple):
    """How paths are normalised."""

    escaped_slashes: EscapedSlashes = EscapedSlashes.REDIRECT
    merge_slashes: bool = True


class HTTP10(StrEnum):
    """Whether HTTP/1.0 is accepted, and then requests without a host as those for the host of the chain."""

    REFUSED = "refused"
    ACCEPTED = "accepted"
    WITH_DEFAULT_HOST = "with default host"


class HTTP1(NamedTuple):
    """HTTP/1.1, of clients and of the backends of their routes."""

    trailers: bool = False
    preserve_case: bool = False
    http10: HTTP10 = HTTP10.REFUSED
    ignored_upgrades: tuple[StringMatch, ...] = ()


class ConnectionLimit(NamedTuple):
    """How many connections there may be; further ones are closed after `delay_ms`."""

    connections: int
    delay_ms: int | None = None


class Timeouts(NamedTuple):
    """How long clients may take; 0: as long as they like.

    Attributes:
        tcp_idle_ms: of connections that are forwarded.
        handshake_ms: for TLS.
        request_ms, headers_ms: until all of a request, or its headers, have come.
        idle_ms, stream_idle_ms: of connections, and of one request.
        connection_ms, stream_ms: how long a connection, or a request, may last. `abrupt`: connections of HTTP/1.1 are
            not given the time to end their request.
    """

    tcp_idle_ms: int | None = None
    handshake_ms: int | None = None
    request_ms: int | None = None
    headers_ms: int | None = None
    idle_ms: int | None = None
    stream_idle_ms: int | None = None
    connection_ms: int | None = None
    stream_ms: int | None = None
    abrupt: bool = False


class ClientSettings(NamedTuple):
    """What a filter chain does with its clients.

    Attributes:
        address: how the client's address is known; None: it is that of the connection.
        max_requests: of one connection.
        http3: it is offered.
        grpc_web: None: where there is a rule for gRPC.
        health_path: Envoy answers it itself; empty: none.
        scheme_of_backend: the scheme that backends are told is the one they are spoken to in.
        failed: what was asked for cannot be done: every request is answered 500, every connection closed.
    """

    address: ForwardedFor | AddressHeader | None = None
    headers: Headers = Headers()
    paths: Paths = Paths()
    timeouts: Timeouts = Timeouts()
    limit: ConnectionLimit | None = None
    max_requests: int | None = None
    http1: HTTP1 = HTTP1()
    http2: HTTP2 | None = None
    http3: bool = False
    grpc_web: bool | None = None
    health_path: str = ""
    scheme_of_backend: bool = False
    failed: bool = False


class ProxyProtocol(StrEnum):
    """Whether a proxy tells the client's address before the first byte."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class SocketSettings(NamedTuple):
    """What all filter chains of a socket have in common.

    Attributes:
        accept_at_once: how many connections; 0: as many as there are.
        inspection_ms: how long it may take until it is known what a client speaks.
        fingerprints: `JA3`, `JA4`.
    """

    keepalive: Keepalive | None = None
    proxy_protocol: ProxyProtocol | None = None
    buffer_bytes: int | None = None
    accept_at_once: int = 1
    inspection_ms: int | None = None
    fingerprints: tuple[str, ...] = ()


class TLSSettings(NamedTuple):
    """What is not as usual in TLS. `alpn` and `clients` None: what the listener has; no `alpn`: none is offered."""

    parameters: TLSParameters = TLSParameters()
    alpn: tuple[str, ...] | None = None
    clients: ClientValidation | None = None
    tickets: bool = False
    sessions: bool = False


class ClientPolicy(NamedTuple):
    """All that one policy says of its listeners."""

    chain: ClientSettings = ClientSettings()
    socket: SocketSettings = SocketSettings()
    tls: TLSSettings = TLSSettings()
