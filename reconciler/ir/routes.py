"""All that one route adds to its fleets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.ir.actions import Cors, Credential, DirectResponse, HeaderMutation, Redirect
from reconciler.ir.forward import ExternalAuth, Forward
from reconciler.ir.matches import Match
from reconciler.ir.tls import NO_BACKEND_DEFAULTS, BackendDefaults
from reconciler.records import dataclass

if TYPE_CHECKING:
    from reconciler.ir.extensions import Extensions
    from reconciler.ir.security import Authorization, Security
    from reconciler.ir.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a route. `index` is its position in the manifest, for names; `matches` is never empty.

    `variant` is added to the names of its clusters where they are not the same for all listeners of a fleet. `traffic`
    is what a policy asks for; what of it is about forwarding is part of `action`, too.
    """

    index: int
    matches: tuple[Match, ...]
    action: Forward | Redirect | DirectResponse
    name: str = ""
    request_headers: HeaderMutation | None = None
    response_headers: HeaderMutation | None = None
    cors: Cors | None = None
    external_auth: tuple[ExternalAuth, ...] = ()
    variant: str = ""
    credential: Credential | None = None
    traffic: Traffic | None = None
    security: Security | None = None
    extensions: Extensions | None = None

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
        backend_tls: what else it has for TLS to backends.
    """

    fleet: str
    table: str
    hosts: tuple[str, ...]
    port: int
    client_certificate: str = ""
    backend_tls: BackendDefaults = NO_BACKEND_DEFAULTS


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
class L4Unit:
    """All that one TLSRoute, TCPRoute or UDPRoute adds to its fleets.

    Attributes:
        kind: lower case kind, for names: `tlsroute`, `tcproute` or `udproute`.
        placements: `table` is that of a `TCPChain` or `UDPListener`; `hosts` are server names (SNI), `*` for any. Of
            several routes for one server name of one table the oldest has all its connections.
        forward: the share of `invalid_weight`, and that of backends without endpoints, is closed or dropped. It has no
            mirrors, rewrite or timeouts, and nothing is said about the protocol of its backends.
        created: as in `RouteUnit`.
        variant: as in `Rule`.
    """

    kind: str
    namespace: str
    name: str
    placements: tuple[Placement, ...]
    forward: Forward
    created: str = ""
    variant: str = ""
    authorization: Authorization | None = None


Unit = RouteUnit | L4Unit
"""All that one route of any kind adds to its fleets."""
