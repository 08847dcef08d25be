"""Matches of GRPCRoute rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.resolve.expressions import Expressions
from reconciler.resolve.matches import bad_regex, value_matches
from reconciler.resolve.problems import Problem

if TYPE_CHECKING:
    from reconciler.manifests.grpcroute import GRPCMethodMatch, GRPCRouteMatch

_ANY_NAME = "[^/]+"
"""A service or method; what lies between the slashes of a path is nothing else (gRPC over HTTP2)."""

_ANY_CALL = ir.Match(ir.PathMatch(ir.MatchKind.PREFIX, "/"), call=ir.CallMatch())


def resolve_grpc_matches(
    matches: Sequence[GRPCRouteMatch], path: FieldPath, expressions: Expressions
) -> tuple[tuple[ir.Match, ...], list[Problem]]:
    """The matches of a rule, and a problem for each expression that RE2 refuses; `path` leads to their list."""
    problems: list[Problem] = []
    made = []
    for index, match in enumerate(matches):
        at = (*path, index)
        call = _call(match.method, (*at, "method"), expressions, problems)
        headers = value_matches(match.headers, (*at, "headers"), expressions, problems)
        made.append(ir.Match(_path(call), headers, call=call))
    return tuple(made) or (_ANY_CALL,), problems


def _call(
    match: GRPCMethodMatch | None, at: FieldPath, expressions: Expressions, problems: list[Problem]
) -> ir.CallMatch:
    """An empty service or method is as good as none (Gateway API, GRPCMethodMatch)."""
    if match is None:
        return ir.CallMatch()
    service, method = match.service or "", match.method or ""
    if match.type == "Exact":
        # The CRD allows a leading dot, as of a fully qualified name of protobuf; no path has it.
        return ir.CallMatch(ir.MatchKind.EXACT, service.removeprefix("."), method)
    for field, pattern in (("service", service), ("method", method)):
        if pattern and (reason := expressions.problem(pattern)):
            problems.append(bad_regex(pattern, reason, (*at, field)))
    return ir.CallMatch(ir.MatchKind.REGEX, service, method)


def _path(call: ir.CallMatch) -> ir.PathMatch:
    """`/service/method` is the path of a call."""
    if not call.service and not call.method:
        return ir.PathMatch(ir.MatchKind.PREFIX, "/")
    if call.kind is ir.MatchKind.REGEX:
        parts = [f"(?:{part})" if part else _ANY_NAME for part in (call.service, call.method)]
        return ir.PathMatch(ir.MatchKind.REGEX, "/" + "/".join(parts))
    if not call.service:
        return ir.PathMatch(ir.MatchKind.REGEX, f"/{_ANY_NAME}/{re.escape(call.method)}")
    if not call.method:
        return ir.PathMatch(ir.MatchKind.PREFIX, f"/{call.service}")
    return ir.PathMatch(ir.MatchKind.EXACT, f"/{call.service}/{call.method}")
