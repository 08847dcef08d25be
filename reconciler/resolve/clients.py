"""A fleet's listeners under the ClientTrafficPolicies that are in force there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from reconciler import ir
from reconciler.ir.clients import ClientPolicy, TLSSettings
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.parents import ParentState
from reconciler.resolve.policies.client_traffic import KIND
from reconciler.resolve.policies.policies import Policies


class _InForce(NamedTuple):
    """The policies of a fleet by route configuration (or what else chains are known by), and by port of TCP."""

    tables: Mapping[str, ClientPolicy]
    ports: Mapping[int, ClientPolicy]
    secrets: Mapping[str, ir.AnySecret]


def under_client_policies(fleet: ir.Fleet, parents: Iterable[ParentState], policies: Policies) -> ir.Fleet:
    """The fleet, with what its policies say of clients.

    Args:
        fleet: the fleet without policies.
        parents: its Gateways and their ListenerSets, in their order.
        policies: all policies.
    """
    found = _in_force(parents, policies)
    if not found.tables:
        return fleet
    datagrams = {socket.port for socket in fleet.udp_listeners}
    secrets = {**{one.name: one for one in fleet.secrets}, **found.secrets}
    return replace(
        fleet,
        listeners=tuple(_socket(socket, found, datagrams=socket.port in datagrams) for socket in fleet.listeners),
        secrets=tuple(secrets[name] for name in sorted(secrets)),
    )


def _in_force(parents: Iterable[ParentState], policies: Policies) -> _InForce:
    """Listeners that share a socket or a chain have what the first of them says that says anything."""
    tables: dict[str, ClientPolicy] = {}
    ports: dict[int, ClientPolicy] = {}
    secrets: dict[str, ir.AnySecret] = {}
    for parent in parents:
        for listener in parent.listeners:
            outcome = policies.of_listener(KIND, parent.key, listener.name) if _is_of_tcp(listener) else None
            if outcome is None or outcome.settings is None:
                continue
            tables.setdefault(listener.table, outcome.settings)
            ports.setdefault(listener.port, outcome.settings)
            secrets.update((secret.name, secret) for secret in outcome.secrets)
    return _InForce(tables, ports, secrets)


def _is_of_tcp(listener: ListenerState) -> bool:
    return listener.programmed and listener.protocol != "UDP"


def _socket(socket: ir.Listener, found: _InForce, *, datagrams: bool) -> ir.Listener:
    policy = found.ports.get(socket.port)
    if policy is None:
        return socket
    return replace(
        socket,
        chains=tuple(_http_chain(chain, found.tables.get(chain.table), datagrams) for chain in socket.chains),
        tcp_chains=tuple(_tcp_chain(chain, found.tables.get(chain.table)) for chain in socket.tcp_chains),
        settings=policy.socket,
    )


def _http_chain(chain: ir.HTTPChain, policy: ClientPolicy | None, datagrams: bool) -> ir.HTTPChain:
    if policy is None:
        return chain
    # A UDP listener has the port already.
    clients = policy.chain._replace(http3=False) if datagrams else policy.chain
    return replace(chain, clients=clients, tls=_tls(chain.tls, policy.tls))


def _tcp_chain(chain: ir.TCPChain, policy: ClientPolicy | None) -> ir.TCPChain:
    return chain if policy is None else replace(chain, clients=policy.chain, tls=_tls(chain.tls, policy.tls))


def _tls(tls: ir.TLS | None, settings: TLSSettings) -> ir.TLS | None:
    if tls is None:
        return None
    return replace(
        tls,
        alpn=tls.alpn if settings.alpn is None else settings.alpn,
        clients=settings.clients or tls.clients,
        parameters=settings.parameters,
        tickets=settings.tickets,
        sessions=settings.sessions,
    )
