"""CORS."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPCORSFilter
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope
from reconciler.resolve.problems import Problem

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def resolve(
    cors: HTTPCORSFilter, path: FieldPath, _index: int, _scope: Scope
) -> tuple[ir.Cors | None, tuple[Problem, ...]]:
    """The policy; what a client may not be told along with credentials is reported."""
    problems: tuple[Problem, ...] = ()
    exposed = tuple(cors.expose_headers)
    if cors.allow_credentials and "*" in exposed:
        exposed = tuple(name for name in exposed if name != "*")
        message = "With allowCredentials a wildcard exposes nothing: it is left out."
        at = (*path, "exposeHeaders", cors.expose_headers.index("*"))
        problems = (Problem("", "", message, codes.CORS_WILDCARD, at, "Name the headers to expose."),)
    made = ir.Cors(
        tuple(normalized(origin) for origin in cors.allow_origins),
        tuple(cors.allow_methods),
        tuple(cors.allow_headers),
        exposed,
        cors.max_age,
        bool(cors.allow_credentials),
    )
    return made, problems


def normalized(origin: str) -> str:
    """As a browser writes it: in lower case, without the port that goes with the scheme."""
    origin = origin.lower()
    return origin.removesuffix(_DEFAULT_PORTS.get(origin.partition("://")[0], ""))
