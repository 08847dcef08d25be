"""Gateways → fleets: sockets, filter chains and certificates, without routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from reconciler import ir
from reconciler.resolve.gateways import GatewayState
from reconciler.resolve.listener_drafts import Socket
from reconciler.resolve.listener_protocols import PROTOCOLS
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.parents import ParentState
from reconciler.resolve.world import World

_HTTP = frozenset({"HTTP", "HTTPS"})


def fleets(world: World) -> tuple[ir.Fleet, ...]:
    """The fleets of all accepted Gateways, sorted by name.

    A Gateway that is not accepted is no fleet: its Envoys keep what they have instead of losing all listeners.
    """
    members: dict[str, list[GatewayState]] = defaultdict(list)
    for gateway in world.gateways.values():
        if not gateway.problem:
            members[gateway.fleet].append(gateway)
    return tuple(_governed(members[name], world) for name in sorted(members))


def _governed(gateways: Sequence[GatewayState], world: World) -> ir.Fleet:
    """The fleet of a Gateway, or of several that are merged: they have their EnvoyProxy in common."""
    fleet = _fleet(gateways, world.for_backends)
    first = gateways[0]
    if first.proxy is not None:
        from reconciler.resolve.proxy_settings import proxy_settings

        fleet = replace(fleet, proxy=proxy_settings(first.proxy, first, world)[0])
    if world.policies is None or "ClientTrafficPolicy" not in world.policies.attachments:
        return fleet
    from reconciler.resolve.clients import under_client_policies

    parents: list[ParentState] = []
    for gateway in gateways:
        parents += [gateway, *gateway.listener_sets]
    return under_client_policies(fleet, parents, world.policies)


def _fleet(gateways: Sequence[GatewayState], for_backends: tuple[ir.AnySecret, ...]) -> ir.Fleet:
    ports: dict[int, list[ListenerState]] = defaultdict(list)
    addresses: dict[Socket, dict[str, None]] = defaultdict(dict)
    secrets: dict[str, ir.AnySecret] = {}
    udp: list[ListenerState] = []
    for gateway in gateways:
        if gateway.client is not None:
            secrets[gateway.client.name] = gateway.client
        own = dict.fromkeys(_addresses(gateway))
        for listener in gateway.all_listeners:
            if listener.programmed:
                transport = PROTOCOLS[listener.protocol].transport
                of_transport = udp if transport == "udp" else ports[listener.port]
                of_transport.append(listener)
                addresses[transport, listener.port].update(own)
                secrets.update((secret.name, secret) for secret in listener.secrets)
    return ir.Fleet(
        name=gateways[0].fleet,
        listeners=tuple(
            ir.Listener(f"tcp-{port}", _bound(addresses["tcp", port]), port, _chains(listeners), _tcp_chains(listeners))
            for port, listeners in sorted(ports.items())
        ),
        secrets=tuple(secrets[name] for name in sorted(secrets)),
        for_backends=for_backends,
        udp_listeners=tuple(
            ir.UDPListener(f"udp-{one.port}", _bound(addresses["udp", one.port]), one.port, one.table)
            for one in sorted(udp, key=lambda listener: listener.port)
        ),
    )


def _bound(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses of all Gateways that have a port: where one binds any, those of others are among them."""
    found = tuple(addresses)
    return tuple(one for one in found if one in _ANY) if _ANY.intersection(found) else found


_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104  listeners are for everybody
_ANY_OF_FAMILY = {"IPv6": ("::",), "DualStack": ("0.0.0.0", "::")}  # noqa: S104  listeners are for everybody


def _addresses(gateway: GatewayState) -> tuple[str, ...]:
    """What listeners bind: addresses of their own, or any of the family that the EnvoyProxy names."""
    family = gateway.proxy.spec.ip_family if gateway.proxy is not None else None
    if gateway.addresses != ("0.0.0.0",):  # noqa: S104  listeners are for everybody
        return gateway.addresses
    return _ANY_OF_FAMILY.get(family or "", gateway.addresses)


def _chains(listeners: Iterable[ListenerState]) -> tuple[ir.HTTPChain, ...]:
    """One chain for each route configuration: HTTP listeners of a port share one, HTTPS listeners have their own."""
    tables: dict[str, list[ListenerState]] = defaultdict(list)
    for listener in listeners:
        if listener.protocol in _HTTP:
            tables[listener.table].append(listener)
    return tuple(
        ir.HTTPChain(
            table=table,
            hosts=tuple(sorted({listener.hostname for listener in group})),
            server_names=_server_names(group[0]),
            tls=group[0].tls,
            elsewhere=_elsewhere(group[0]),
        )
        for table, group in sorted(tables.items())
    )


def _elsewhere(listener: ListenerState) -> tuple[str, ...]:
    return tuple(sorted(listener.neighbours - {listener.hostname})) if listener.tls is not None else ()


def _tcp_chains(listeners: Iterable[ListenerState]) -> tuple[ir.TCPChain, ...]:
    """One chain for each listener of protocol TLS or TCP."""
    return tuple(
        ir.TCPChain(listener.table, listener.protocol == "TLS", listener.hostname, listener.tls)
        for listener in sorted(listeners, key=lambda listener: listener.table)
        if listener.protocol not in _HTTP
    )


def _server_names(listener: ListenerState) -> tuple[str, ...]:
    return (listener.hostname,) if listener.tls is not None and listener.hostname != "*" else ()
