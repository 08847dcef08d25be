"""What redirects and rewrites do to the path."""

from __future__ import annotations

import re

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPPathModifier
from reconciler.resolve import codes
from reconciler.resolve.problems import ACCEPTED, Problem

_VISIBLE = re.compile(r"[!-~]*")
"""What may stand in a request line or in `Location`; the CRD has no pattern for it."""


def resolve(modifier: HTTPPathModifier, path: FieldPath) -> ir.PathModifier | Problem:
    """The new path or prefix. An empty path is `/`."""
    full = modifier.type == "ReplaceFullPath"
    value = (modifier.replace_full_path if full else modifier.replace_prefix_match) or ""
    if not _VISIBLE.fullmatch(value):
        field = "replaceFullPath" if full else "replacePrefixMatch"
        message = "A path has only visible ASCII characters; others are percent-encoded."
        return Problem(ACCEPTED, "UnsupportedValue", message, codes.BAD_PATH, (*path, "path", field), fatal=True)
    if full:
        return ir.PathModifier(ir.PathChange.FULL, value or "/")
    return ir.PathModifier(ir.PathChange.PREFIX, value)
