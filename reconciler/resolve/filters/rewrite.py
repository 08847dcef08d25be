"""URLRewrite."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPURLRewriteFilter
from reconciler.resolve.backends import Scope
from reconciler.resolve.filters import path_modifier
from reconciler.resolve.problems import Problem


def resolve(
    rewrite: HTTPURLRewriteFilter, path: FieldPath, _index: int, _scope: Scope
) -> tuple[ir.Rewrite | None, tuple[Problem, ...]]:
    """The rewrite, or what is wrong with its path."""
    changed = None if rewrite.path is None else path_modifier.resolve(rewrite.path, path)
    if isinstance(changed, Problem):
        return None, (changed,)
    return ir.Rewrite(rewrite.hostname or "", changed), ()
