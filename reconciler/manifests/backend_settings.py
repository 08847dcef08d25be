"""How a backend is connected to (`ClusterSettings` of Envoy Gateway).

They are part of a BackendTrafficPolicy, and the `backendSettings` of what other kinds send requests to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.health_checks import HealthCheck
from reconciler.manifests.load_balancers import LoadBalancer
from reconciler.manifests.quantities import Quantity
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import (
    INT32_MAX,
    Duration,
    Int32,
    NonNegative32,
    Percent,
    Positive32,
    StatusCode,
    UInt32,
)


class Fraction(Model):
    """A share."""

    numerator: NonNegative32
    denominator: Positive32 = 100

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.numerator > self.denominator:
            raise refused([Violation(f"must be at most the denominator, {self.denominator}", ("numerator",))])
        return self


class RetryBudget(Model):
    """How many of the requests at a time may be retries; below `min_retry_concurrency` all of them."""

    percent: Fraction
    min_retry_concurrency: Int32 | None = None


class EndpointCircuitBreaker(Model):
    """Limits of one endpoint."""

    max_connections: UInt32 = 1024


class CircuitBreaker(Model):
    """Limits of what is under way at a time."""

    max_connections: UInt32 = 1024
    max_pending_requests: UInt32 = 1024
    max_parallel_requests: UInt32 = 1024
    max_parallel_retries: UInt32 = 1024
    max_requests_per_connection: UInt32 | None = None
    per_endpoint: EndpointCircuitBreaker | None = None
    retry_budget: RetryBudget | None = None


class Preconnect(Model):
    """Connections that are opened ahead of requests."""

    per_endpoint_percent: Annotated[int, Field(ge=100, le=300)] | None = None
    predictive_percent: Annotated[int, Field(ge=100, le=INT32_MAX)] | None = None


class BackendConnection(Model):
    """Connections to a backend."""

    buffer_limit: Quantity | None = None
    socket_buffer_limit: Quantity | None = None
    preconnect: Preconnect | None = None


class DNS(Model):
    """How host names are resolved."""

    dns_refresh_rate: Duration | None = None
    respect_dns_ttl: bool | None = None
    lookup_family: Literal["IPv4", "IPv6", "IPv4Preferred", "IPv6Preferred", "IPv4AndIPv6"] | None = None


class ConnectionKeepalive(Model):
    """Pings of HTTP/2."""

    idle_interval: Duration | None = None
    interval: Duration | None = None
    interval_jitter: Percent | None = None
    timeout: Duration | None = None

    @model_validator(mode="after")
    def _timeout_within_interval(self) -> Self:
        if (
            self.timeout is not None
            and self.interval is not None
            and milliseconds(self.timeout) >= milliseconds(self.interval)
        ):
            raise refused([Violation(f"must be less than the interval, {self.interval}", ("timeout",))])
        return self


class HTTP2Settings(Model):
    """HTTP/2, towards clients or backends."""

    initial_stream_window_size: Quantity | None = None
    initial_connection_window_size: Quantity | None = None
    max_concurrent_streams: Positive32 | None = None
    on_invalid_message: str | None = None
    connection_keepalive: ConnectionKeepalive | None = None


class ProxyProtocol(Model):
    """The client's address is told to the backend."""

    version: Literal["V1", "V2"]


class BackOff(Model):
    """The time between attempts."""

    base_interval: Duration | None = None
    max_interval: Duration | None = None


class PerRetry(Model):
    """One attempt."""

    timeout: Duration | None = None
    back_off: BackOff | None = None


Trigger = Literal[
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
]


class RetryOn(Model):
    """Which requests are sent again."""

    triggers: list[Trigger] = Field(default_factory=list)
    http_status_codes: list[StatusCode] = Field(default_factory=list)


class Retry(Model):
    """Requests that failed are sent again."""

    num_retries: NonNegative32 = 2
    num_attempts_per_priority: Int32 | None = None
    retry_on: RetryOn | None = None
    per_retry: PerRetry | None = None


class TCPKeepalive(Model):
    """Probes of connections that are idle."""

    probes: Int32 | None = None
    idle_time: Duration | None = None
    interval: Duration | None = None


class TCPTimeout(Model):
    """Timeouts of connections."""

    connect_timeout: Duration | None = None


class HTTPTimeout(Model):
    """Timeouts of requests, and of the connections they take."""

    request_timeout: Duration | None = None
    stream_idle_timeout: Duration | None = None
    max_stream_duration: Duration | None = None
    connection_idle_timeout: Duration | None = None
    max_connection_duration: Duration | None = None


class Timeout(Model):
    """Timeouts."""

    tcp: TCPTimeout | None = None
    http: HTTPTimeout | None = None


class ClusterSettings(Model):
    """How a backend is connected to."""

    circuit_breaker: CircuitBreaker | None = None
    connection: BackendConnection | None = None
    dns: DNS | None = None
    health_check: HealthCheck | None = None
    http2: HTTP2Settings | None = None
    load_balancer: LoadBalancer | None = None
    proxy_protocol: ProxyProtocol | None = None
    retry: Retry | None = None
    tcp_keepalive: TCPKeepalive | None = None
    timeout: Timeout | None = None

    @model_validator(mode="after")
    def _preconnect_fits_load_balancer(self) -> Self:
        check(self._preconnect_violations())
        return self

    def _preconnect_violations(self) -> Iterator[Violation]:
        preconnect = self.connection.preconnect if self.connection is not None else None
        if preconnect is None or preconnect.predictive_percent is None:
            return
        if self.load_balancer is None or self.load_balancer.type not in ("Random", "RoundRobin"):
            path = ("connection", "preconnect", "predictivePercent")
            yield Violation("may only be set where loadBalancer.type is Random or RoundRobin", path)
