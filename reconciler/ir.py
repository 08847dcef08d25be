"""The intermediate representation: what each listener, route and backend *effectively* is.

It knows neither Kubernetes (no references, namespaces or conditions are left to resolve) nor Envoy (no messages).
`reconciler.resolve` makes it, `reconciler.translate` reads it. Everything is immutable and hashable.

A fleet's skeleton (`Fleet`: sockets, filter chains, certificates) is apart from what routes add to it (`RouteUnit`):
one route's unit is a pure function of that route and of the objects that are not routes, so that it can be made,
translated and cached alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MatchKind(StrEnum):
    """How a string is compared; `PREFIX` is by path elements (Gateway API `PathPrefix`)."""

    EXACT = "Exact"
    PREFIX = "Prefix"
    REGEX = "Regex"


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A match of the request path. `value` of a `PREFIX` is as written, e.g. `/api/` or `/`."""

    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A match of one header (name in lower case) or of one query parameter: `EXACT` or `REGEX`."""

    name: str
    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class CallMatch:
    """A match of a gRPC call by service and method, `EXACT` or `REGEX`; an empty one: any."""

    kind: MatchKind = MatchKind.EXACT
    service: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """All of it has to match. `call` is set for gRPC alone, and then `path` says the same as a path."""

    path: PathMatch
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    method: str = ""
    call: CallMatch | None = None


@dataclass(frozen=True, slots=True)
class HeaderMutation:
    """Header changes, in the order set, add, remove. Pairs are (name, value); names as written."""

    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


class PathChange(StrEnum):
    """What a redirect or rewrite does to the path."""

    FULL = "ReplaceFullPath"
    PREFIX = "ReplacePrefixMatch"


@dataclass(frozen=True, slots=True)
class PathModifier:
    """A new path, or a new prefix in place of the one that matched."""

    kind: PathChange
    value: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer with a redirect. Empty `scheme`, `hostname`, `port` 0 and `path` None mean: as in the request.

    Where both `port` and `scheme` are unset the listener's port is used (Gateway API, HTTPRequestRedirectFilter).
    """

    status: int = 302
    scheme: str = ""
    hostname: str = ""
    port: int = 0
    path: PathModifier | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change the authority and/or the path before forwarding. Empty or None: leave it."""

    hostname: str = ""
    path: PathModifier | None = None


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """The gateway answers itself."""

    status: int
    body: str = ""


class Protocol(StrEnum):
    """What is spoken to a backend."""

    HTTP = "http"
    H2C = "h2c"
    WEBSOCKET = "ws"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. `address` is an IP address, a host name to resolve by DNS, or the path of a Unix socket.

    `port` is 0 for a Unix socket. `hostname` is the name that goes with the address, if any. `zone` may be empty.
    """

    address: str
    port: int
    hostname: str = ""
    zone: str = ""
    draining: bool = False


class Discovery(StrEnum):
    """How the endpoints of a backend become known to Envoy."""

    STATIC = "static"
    DNS = "dns"


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


@dataclass(frozen=True, slots=True)
class Backend:
    """One valid backendRef with a weight above 0, resolved.

    Attributes:
        index: the position of the backendRef in its rule, for names.
        weight: its share of the rule's traffic, 1 to 1,000,000.
        endpoints: sorted; empty where the Service has none (its share of requests is answered with 503).
        request_headers, response_headers, rewrite: filters of this backendRef alone.
        fallback: used only when no other backend of the rule is healthy.
        tls: None: it is spoken to in the clear.
    """

    index: int
    weight: int
    discovery: Discovery
    endpoints: tuple[Endpoint, ...]
    protocol: Protocol = Protocol.HTTP
    request_headers: HeaderMutation | None = None
    response_headers: HeaderMutation | None = None
    rewrite: Rewrite | None = None
    redirect: Redirect | None = None
    fallback: bool = False
    tls: BackendTLS | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """Copy a share of the requests to a backend and ignore its answers: `numerator` of `denominator`.

    `index` is the position of the filter in its rule, for names.
    """

    index: int
    backend: Backend
    numerator: int = 100
    denominator: int = 100


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Durations in milliseconds; None: not set (Envoy's default), 0: no timeout."""

    request_ms: int | None = None
    backend_request_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Send a request again that failed: that got no answer, or one with one of the status `codes`.

    Attributes:
        codes: empty: what is usual.
        attempts: how often it is sent again; 0: as often as is usual.
        backoff_ms: the time between two attempts; 0: what is usual.
    """

    codes: tuple[int, ...] = ()
    attempts: int = 0
    backoff_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """A session is known by a cookie. An empty `name` means one of the rule's own; `lifetime_ms` 0: of the browser."""

    name: str = ""
    path: str = "/"
    lifetime_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionHeader:
    """A session is known by a header, which is part of an answer and of every request that follows."""

    name: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the request to one of the backends, by weight.

    Attributes:
        invalid_weight: the sum of the weights of backendRefs that are invalid: that share is answered with 500, for
            gRPC with 503, which is UNAVAILABLE there.
        rewrite: the rule's URLRewrite.
        session: all requests of a session go to one endpoint.
        grpc: the requests are gRPC calls: they are never upgraded, and last as long as their caller says.
    """

    backends: tuple[Backend, ...]
    invalid_weight: int = 0
    rewrite: Rewrite | None = None
    mirrors: tuple[Mirror, ...] = ()
    timeouts: Timeouts = Timeouts()
    retry: Retry | None = None
    session: SessionCookie | SessionHeader | None = None
    grpc: bool = False


@dataclass(frozen=True, slots=True)
class Cors:
    """Which pages of other origins may use what is here; pre-flight requests are answered by the gateway.

    Attributes:
        origins: in lower case, with the port where it is not the scheme's own. `*` is any; as the host or its first
            label it is any number of labels.
        methods, headers, exposed: what is allowed and exposed; `*` alone is anything, without `credentials`.
        max_age_s: how long a client may remember the answer, in seconds.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int = 5
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """Ask a server before a request is forwarded; without its consent the request is refused.

    Attributes:
        index: the position of the filter in its rule, for names.
        grpc: it is asked by Envoy's gRPC protocol, otherwise by HTTP.
        path: over HTTP, what the path of a request is prefixed with.
        headers: the request headers that it is sent; none: all over gRPC, over HTTP those it always gets.
        response_headers: the headers of its answer over HTTP that the backend is sent; none: all.
        max_body_bytes: it is sent the body, up to this length; 0: not at all.
    """

    index: int
    backend: Backend
    grpc: bool
    path: str = ""
    headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    max_body_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a route. `index` is its position in the manifest, for names; `matches` is never empty."""

    index: int
    matches: tuple[Match, ...]
    action: Forward | Redirect | DirectResponse
    name: str = ""
    request_headers: HeaderMutation | None = None
    response_headers: HeaderMutation | None = None
    cors: Cors | None = None
    external_auth: tuple[ExternalAuth, ...] = ()

    @property
    def grpc(self) -> bool:
        """Whether it is about gRPC calls."""
        return self.matches[0].call is not None


@dataclass(frozen=True, slots=True)
class Placement:
    """A route configuration that a route is part of, and the hosts (virtual hosts) it has there.

    Attributes:
        fleet: name of the fleet.
        table: name of the route configuration, as in `HTTPChain.table`.
        hosts: sorted host names, `*` for any; wildcards as `*.example.com`.
        port: the listener's port, for redirects that keep it.
        client_certificate: SDS name of the certificate that the fleet presents to backends; empty: none.
    """

    fleet: str
    table: str
    hosts: tuple[str, ...]
    port: int
    client_certificate: str = ""


@dataclass(frozen=True, slots=True)
class RouteUnit:
    """All that one HTTPRoute or GRPCRoute adds to its fleets.

    Attributes:
        kind: lower case kind, for names: `httproute` or `grpcroute`.
        created: `metadata.creationTimestamp` as RFC 3339 in UTC, or an empty string; orders equal matches.
    """

    kind: str
    namespace: str
    name: str
    placements: tuple[Placement, ...]
    rules: tuple[Rule, ...]
    created: str = ""


@dataclass(frozen=True, slots=True)
class ClientValidation:
    """How certificates of clients are verified: with the `Authority` of this SDS name.

    Without `required` clients are let in that present none, or one that is not valid.
    """

    authority: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class L4Unit:
    """All that one TLSRoute, TCPRoute or UDPRoute adds to its fleets.

    Attributes:
        kind: lower case kind, for names: `tlsroute`, `tcproute` or `udproute`.
        placements: `table` is that of a `TCPChain` or `UDPListener`; `hosts` are server names (SNI), `*` for any. Of
            several routes for one server name of one table the oldest has all its connections.
        forward: the share of `invalid_weight`, and that of backends without endpoints, is closed or dropped. It has no
            mirrors, rewrite or timeouts, and nothing is said about the protocol of its backends.
        created: as in `RouteUnit`.
    """

    kind: str
    namespace: str
    name: str
    placements: tuple[Placement, ...]
    forward: Forward
    created: str = ""


Unit = RouteUnit | L4Unit
"""All that one route of any kind adds to its fleets."""


@dataclass(frozen=True, slots=True)
class TLS:
    """How TLS is terminated. `certificates` are SDS names (`namespace/name`), `alpn` in order of preference.

    `clients` is None where clients are not asked for certificates.
    """

    certificates: tuple[str, ...]
    alpn: tuple[str, ...] = ("h2", "http/1.1")
    clients: ClientValidation | None = None


@dataclass(frozen=True, slots=True)
class HTTPChain:
    """One filter chain with an HTTP connection manager and one route configuration.

    Attributes:
        table: name of the route configuration and of the chain: `http-<port>`, for HTTPS `<ns>/<gateway>/<listener>`.
        server_names: SNI names; empty: any.
        hosts: host names of the listeners served here (`*` where a listener has none). Each has a virtual host even
            without a route, so that a request for it is answered 404 and never by a less specific listener's route
            (listener isolation).
        tls: None for cleartext.
        elsewhere: host names of the other TLS chains of the socket. A request for one of them came over a connection
            that is not meant for it: it is misdirected, and answered 421 (GEP-3567).
    """

    table: str
    hosts: tuple[str, ...]
    server_names: tuple[str, ...] = ()
    tls: TLS | None = None
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TCPChain:
    """Connections that are forwarded as they are, or as they come out of TLS: one listener of protocol TCP or TLS.

    Attributes:
        table: what `Placement.table` names, and the name of the filter chain: `<ns>/<gateway>/<listener>`.
        encrypted: clients speak TLS; only then there are server names.
        server_name: the listener's SNI name, `*` for any. Its connections never go to another chain of the port: those
            that no route wants are closed.
        tls: None where TLS is not terminated.
    """

    table: str
    encrypted: bool = False
    server_name: str = "*"
    tls: TLS | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """One bound TCP socket. `name` is `tcp-<port>` (Envoy Gateway's V2 scheme).

    The first of `addresses` is the main one. There is either one chain without TLS, or any number of chains with TLS,
    sorted by table: `chains` for HTTP, `tcp_chains` for other connections.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    chains: tuple[HTTPChain, ...]
    tcp_chains: tuple[TCPChain, ...] = ()


@dataclass(frozen=True, slots=True)
class UDPListener:
    """One bound UDP socket. `name` is `udp-<port>`; `table` is what `Placement.table` names, as in `TCPChain`."""

    name: str
    addresses: tuple[str, ...]
    port: int
    table: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A certificate with its key. Without content it is resolved by the sidecar.

    `certificate_chain` and `private_key` are PEM.
    """

    name: str
    certificate_chain: bytes = b""
    private_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is trusted to issue certificates: a `bundle` of certificates in PEM, or a file of Envoy's host.

    With neither it is resolved by the sidecar.
    """

    name: str
    bundle: bytes = b""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A set of Envoys with the same configuration, without its routes. `name` is Envoy's `node.cluster`.

    Attributes:
        secrets: what the fleet itself names.
        for_backends: what TLS to backends may name; only what is named by a route of the fleet becomes part of it.
    """

    name: str
    listeners: tuple[Listener, ...] = ()
    secrets: tuple[Secret | Authority, ...] = ()
    for_backends: tuple[Secret | Authority, ...] = ()
    udp_listeners: tuple[UDPListener, ...] = ()
