"""Filters of one backendRef that more than its share of the requests could have: CORS, ExternalAuth, RequestMirror."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.route_filters import RouteFilter
from reconciler.resolve import codes
from reconciler.resolve.filters.filtered import Filtered
from reconciler.resolve.problems import Problem


def own_filters(backend: int, filtered: Filtered, rule_cors: ir.Cors | None) -> ir.BackendFilters | None:
    """What `filtered` has for the backend at this position of its rule; None where there is nothing of the kind.

    The filters of a rule come first: where it has a policy for CORS, that one answers.
    """
    cors = filtered.cors if rule_cors is None else None
    if cors is None and not filtered.external_auth and not filtered.mirrors:
        return None
    return ir.BackendFilters(
        cors,
        tuple(replace(auth, owner=backend) for auth in filtered.external_auth),
        tuple(replace(mirror, owner=backend) for mirror in filtered.mirrors),
    )


def without_effect(
    filters: Sequence[RouteFilter], filtered: Filtered, rule_cors: ir.Cors | None, path: FieldPath
) -> tuple[Problem, ...]:
    """What there is to say about filters of a backendRef that its rule's leave nothing to do."""
    if rule_cors is None or filtered.cors is None:
        return ()
    at = next(index for index, item in enumerate(filters) if item.type == "CORS")
    message = "CORS of the rule comes first: this one has no effect."
    guidance = "Give each backendRef its own, or the rule one for all."
    return (Problem("", "", message, codes.INCOMPATIBLE_FILTERS, (*path, at), guidance),)
