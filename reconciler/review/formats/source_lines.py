"""Diagnostics with their source lines and carets, in the manner of compilers."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.review.diagnostics import as_text


def diagnostics_text(diagnostics: Sequence[Diagnostic]) -> str:
    """All of them, and a line that counts them."""
    return as_text(diagnostics)
