"""Clusters of fleets that have a certificate of their own, or other settings, for TLS to backends.

A route's clusters are the same in all of its fleets, but where a Gateway has any of these: there those with TLS are
made once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple, TypeVar

from reconciler import ir
from reconciler.ir.tls import NO_BACKEND_DEFAULTS, BackendDefaults

FleetCluster = tuple[str, str, bytes]
"""Fleet, name and resource."""


class _Own(NamedTuple):
    """What a fleet has for backends: the SDS name of a certificate, and settings."""

    certificate: str
    defaults: BackendDefaults


U = TypeVar("U", bound=ir.Unit)


def presents_certificates(unit: ir.Unit) -> bool:
    """Whether any of a route's fleets has a certificate or settings for backends."""
    return any(_has_own(placement) for placement in unit.placements)


def _has_own(placement: ir.Placement) -> bool:
    return bool(placement.client_certificate) or placement.backend_tls != NO_BACKEND_DEFAULTS


def own_clusters(
    unit: U, common: Mapping[str, bytes], translate: Callable[[U], Mapping[str, bytes]]
) -> tuple[FleetCluster, ...]:
    """The clusters of a route that are another one in some fleet, sorted.

    Args:
        unit: the route.
        common: its clusters, by name, of fleets without settings.
        translate: gives the clusters of a route.
    """
    fleets: dict[_Own, set[str]] = {}
    for placement in unit.placements:
        if _has_own(placement):
            own = _Own(placement.client_certificate, placement.backend_tls)
            fleets.setdefault(own, set()).add(placement.fleet)
    found: list[FleetCluster] = []
    for own, presenting in fleets.items():
        clusters = translate(_presenting(unit, own))
        others = [(name, cluster) for name, cluster in clusters.items() if common[name] != cluster]
        found += [(fleet, name, cluster) for fleet in presenting for name, cluster in others]
    return tuple(sorted(found))


def _presenting(part: Any, own: _Own) -> Any:
    """The same, with the settings wherever TLS is spoken to a backend that has no other."""
    if isinstance(part, ir.BackendTLS):
        return _with_defaults(part, own)
    if isinstance(part, tuple):
        items = [_presenting(item, own) for item in part]
        if all(new is old for new, old in zip(items, part, strict=True)):
            return part
        return type(part)(*items) if hasattr(part, "_fields") else tuple(items)
    if is_dataclass(part) and not isinstance(part, type):
        old = {field.name: getattr(part, field.name) for field in fields(part)}
        new = {name: _presenting(value, own) for name, value in old.items()}
        changed = {name: value for name, value in new.items() if value is not old[name]}
        return replace(part, **changed) if changed else part
    return part


def _with_defaults(tls: ir.BackendTLS, own: _Own) -> ir.BackendTLS:
    """Versions are of one or of the other: a minimum of one might be above a maximum of the other."""
    defaults, asked = own.defaults, tls.parameters
    versions = asked if asked.minimum or asked.maximum else defaults
    parameters = ir.TLSParameters(
        versions.minimum,
        versions.maximum,
        asked.ciphers or defaults.ciphers,
        asked.curves or defaults.curves,
        asked.signature_algorithms or defaults.signature_algorithms,
    )
    return replace(
        tls,
        client_certificate=tls.client_certificate or own.certificate,
        parameters=parameters,
        alpn=tls.alpn or defaults.alpn,
    )
