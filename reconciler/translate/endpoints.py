"""`ir.Endpoint` → `ClusterLoadAssignment`: one locality a backend, weighted with its share of the requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core, endpoint
from reconciler.translate import messages as m
from reconciler.translate.upstream_tls import CLEAR, Sockets, endpoint_metadata, socket_name

if TYPE_CHECKING:
    from reconciler.ir.clusters import ClusterSettings


def load_assignment(
    cluster: str,
    rule: str,
    backends: Sequence[ir.Backend],
    sockets: Sockets = CLEAR,
    settings: ClusterSettings | None = None,
) -> endpoint.ClusterLoadAssignment:
    """The endpoints of a cluster. `rule` is the name of the rule's resources, for the names of localities."""
    primary = any(not backend.fallback for backend in backends)
    probe = NO_PROBE if settings is None else _probe(settings)
    localities = [
        encoded(
            endpoint.LocalityLbEndpoints,
            encode(m.LocalityLbEndpoints(locality=m.Locality(region=backend_name(rule, backend), zone=zone)))
            # Envoy starts at priority 0: fallbacks alone are no fallbacks.
            + _members(
                endpoints, weight, 1 if backend.fallback and primary else 0, socket_name(backend.tls, sockets), probe
            ),
        )
        for backend in backends
        if backend.endpoints
        for zone, endpoints, weight in _zones(backend, settings)
    ]
    return m.ClusterLoadAssignment(cluster_name=cluster, endpoints=localities)


def by_zone(settings: ClusterSettings | None) -> bool:
    """Whether the zones of endpoints have a meaning: then localities are zones, and each backend has its cluster."""
    return settings is not None and settings.load_balancer is not None and settings.load_balancer.zones is not None


def _zones(
    backend: ir.Backend, settings: ClusterSettings | None
) -> Iterable[tuple[str, tuple[ir.Endpoint, ...], int | None]]:
    """A backend's localities: name of the zone, endpoints and weight."""
    if settings is None or settings.load_balancer is None or settings.load_balancer.zones is None:
        return (("", backend.endpoints, backend.weight),)
    zones = settings.load_balancer.zones
    weight = getattr(zones, "weight", lambda _: None)
    names = sorted({one.zone for one in backend.endpoints})
    return [(name, tuple(one for one in backend.endpoints if one.zone == name), weight(name)) for name in names]


class Probe(NamedTuple):
    """Where health checks go: to another port than requests, if it is not 0, and with the endpoint's name as host."""

    port: int = 0
    named: bool = False


NO_PROBE = Probe()


def _probe(settings: ClusterSettings) -> Probe:
    active = settings.active
    return NO_PROBE if active is None else Probe(active.port, getattr(active.check, "named", True) is False)


def backend_name(rule: str, backend: ir.Backend) -> str:
    """The name of what belongs to one backend of a rule."""
    return owner_name(rule, backend.index)


def owner_name(rule: str, owner: int | None) -> str:
    """The name of a rule, or of its backend at the position `owner`, for what belongs to it."""
    return rule if owner is None else f"{rule}/backend/{owner}"


@lru_cache(maxsize=8192)
def _members(endpoints: tuple[ir.Endpoint, ...], weight: int | None, priority: int, socket: str, probe: Probe) -> bytes:
    """A locality but for its name, which comes first. Most Services are backends of several rules."""
    return encode(
        m.LocalityLbEndpoints(
            lb_endpoints=[_lb_endpoint(one, socket, probe) for one in endpoints],
            load_balancing_weight=weight,
            priority=priority,
        )
    )


def _lb_endpoint(one: ir.Endpoint, socket: str, probe: Probe) -> endpoint.LbEndpoint:
    host = one.hostname if probe.named else ""
    checked = m.HealthCheckConfig(port_value=probe.port, hostname=host) if probe.port or host else None
    return m.LbEndpoint(
        endpoint=m.Endpoint(address=address(one.address, one.port), health_check_config=checked, hostname=one.hostname),
        health_status=core.HealthStatus.DRAINING if one.draining else core.HealthStatus.UNKNOWN,
        metadata=endpoint_metadata(socket) if socket else None,
        load_balancing_weight=1,
    )


def address(host: str, port: int) -> core.Address:
    """An IP address or host name with its port, or with port 0 the path of a Unix socket."""
    if port == 0:
        return m.Address(pipe=m.Pipe(path=host))
    return m.Address(socket_address=m.SocketAddress(address=host, port_value=port))
