"""Where the requests for a cluster go."""

from __future__ import annotations

from typing import Any, NamedTuple

from reconciler.review.served.names import Owner, owner


class Member(NamedTuple):
    """The endpoints of one backend. `owner` tells which; `addresses` as `host:port` or the path of a socket."""

    owner: Owner | None
    weight: int
    priority: int
    addresses: tuple[str, ...]


class Cluster(NamedTuple):
    """A cluster with its members. `tls`: it is spoken to over TLS."""

    name: str
    tls: bool
    members: tuple[Member, ...]


def cluster(value: bytes, assignments: dict[str, bytes]) -> Cluster:
    """An encoded `Cluster`, with encoded `ClusterLoadAssignment`s by name."""
    from envoy.config.cluster.v3 import cluster_pb2
    from envoy.config.endpoint.v3 import endpoint_pb2

    message: Any = cluster_pb2.Cluster.FromString(value)
    assignment: Any = message.load_assignment
    if message.type == cluster_pb2.Cluster.EDS:
        found = assignments.get(message.eds_cluster_config.service_name or message.name, b"")
        assignment = endpoint_pb2.ClusterLoadAssignment.FromString(found)
    tls = message.HasField("transport_socket") or any(
        one.HasField("transport_socket") and one.transport_socket.name.endswith("tls")
        for one in message.transport_socket_matches
    )
    members = tuple(_member(message.name, locality) for locality in assignment.endpoints)
    return Cluster(message.name, tls, members)


def _member(name: str, locality: Any) -> Member:
    addresses = tuple(_address(one.endpoint) for one in locality.lb_endpoints)
    owned = owner(locality.locality.region) or owner(name)
    return Member(owned, locality.load_balancing_weight.value or 1, locality.priority, addresses)


def _address(endpoint: Any) -> str:
    address = endpoint.address
    if address.WhichOneof("address") == "pipe":
        return str(address.pipe.path)
    host = address.socket_address.address
    return (
        f"[{host}]:{address.socket_address.port_value}"
        if ":" in host
        else f"{host}:{address.socket_address.port_value}"
    )
