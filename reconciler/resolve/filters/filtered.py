"""What filters come to."""

from __future__ import annotations

from dataclasses import field

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.records import dataclass
from reconciler.resolve.problems import Problem
from reconciler.resolve.route_filters import Extension


@dataclass(slots=True)
class Filtered:
    """What the filters of one rule or of one backendRef come to.

    `cookies` are alternatives, each of them cookies that a request has to have; none: any request. `extensions` are
    HTTPRouteFilters with the places where they are named, until they are merged with the rest.
    """

    request_headers: ir.HeaderMutation | None = None
    response_headers: ir.HeaderMutation | None = None
    redirect: ir.Redirect | None = None
    rewrite: ir.Rewrite | None = None
    cors: ir.Cors | None = None
    mirrors: list[ir.Mirror] = field(default_factory=list)
    external_auth: list[ir.ExternalAuth] = field(default_factory=list)
    direct_response: ir.DirectResponse | None = None
    credential: ir.Credential | None = None
    cookies: tuple[tuple[ir.ValueMatch, ...], ...] = ()
    extensions: list[tuple[FieldPath, Extension]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
