"""`ir.L4Unit` → clusters and endpoints, and what a filter chain needs to forward to them.

A route has one cluster, `<kind>/<namespace>/<name>/rule/-1` as in Envoy Gateway, whose localities split its traffic by
weight; or, where that cannot be, one for each backend (`…/backend/<index>`). With TLS to backends a TLSRoute has the
same again without, `…/rule/-1/passthrough`, for the listeners that pass on the TLS of the client.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.translate.claims import claims_of
from reconciler.translate.clusters import Upstream, share_a_cluster, upstream
from reconciler.translate.destinations import INVALID_CLUSTER
from reconciler.translate.endpoints import backend_name
from reconciler.translate.routes import TranslatedRoute

Shares = tuple[tuple[str, int], ...]
"""Clusters and their weights, never empty."""


def translate_l4(unit: ir.L4Unit) -> TranslatedRoute:
    """Everything of one route but its filter chains, which it may have to share; a pure function of it."""
    name = f"{unit.kind}/{unit.namespace}/{unit.name}/rule/-1{unit.variant}"
    shares, upstreams = _destination(name, unit.forward)
    passed: Shares = ()
    if unit.kind == "tlsroute" and any(backend.tls for backend in unit.forward.backends):
        passed, others = _destination(f"{name}/passthrough", _in_the_clear(unit.forward))
        upstreams += others
    claims = claims_of(unit)
    return TranslatedRoute(
        tables=(),
        clusters=tuple([(one.name, one.cluster) for one in upstreams]),
        endpoints=tuple([(one.name, one.endpoints) for one in upstreams if one.endpoints is not None]),
        age=claims.age,
        claims=claims.claims,
        shares=shares,
        passed=passed,
        network_filters=_network_filters(unit),
        secrets=tuple(dict.fromkeys(secret for one in upstreams for secret in one.secrets)),
    )


def _network_filters(unit: ir.L4Unit) -> tuple[bytes, ...]:
    if unit.authorization is None:
        return ()
    from reconciler.translate.network_rbac import network_filter  # only who has policies loads their messages

    return (network_filter(unit.authorization),)


def _in_the_clear(forward: ir.Forward) -> ir.Forward:
    return replace(forward, backends=tuple(replace(backend, tls=None) for backend in forward.backends))


def _destination(name: str, forward: ir.Forward) -> tuple[Shares, tuple[Upstream, ...]]:
    """Backends that are invalid or have no endpoints keep their share, which is lost (Gateway API, `backendRefs`)."""
    backends = forward.backends
    settings = forward.settings
    reachable = backends and not forward.invalid_weight and all(one.endpoints for one in backends)
    if reachable and share_a_cluster(backends, settings):
        return ((name, 1),), (upstream(name, name, backends, settings, http=False),)
    primary = tuple(one for one in backends if not one.fallback)
    backends = primary or backends
    shares = [(backend_name(name, one), one.weight) for one in backends]
    if forward.invalid_weight or not shares:
        shares.append((INVALID_CLUSTER, forward.invalid_weight or 1))
    return tuple(shares), tuple(
        upstream(backend_name(name, one), name, (one,), settings, http=False) for one in backends
    )
