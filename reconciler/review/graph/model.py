"""The graph of what is served: of one version, or of the difference of two."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from reconciler.review.comparison import Comparison, Version
from reconciler.review.destinations import shares
from reconciler.review.keys import match_text
from reconciler.review.places import of_rule
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.tables import Route, VirtualHost


class State(StrEnum):
    """What a change does to a part of the graph."""

    ADDED = "added"
    REMOVED = "removed"
    SAME = "same"


class Kind(StrEnum):
    """The columns of the graph, in their order."""

    GATEWAY = "gateway"
    LISTENER = "listener"
    HOSTNAME = "hostname"
    RULE = "rule"
    BACKEND = "backend"


class Node(NamedTuple):
    """`key` tells it apart, `label` is for people."""

    key: str
    kind: Kind
    label: str
    state: State = State.SAME


class Edge(NamedTuple):
    """From one node's key to another's; `label` is a share of the requests, or empty."""

    source: str
    target: str
    label: str = ""
    state: State = State.SAME


class Graph(NamedTuple):
    """Nodes in the order of their columns; `left_out` counts the edges that there was no room for."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int = 0


Parts = tuple[dict[str, Node], dict[tuple[str, str], Edge]]


def graph_of(version: Version, fleets: Iterable[str]) -> Graph:
    """All that some fleets serve."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}
    for name in fleets:
        fleet = version.fleet(name)
        for table in fleet.tables.values():
            for host in table.hosts.values():
                _add(version, fleet, table.name, host, host.routes, nodes, edges)
    return _graph(nodes.values(), edges.values())


def graph_of_change(comparison: Comparison) -> Graph:
    """What changed, and what it hangs together with."""
    sides: list[Parts] = []
    for after, version in ((False, comparison.before), (True, comparison.after)):
        nodes: dict[str, Node] = {}
        edges: dict[tuple[str, str], Edge] = {}
        for change in comparison.hosts:
            host = change.after if after else change.before
            other = {route.value for route in change.routes(not after)}
            moved = comparison.changed_clusters(change.fleet)
            if host is not None:
                routes = [one for one in host.routes if one.value not in other or _uses(one, moved)]
                _add(version, version.fleet(change.fleet), change.table, host, routes, nodes, edges)
        sides.append((nodes, edges))
    (old_nodes, old_edges), (new_nodes, new_edges) = sides
    nodes = {
        key: node._replace(state=_state(key in old_nodes, key in new_nodes))
        for key, node in {**old_nodes, **new_nodes}.items()
    }
    edges = {key: _merged(old_edges.get(key), new_edges.get(key)) for key in {**old_edges, **new_edges}}
    return _graph(nodes.values(), edges.values())


def limited(graph: Graph, most: int) -> Graph:
    """The first edges, what changed before what did not, and their nodes."""
    if len(graph.edges) <= most:
        return graph
    ordered = sorted(graph.edges, key=lambda edge: edge.state is State.SAME)[:most]
    keys = {key for edge in ordered for key in edge[:2]}
    nodes = tuple(node for node in graph.nodes if node.key in keys)
    return Graph(nodes, tuple(edge for edge in graph.edges if edge in set(ordered)), len(graph.edges) - most)


def _graph(nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
    order = list(Kind)
    return Graph(tuple(sorted(nodes, key=lambda one: (order.index(one.kind), one.key))), tuple(sorted(edges)))


def _uses(route: Route, clusters: frozenset[str]) -> bool:
    return any(name in clusters for name, _ in route.clusters)


def _state(before: bool, after: bool) -> State:
    return State.SAME if before == after else State.ADDED if after else State.REMOVED


def _merged(old: Edge | None, new: Edge | None) -> Edge:
    if old is not None and new is not None:
        changed = old.label != new.label
        label = f"{old.label or '100%'} → {new.label or '100%'}" if changed else new.label
        return new._replace(label=label, state=State.ADDED if changed else State.SAME)
    one = new or old
    assert one is not None  # noqa: S101  it is an edge of one of the two
    return one._replace(state=_state(old is not None, new is not None))


def _add(
    version: Version,
    fleet: Fleet,
    table: str,
    host: VirtualHost,
    routes: Iterable[Route],
    nodes: dict[str, Node],
    edges: dict[tuple[str, str], Edge],
) -> None:
    place = fleet.places.get(table)
    if place is None or not any(route.owner for route in host.routes):
        return
    socket, chain = place
    listener = f"{fleet.name} {table}"
    hostname = f"{listener} {host.domain}"
    protocol = "HTTPS" if chain.tls else "HTTP"
    found = [
        Node(fleet.name, Kind.GATEWAY, fleet.name),
        Node(listener, Kind.LISTENER, f"{protocol} :{socket.port}"),
        Node(hostname, Kind.HOSTNAME, "any other host" if host.domain == "*" else host.domain),
    ]
    links = [Edge(fleet.name, listener), Edge(listener, hostname)]
    for route in routes:
        if route.owner is None:
            continue
        rule = f"{hostname} {_key(route)}"
        found.append(Node(rule, Kind.RULE, _label(version, route)))
        links.append(Edge(hostname, rule))
        for backend, share in shares(version, fleet, route):
            found.append(Node(f"{fleet.name} → {backend}", Kind.BACKEND, backend))
            links.append(Edge(rule, f"{fleet.name} → {backend}", share))
    nodes.update((node.key, node) for node in found)
    edges.update(((edge.source, edge.target), edge) for edge in links)


def _key(route: Route) -> str:
    owner = route.owner
    assert owner is not None  # noqa: S101  the caller has seen to it
    return f"{owner.kind}/{owner.namespace}/{owner.name} {route.match.hex()}"


def _label(version: Version, route: Route) -> str:
    owner = route.owner
    assert owner is not None  # noqa: S101  the caller has seen to it
    place = of_rule(version, owner)
    text = f"{owner.namespace}/{owner.name}"
    if place is None:
        return text
    document, path = place
    value: object = document.object
    for step in path:
        try:
            value = value[step]  # type: ignore[index]  # anything may be in a manifest: see below
        except (KeyError, IndexError, TypeError):
            return text
    return f"{text} {match_text(value) if path[-2] == 'matches' and isinstance(value, dict) else '/'}"
