"""How backends are connected to, chosen and watched: what is not as usual.

Durations are in milliseconds, sizes in bytes. None is what is usual. Alternatives are dataclasses: a named tuple is
equal to one of another class with the same values.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class LeastRequest:
    """The endpoint of two with the fewer requests. The share of new endpoints grows for `slow_start_ms`."""

    slow_start_ms: int = 0


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """One endpoint after the other. The share of new endpoints grows for `slow_start_ms`."""

    slow_start_ms: int = 0


@dataclass(frozen=True, slots=True)
class RandomChoice:
    """Any endpoint."""


class HashSource(NamedTuple):
    """What of a request is hashed: the client's address (`source`), a `header`, `cookie` or query parameter (`query`).

    A cookie with a lifetime is given to clients that have none; 0 is for as long as the browser is open, None: never.
    `attributes` are those of the cookie.
    """

    kind: str
    name: str = ""
    lifetime_ms: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConsistentHash:
    """The endpoint that goes with what is hashed."""

    sources: tuple[HashSource, ...]
    table_size: int = 65_537


class OutOfBandReports(NamedTuple):
    """Endpoints report their load on a stream of its own. `port` 0 and an empty `authority`: their own."""

    period_ms: int | None = None
    port: int = 0
    authority: str = ""


@dataclass(frozen=True, slots=True)
class BackendUtilization:
    """Endpoints have the weight that goes with the load they report (ORCA).

    `error_penalty_percent`: how much errors count as load. With `keep_headers` clients see the reports.
    """

    blackout_ms: int | None = None
    expiration_ms: int | None = None
    update_ms: int | None = None
    error_penalty_percent: int | None = None
    metrics: tuple[str, ...] = ()
    keep_headers: bool = False
    out_of_band: OutOfBandReports | None = None
    slow_start_ms: int = 0


@dataclass(frozen=True, slots=True)
class PreferLocal:
    """Endpoints of Envoy's own zone first, where there are enough of them.

    `percent` of the requests; from `minimum` endpoints on; with `forced_minimum` endpoints in the zone none leaves it.
    """

    percent: int | None = None
    minimum: int | None = None
    forced_minimum: int | None = None


@dataclass(frozen=True, slots=True)
class ZoneWeights:
    """The share of each zone; of others it is 1."""

    weights: tuple[tuple[str, int], ...]

    def weight(self, zone: str) -> int:
        """A zone's share."""
        return dict(self.weights).get(zone, 1)


class LoadBalancer(NamedTuple):
    """How an endpoint is chosen. Requests that have one of the `override_headers` name their endpoint themselves."""

    policy: LeastRequest | RoundRobin | RandomChoice | ConsistentHash | BackendUtilization = LeastRequest()
    override_headers: tuple[str, ...] = ()
    zones: PreferLocal | ZoneWeights | None = None


class RetryBudget(NamedTuple):
    """Retries may be `percent` of what is under way, or `minimum` if that is more."""

    percent: float
    minimum: int | None = None


class CircuitBreakers(NamedTuple):
    """What may be under way at a time, towards all endpoints or one of them (`connections_per_endpoint`)."""

    connections: int | None = None
    pending: int | None = None
    requests: int | None = None
    retries: int | None = None
    connections_per_endpoint: int | None = None
    budget: RetryBudget | None = None


@dataclass(frozen=True, slots=True)
class HTTPCheck:
    """A request and what is a good answer. An endpoint's own name comes before `host`, unless that is `named`.

    `expected`, `retriable`: status codes. `receive` is looked for in the body, `send` is one.
    """

    path: str
    host: str = ""
    method: str = ""
    expected: tuple[int, ...] = ()
    retriable: tuple[int, ...] = ()
    receive: bytes = b""
    send: bytes = b""
    named: bool = False


@dataclass(frozen=True, slots=True)
class TCPCheck:
    """What is sent over a connection, and has to come back."""

    send: bytes = b""
    receive: bytes = b""


@dataclass(frozen=True, slots=True)
class GRPCCheck:
    """gRPC's own health check."""

    service: str = ""


class CheckLog(NamedTuple):
    """Events that are written to a file; none of the three: changes alone."""

    path: str
    always_failures: bool = False
    always_successes: bool = False


class ActiveCheck(NamedTuple):
    """Envoy asks every endpoint whether it is well. `port` 0: that of the endpoint."""

    check: HTTPCheck | TCPCheck | GRPCCheck
    timeout_ms: int = 1_000
    interval_ms: int = 3_000
    jitter_ms: int | None = None
    unhealthy: int = 3
    healthy: int = 1
    port: int = 0
    log: CheckLog | None = None


class PassiveCheck(NamedTuple):
    """Endpoints whose answers are bad are left out for a while (Envoy: outlier detection)."""

    interval_ms: int = 3_000
    ejection_ms: int = 30_000
    max_ejected_percent: int = 10
    always_one: bool = False
    consecutive_5xx: int | None = 5
    consecutive_gateway: int | None = None
    consecutive_local: int | None = 5
    split_local: bool = False
    failure_percent: int | None = None


class DNS(NamedTuple):
    """How host names are resolved. `family` is as in the CRD: `IPv4`, `IPv6`, `IPv4Preferred`, …; empty: as usual."""

    refresh_ms: int | None = None
    respect_ttl: bool = True
    family: str = ""


class Ping(NamedTuple):
    """Pings of HTTP/2."""

    interval_ms: int | None = None
    timeout_ms: int | None = None
    jitter_percent: int | None = None
    idle_ms: int | None = None


class HTTP2(NamedTuple):
    """HTTP/2. With `end_stream_only` an invalid message ends its stream alone, not the connection."""

    stream_window: int | None = None
    connection_window: int | None = None
    max_streams: int | None = None
    end_stream_only: bool | None = None
    ping: Ping | None = None


class Keepalive(NamedTuple):
    """Probes of TCP. Times are in seconds, as sockets have them."""

    probes: int | None = None
    idle_s: int | None = None
    interval_s: int | None = None


class Preconnect(NamedTuple):
    """Connections that are opened ahead, in percent of those needed."""

    per_endpoint_percent: int | None = None
    predictive_percent: int | None = None


class AdmissionControl(NamedTuple):
    """Requests are refused at random as long as too few were a success. Success rates and rejections are in percent.

    `statuses` and `grpc_statuses` are those that are a success; None: as is usual.
    """

    window_ms: int | None = None
    success_percent: int | None = None
    aggression: int | None = None
    requests_per_second: int | None = None
    max_rejected_percent: int | None = None
    statuses: tuple[tuple[int, int], ...] | None = None
    grpc_statuses: tuple[int, ...] | None = None


class ClusterSettings(NamedTuple):
    """How a backend is connected to.

    Attributes:
        max_requests: of one connection.
        stream_ms: how long a request may take; of backends that are no route's alone.
        proxy_protocol: its version, 1 or 2; 0: the client's address is not told.
        client_protocol: the version of HTTP that the client speaks.
    """

    load_balancer: LoadBalancer | None = None
    circuit_breakers: CircuitBreakers | None = None
    active: ActiveCheck | None = None
    passive: PassiveCheck | None = None
    panic_percent: int | None = None
    dns: DNS | None = None
    http2: HTTP2 | None = None
    keepalive: Keepalive | None = None
    preconnect: Preconnect | None = None
    admission: AdmissionControl | None = None
    buffer_bytes: int | None = None
    connect_ms: int | None = None
    idle_ms: int | None = None
    connection_ms: int | None = None
    stream_ms: int | None = None
    max_requests: int | None = None
    proxy_protocol: int = 0
    client_protocol: bool = False
