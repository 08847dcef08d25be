"""Which clusters a rule forwards to: one for the rule where that is enough, else one a backend."""

from __future__ import annotations

from typing import NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import route
from reconciler.translate import messages as m
from reconciler.translate.clusters import Upstream, share_a_cluster, upstream
from reconciler.translate.endpoints import backend_name
from reconciler.translate.headers import headers

INVALID_CLUSTER = "invalid-backend-cluster"
"""Never defined: the share of the backends that are invalid goes here and is answered with 500, or 503 for gRPC."""


class Destination(NamedTuple):
    """The first fields of a `RouteAction`, encoded, and the clusters that they name."""

    specifier: bytes
    upstreams: tuple[Upstream, ...]


def destination(rule: str, suffix: str, action: ir.Forward) -> Destination:
    """`rule` is the name of the rule's resources, `suffix` is added for the part of it that `action` is."""
    if one_cluster(action):
        name = rule + suffix
        return Destination(
            encode(m.RouteAction(cluster=name)), (upstream(name, rule, action.backends, action.settings),)
        )
    backends = in_use(action)
    clusters = [_cluster_weight(rule, backend) for backend in backends]
    unavailable = route.RouteActionClusterNotFoundResponseCode.SERVICE_UNAVAILABLE
    if action.invalid_weight:
        clusters.append(m.ClusterWeight(name=INVALID_CLUSTER, weight=action.invalid_weight))
    if action.invalid_weight and not action.grpc:
        unavailable = route.RouteActionClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR
    specifier = m.RouteAction(
        weighted_clusters=m.WeightedCluster(clusters=clusters), cluster_not_found_response_code=unavailable
    )
    upstreams = tuple(upstream(backend_name(rule, backend), rule, (backend,), action.settings) for backend in backends)
    return Destination(encode(specifier), upstreams)


def one_cluster(action: ir.Forward) -> bool:
    """Whether all backends are in one cluster. Localities, weighted, split the requests if nothing else has to differ.

    A backend without endpoints would lose its share to the others, so that it is given a cluster: 503 is its answer.
    """
    return (
        not action.invalid_weight
        and not any(_has_filters(backend) or not backend.endpoints for backend in action.backends)
        and share_a_cluster(action.backends, action.settings)
    )


def in_use(action: ir.Forward) -> tuple[ir.Backend, ...]:
    """The backends that have shares where each has a cluster of its own.

    Clusters know no fallback to another cluster: fallbacks only stand in where there is nothing else.
    """
    primary = tuple(backend for backend in action.backends if not backend.fallback)
    return primary if any(backend.endpoints for backend in primary) else action.backends


def _has_filters(backend: ir.Backend) -> bool:
    return bool(backend.request_headers or backend.response_headers or backend.rewrite)


def _cluster_weight(rule: str, backend: ir.Backend) -> route.WeightedClusterClusterWeight:
    return m.ClusterWeight(
        name=backend_name(rule, backend),
        weight=backend.weight,
        **headers(backend.request_headers, backend.response_headers),
        host_rewrite_literal=(backend.rewrite.hostname or None) if backend.rewrite else None,
    )
