"""`ir.Endpoint` → `ClusterLoadAssignment`: one locality a backend, weighted with its share of the requests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core, endpoint
from reconciler.translate import messages as m
from reconciler.translate.upstream_tls import CLEAR, Sockets, endpoint_metadata, socket_name


def load_assignment(
    cluster: str, rule: str, backends: Sequence[ir.Backend], sockets: Sockets = CLEAR
) -> endpoint.ClusterLoadAssignment:
    """The endpoints of a cluster. `rule` is the name of the rule's resources, for the names of localities."""
    primary = any(not backend.fallback for backend in backends)
    localities = [
        encoded(
            endpoint.LocalityLbEndpoints,
            encode(m.LocalityLbEndpoints(locality=m.Locality(region=backend_name(rule, backend))))
            # Envoy starts at priority 0: fallbacks alone are no fallbacks.
            + _members(
                backend.endpoints,
                backend.weight,
                1 if backend.fallback and primary else 0,
                socket_name(backend.tls, sockets),
            ),
        )
        for backend in backends
        if backend.endpoints
    ]
    return m.ClusterLoadAssignment(cluster_name=cluster, endpoints=localities)


def backend_name(rule: str, backend: ir.Backend) -> str:
    """The name of what belongs to one backend of a rule."""
    return owner_name(rule, backend.index)


def owner_name(rule: str, owner: int | None) -> str:
    """The name of a rule, or of its backend at the position `owner`, for what belongs to it."""
    return rule if owner is None else f"{rule}/backend/{owner}"


@lru_cache(maxsize=8192)
def _members(endpoints: tuple[ir.Endpoint, ...], weight: int, priority: int, socket: str) -> bytes:
    """A locality but for its name, which comes first. Most Services are backends of several rules."""
    return encode(
        m.LocalityLbEndpoints(
            lb_endpoints=[_lb_endpoint(one, socket) for one in endpoints],
            load_balancing_weight=weight,
            priority=priority,
        )
    )


def _lb_endpoint(one: ir.Endpoint, socket: str) -> endpoint.LbEndpoint:
    return m.LbEndpoint(
        endpoint=m.Endpoint(address=address(one.address, one.port), hostname=one.hostname),
        health_status=core.HealthStatus.DRAINING if one.draining else core.HealthStatus.UNKNOWN,
        metadata=endpoint_metadata(socket) if socket else None,
        load_balancing_weight=1,
    )


def address(host: str, port: int) -> core.Address:
    """An IP address or host name with its port, or with port 0 the path of a Unix socket."""
    if port == 0:
        return m.Address(pipe=m.Pipe(path=host))
    return m.Address(socket_address=m.SocketAddress(address=host, port_value=port))
