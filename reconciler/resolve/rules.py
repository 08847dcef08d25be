"""One rule of an HTTPRoute: matches, filters and backends. Rules of GRPCRoutes share all but the matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.httproute import HTTPBackendRef, HTTPRouteRetry, HTTPRouteRule, HTTPRouteTimeouts
from reconciler.manifests.references import BackendRef
from reconciler.records import dataclass
from reconciler.resolve import codes, filters
from reconciler.resolve.backend_filters import own_filters, without_effect
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.filters.filtered import Filtered
from reconciler.resolve.matches import resolve_matches
from reconciler.resolve.problems import BACKENDS_AVAILABLE, RESOLVED_REFS, Problem
from reconciler.resolve.retries import resolve_retry
from reconciler.resolve.sessions import resolve_session, without_way_back
from reconciler.resolve.targets import Refusal, Target

if TYPE_CHECKING:
    from reconciler.manifests.grpcroute import GRPCBackendRef, GRPCRouteRule

_FAILURE = ir.DirectResponse(500)
_UNAVAILABLE = ir.DirectResponse(503)
"""What Envoy tells a gRPC client as `UNAVAILABLE`."""

_NO_TIMEOUTS = ir.Timeouts()


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """A rule as it comes out; `rule` is None where it is dropped, since it is not known what it matches.

    Rules of TLSRoutes, TCPRoutes and UDPRoutes match nothing and are all action.
    """

    rule: ir.Rule | ir.Forward | None
    problems: Sequence[Problem]


def resolve_rule(rule: HTTPRouteRule, index: int, scope: Scope) -> ResolvedRule:
    """Resolve a rule. Its requests are answered with 500 where it cannot do what it says."""
    path: FieldPath = ("spec", "rules", index)
    matches, problems = resolve_matches(rule.matches, (*path, "matches"), scope.world.memory.expressions)
    return resolve_action(rule, Matched(index, path, matches, problems), scope, _timeouts(rule.timeouts), rule.retry)


class Matched(NamedTuple):
    """A rule of which the matches are resolved, and the problems so far."""

    number: int
    path: FieldPath
    matches: tuple[ir.Match, ...]
    problems: list[Problem]


def resolve_action(
    rule: HTTPRouteRule | GRPCRouteRule,
    matched: Matched,
    scope: Scope,
    timeouts: ir.Timeouts = _NO_TIMEOUTS,
    retry: HTTPRouteRetry | None = None,
) -> ResolvedRule:
    """Resolve the rest of a rule: filters, backends, and how requests are sent to them."""
    number, path, matches, problems = matched
    dropped = bool(problems) and any(problem.condition for problem in problems)
    filtered = filters.apply(rule.filters, (*path, "filters"), scope) if rule.filters else _unfiltered()
    refs = Referred(rule.backend_refs, (*path, "backendRefs"), filtered.cors)
    backends, invalid_weight = _backends(refs, scope, problems)
    own: Sequence[Problem] = filtered.problems
    session = None
    if rule.session_persistence is not None:
        at = (*path, "sessionPersistence")
        session, found = resolve_session(rule.session_persistence, at)
        own = (*own, *found, *without_way_back(session, backends, invalid_weight, at))
    problems += own
    if dropped:
        return ResolvedRule(None, problems)
    grpc = matches[0].call is not None
    action: ir.Forward | ir.Redirect | ir.DirectResponse = _UNAVAILABLE if grpc else _FAILURE
    if own and any(problem.fatal for problem in own):
        pass
    elif filtered.direct_response is not None:
        action = filtered.direct_response
    elif filtered.redirect is not None:
        action = filtered.redirect
    elif backends:
        action = ir.Forward(
            tuple(backends),
            invalid_weight,
            filtered.rewrite,
            tuple(filtered.mirrors),
            timeouts,
            None if retry is None else resolve_retry(retry),
            session,
            grpc,
        )
    made = ir.Rule(
        number,
        _with_cookies(matches, filtered.cookies) if filtered.cookies else matches,
        action,
        rule.name or "",
        filtered.request_headers,
        filtered.response_headers,
        filtered.cors,
        tuple(filtered.external_auth),
        credential=filtered.credential,
    )
    return ResolvedRule(made, problems)


def _with_cookies(
    matches: tuple[ir.Match, ...], cookies: tuple[tuple[ir.ValueMatch, ...], ...]
) -> tuple[ir.Match, ...]:
    """Each match with each of the alternatives."""
    return tuple(replace(match, cookies=alternative) for match in matches for alternative in cookies)


@cache
def _unfiltered() -> Filtered:
    """What comes of no filters; nobody changes it."""
    return Filtered()


class Referred(NamedTuple):
    """The backendRefs of a rule, where they stand, and the rule's policy for CORS."""

    refs: Sequence[HTTPBackendRef | GRPCBackendRef]
    path: FieldPath
    cors: ir.Cors | None


def _backends(referred: Referred, scope: Scope, problems: list[Problem]) -> tuple[list[ir.Backend], int]:
    """The valid backends of weight above 0, and the weight of those that are invalid."""
    backends: list[ir.Backend] = []
    invalid_weight = 0
    path = referred.path
    for index, ref in enumerate(referred.refs):
        found = resolve_ref(ref, scope)
        if isinstance(found, Refusal):
            at = (*path, index, *found.field)
            problems.append(Problem(RESOLVED_REFS, found.reason, found.message, found.code, at, found.help))
            invalid_weight += ref.weight
            continue
        if not found.endpoints:
            problems.append(_no_endpoints(ref, (*path, index), scope))
        if not ref.filters:
            if ref.weight:
                backends.append(_plain(index, ref.weight, found, scope))
            continue
        at = (*path, index, "filters")
        filtered = filters.apply(ref.filters, at, scope, on_backend=True)
        problems += [*filtered.problems, *without_effect(ref.filters, filtered, referred.cors, at)]
        if any(problem.fatal for problem in filtered.problems):
            invalid_weight += ref.weight
        elif ref.weight:
            own = own_filters(index, filtered, referred.cors)
            backends.append(_filtered(index, ref.weight, found, filtered, own))
    return backends, invalid_weight


def _no_endpoints(ref: BackendRef, path: FieldPath, scope: Scope) -> Problem:
    message = (
        f"{ref.kind} {ref.namespace or scope.namespace}/{ref.name} has no endpoints: its requests are answered 503."
    )
    return Problem(BACKENDS_AVAILABLE, "EndpointsNotFound", message, codes.NO_ENDPOINTS, path)


def _plain(index: int, weight: int, target: Target, scope: Scope) -> ir.Backend:
    """A backend without filters: many rules have the same."""
    key = (index, weight, id(target))
    known = scope.world.memory.backends.get(key)
    if known is None:
        known = scope.world.memory.backends[key] = ir.Backend(
            index, weight, target.discovery, target.endpoints, target.protocol, fallback=target.fallback, tls=target.tls
        )
    return known


def _filtered(index: int, weight: int, target: Target, filtered: Filtered, own: ir.BackendFilters | None) -> ir.Backend:
    return ir.Backend(
        index,
        weight,
        target.discovery,
        target.endpoints,
        target.protocol,
        filtered.request_headers,
        filtered.response_headers,
        filtered.rewrite,
        filtered.redirect,
        target.fallback,
        target.tls,
        own,
        filtered.credential,
    )


def _timeouts(timeouts: HTTPRouteTimeouts | None) -> ir.Timeouts:
    if timeouts is None:
        return _NO_TIMEOUTS
    return ir.Timeouts(
        None if timeouts.request is None else milliseconds(timeouts.request),
        None if timeouts.backend_request is None else milliseconds(timeouts.backend_request),
    )
