"""Clusters of fleets that present a certificate of their own to backends.

A route's clusters are the same in all of its fleets, but where a Gateway has a client certificate: there those with TLS
are made once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from reconciler import ir
from reconciler.translate.clusters import Upstream

FleetCluster = tuple[str, str, bytes]
"""Fleet, name and resource."""


def own_clusters(
    unit: ir.RouteUnit, common: Iterable[Upstream], translate: Callable[[ir.RouteUnit], Iterable[Upstream]]
) -> tuple[FleetCluster, ...]:
    """The clusters of a route that are another one in some fleet.

    Args:
        unit: the route.
        common: its clusters where no certificate is presented.
        translate: a route → its clusters.
    """
    presenting = {p.fleet: p.client_certificate for p in unit.placements if p.client_certificate}
    if not presenting:
        return ()
    known = {one.name: one.cluster for one in common}
    found = []
    for certificate in sorted(set(presenting.values())):
        with_certificate = replace(unit, rules=tuple(_presented(rule, certificate) for rule in unit.rules))
        others = [one for one in translate(with_certificate) if known[one.name] != one.cluster]
        fleets = [fleet for fleet, of_fleet in presenting.items() if of_fleet == certificate]
        found += [(fleet, one.name, one.cluster) for fleet in fleets for one in others]
    return tuple(sorted(found))


def _presented(rule: ir.Rule, certificate: str) -> ir.Rule:
    """The rule with the certificate for all its backends that have none of their own."""
    action = rule.action
    if not isinstance(action, ir.Forward):
        return rule
    backends = tuple(_shown(backend, certificate) for backend in action.backends)
    mirrors = tuple(replace(mirror, backend=_shown(mirror.backend, certificate)) for mirror in action.mirrors)
    return replace(rule, action=replace(action, backends=backends, mirrors=mirrors))


def _shown(backend: ir.Backend, certificate: str) -> ir.Backend:
    if backend.tls is None or backend.tls.client_certificate:
        return backend
    return replace(backend, tls=replace(backend.tls, client_certificate=certificate))
