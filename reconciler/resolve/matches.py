"""Matches of HTTPRoute rules, and what those of GRPCRoute rules share with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute import HTTPHeaderMatch, HTTPPathMatch, HTTPQueryParamMatch, HTTPRouteMatch
from reconciler.resolve import codes
from reconciler.resolve.expressions import Expressions
from reconciler.resolve.problems import ACCEPTED, Problem

if TYPE_CHECKING:
    from reconciler.manifests.grpcroute import GRPCHeaderMatch

_REGEX = "RegularExpression"
_PATH_KINDS = {"Exact": ir.MatchKind.EXACT, "PathPrefix": ir.MatchKind.PREFIX, _REGEX: ir.MatchKind.REGEX}
_VALUE_KINDS = {"Exact": ir.MatchKind.EXACT, _REGEX: ir.MatchKind.REGEX}

_ANY_PATH = ir.PathMatch(ir.MatchKind.PREFIX, "/")
ANYTHING = (ir.Match(_ANY_PATH),)
"""What a rule without matches matches."""


def resolve_matches(
    matches: Sequence[HTTPRouteMatch], path: FieldPath, expressions: Expressions
) -> tuple[tuple[ir.Match, ...], list[Problem]]:
    """The matches of a rule, and a problem for each expression that RE2 refuses; `path` leads to their list."""
    problems: list[Problem] = []
    made = []
    for index, match in enumerate(matches):
        at = (*path, index)
        made.append(
            ir.Match(
                _path(match.path, at, expressions, problems),
                value_matches(match.headers, (*at, "headers"), expressions, problems) if match.headers else (),
                value_matches(match.query_params, (*at, "queryParams"), expressions, problems)
                if match.query_params
                else (),
                match.method or "",
            )
        )
    return tuple(made) or ANYTHING, problems


def _path(match: HTTPPathMatch, at: FieldPath, expressions: Expressions, problems: list[Problem]) -> ir.PathMatch:
    if match.type == _REGEX and (reason := expressions.problem(match.value)):
        problems.append(bad_regex(match.value, reason, (*at, "path", "value")))
    return ir.PathMatch(_PATH_KINDS[match.type], match.value)


def value_matches(
    matches: Sequence[HTTPHeaderMatch | GRPCHeaderMatch] | Sequence[HTTPQueryParamMatch],
    at: FieldPath,
    expressions: Expressions,
    problems: list[Problem],
) -> tuple[ir.ValueMatch, ...]:
    """Matches of values; of several with an equivalent name only the first counts (Gateway API)."""
    made: dict[str, ir.ValueMatch] = {}
    for index, match in enumerate(matches):
        name = match.name if isinstance(match, HTTPQueryParamMatch) else match.name.lower()
        if name in made:
            message = f"Only the first match of {match.name} counts: this one is ignored."
            problems.append(Problem("", "", message, codes.IGNORED_MATCH, (*at, index, "name")))
            continue
        if match.type == _REGEX and (reason := expressions.problem(match.value)):
            problems.append(bad_regex(match.value, reason, (*at, index, "value")))
        made[name] = ir.ValueMatch(name, _VALUE_KINDS[match.type], match.value)
    return tuple(made.values())


def bad_regex(pattern: str, reason: str, path: FieldPath) -> Problem:
    """What there is to say about an expression; its rule is dropped, since it is not known what it matches."""
    message = f"{pattern!r} is not a regular expression that Envoy (RE2) accepts: {reason}."
    guidance = "RE2 has no look-around and no back-references: https://github.com/google/re2/wiki/Syntax"
    return Problem(ACCEPTED, "UnsupportedValue", message, codes.BAD_REGEX, path, guidance)
