"""Clusters of fleets that present a certificate of their own to backends.

A route's clusters are the same in all of its fleets, but where a Gateway has a client certificate: there those with TLS
are made once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from reconciler import ir

FleetCluster = tuple[str, str, bytes]
"""Fleet, name and resource."""

U = TypeVar("U", bound=ir.Unit)


def presents_certificates(unit: ir.Unit) -> bool:
    """Whether any of a route's fleets has a certificate for backends."""
    return any(placement.client_certificate for placement in unit.placements)


def own_clusters(
    unit: U, common: Mapping[str, bytes], translate: Callable[[U], Mapping[str, bytes]]
) -> tuple[FleetCluster, ...]:
    """The clusters of a route that are another one in some fleet, sorted.

    Args:
        unit: the route.
        common: its clusters, by name, where no certificate is presented.
        translate: gives the clusters of a route.
    """
    fleets: dict[str, set[str]] = {}
    for placement in unit.placements:
        if placement.client_certificate:
            fleets.setdefault(placement.client_certificate, set()).add(placement.fleet)
    found: list[FleetCluster] = []
    for certificate, presenting in fleets.items():
        clusters = translate(_presenting(unit, certificate))
        others = [(name, cluster) for name, cluster in clusters.items() if common[name] != cluster]
        found += [(fleet, name, cluster) for fleet in presenting for name, cluster in others]
    return tuple(sorted(found))


def _presenting(part: Any, certificate: str) -> Any:
    """The same, with the certificate wherever TLS is spoken to a backend that is shown no other."""
    if isinstance(part, ir.BackendTLS):
        return part if part.client_certificate else replace(part, client_certificate=certificate)
    if isinstance(part, tuple):
        items = [_presenting(item, certificate) for item in part]
        if all(new is old for new, old in zip(items, part, strict=True)):
            return part
        return type(part)(*items) if hasattr(part, "_fields") else tuple(items)
    if is_dataclass(part) and not isinstance(part, type):
        old = {field.name: getattr(part, field.name) for field in fields(part)}
        new = {name: _presenting(value, certificate) for name, value in old.items()}
        changed = {name: value for name, value in new.items() if value is not old[name]}
        return replace(part, **changed) if changed else part
    return part
