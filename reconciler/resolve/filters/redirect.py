"""RequestRedirect."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPRequestRedirectFilter
from reconciler.resolve.backends import Scope
from reconciler.resolve.filters import path_modifier
from reconciler.resolve.problems import Problem


def resolve(
    redirect: HTTPRequestRedirectFilter, path: FieldPath, _index: int, _scope: Scope
) -> tuple[ir.Redirect | None, tuple[Problem, ...]]:
    """The redirect, or what is wrong with its path."""
    changed = None if redirect.path is None else path_modifier.resolve(redirect.path, path)
    if isinstance(changed, Problem):
        return None, (changed,)
    made = ir.Redirect(
        status=redirect.status_code,
        scheme=redirect.scheme or "",
        hostname=redirect.hostname or "",
        port=redirect.port or 0,
        path=changed,
    )
    return made, ()
