"""ClientTrafficPolicy (gateway.envoyproxy.io)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.backend_settings import HTTP2Settings, TCPKeepalive
from reconciler.manifests.base import Model
from reconciler.manifests.client_headers import HeaderSettings
from reconciler.manifests.client_tls import ClientTLSSettings
from reconciler.manifests.policy_targets import Policy, PolicySpec
from reconciler.manifests.quantities import Quantity
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.string_match import StringMatch
from reconciler.manifests.values import CIDR, CLIENT_HEADER, Duration, Int32


class XForwardedFor(Model):
    """The client's address stands in X-Forwarded-For, where these proxies have added to it."""

    num_trusted_hops: Int32 | None = None
    trusted_cidrs: Annotated[
        list[Annotated[str, StringConstraints(pattern=CIDR)]] | None, Field(alias="trustedCIDRs", min_length=1)
    ] = None
    disable_x_forwarded_for_append: bool | None = None

    @model_validator(mode="after")
    def _one_way_to_trust(self) -> Self:
        if (self.num_trusted_hops is None) is (self.trusted_cidrs is None):
            found = "has neither" if self.num_trusted_hops is None else "has both"
            raise refused([Violation(f"must have numTrustedHops or trustedCIDRs; {found}")])
        return self


class CustomHeader(Model):
    """The client's address stands in a header of another name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=CLIENT_HEADER)]
    fail_closed: bool | None = None


class DirectSourceIP(Model):
    """The client's address is that of the connection."""


class ClientIPDetection(Model):
    """How the address of the client is known."""

    x_forwarded_for: XForwardedFor | None = None
    custom_header: CustomHeader | None = None
    direct_source_ip: Annotated[DirectSourceIP | None, Field(alias="directSourceIP")] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.x_forwarded_for, self.custom_header, self.direct_source_ip)
        count = sum(way is not None for way in ways)
        if count != 1:
            found = "has more" if count else "has none"
            message = f"must have exactly one of xForwardedFor, customHeader and directSourceIP; {found}"
            raise refused([Violation(message)])
        return self


class ProxyProtocolSettings(Model):
    """A proxy tells the address of the client before the first byte of its own."""

    optional: bool | None = None


class PathSettings(Model):
    """How paths are normalised."""

    escaped_slashes_action: (
        Literal["KeepUnchanged", "RejectRequest", "UnescapeAndForward", "UnescapeAndRedirect"] | None
    ) = None
    disable_merge_slashes: bool | None = None


class TCPTimeouts(Model):
    """Timeouts of connections."""

    idle_timeout: Duration | None = None
    tls_handshake_timeout: Duration | None = None
    connection_inspection_timeout: Duration | None = None


class HTTPTimeouts(Model):
    """Timeouts of requests."""

    request_received_timeout: Duration | None = None
    request_headers_received_timeout: Duration | None = None
    idle_timeout: Duration | None = None
    stream_idle_timeout: Duration | None = None


class Timeouts(Model):
    """How long clients may take."""

    tcp: TCPTimeouts | None = None
    http: HTTPTimeouts | None = None


class ConnectionLimit(Model):
    """How many connections there may be, and what each may be used for."""

    value: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    close_delay: Duration | None = None
    max_connection_duration: Duration | None = None
    max_requests_per_connection: Int32 | None = None
    max_stream_duration: Duration | None = None

    @model_validator(mode="after")
    def _delay_of_a_limit(self) -> Self:
        if self.close_delay is not None and self.value is None:
            raise refused([Violation("may only be set where value is set", ("closeDelay",))])
        return self


class ClientConnection(Model):
    """Connections of clients. `max_accept_per_socket_event` 0: as many as there are."""

    connection_limit: ConnectionLimit | None = None
    buffer_limit: Quantity | None = None
    socket_buffer_limit: Quantity | None = None
    max_accept_per_socket_event: Int32 = 1


class HTTP10Settings(Model):
    """HTTP/1.0 is accepted. With `use_default_host` a request without a host is for the route's."""

    use_default_host: bool | None = None


class HTTP1Settings(Model):
    """HTTP/1.1 of clients, and of backends where it concerns both."""

    enable_trailers: bool | None = None
    preserve_header_case: bool | None = None
    http10: HTTP10Settings | None = None
    disable_safe_max_connection_duration: bool | None = None
    ignored_upgrade_types: list[StringMatch] = Field(default_factory=list)


class HTTP3Settings(Model):
    """HTTP/3 is offered."""


class GRPCSettings(Model):
    """gRPC of clients. `enable_web` None: where a GRPCRoute is attached."""

    enable_web: bool | None = None


class HealthCheckSettings(Model):
    """A path that Envoy answers itself, 200 unless it is draining."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class ClientTrafficPolicySpec(PolicySpec):
    """How clients are dealt with. `enable_proxy_protocol` is deprecated."""

    target_kinds = ("Gateway", "ListenerSet")

    tcp_keepalive: TCPKeepalive | None = None
    enable_proxy_protocol: bool | None = None
    proxy_protocol: ProxyProtocolSettings | None = None
    client_ip_detection: Annotated[ClientIPDetection | None, Field(alias="clientIPDetection")] = None
    tls: ClientTLSSettings | None = None
    path: PathSettings | None = None
    headers: HeaderSettings | None = None
    timeout: Timeouts | None = None
    connection: ClientConnection | None = None
    http1: HTTP1Settings | None = None
    http2: HTTP2Settings | None = None
    http3: HTTP3Settings | None = None
    grpc: GRPCSettings | None = None
    health_check: HealthCheckSettings | None = None
    scheme: Literal["Preserve", "MatchBackend"] | None = None


class ClientTrafficPolicy(Policy):
    """Settings of listeners."""

    group: ClassVar[str] = ENVOY_GATEWAY
    kind_name: ClassVar[str] = "ClientTrafficPolicy"

    spec: ClientTrafficPolicySpec
