"""What one route of any kind adds to its fleets, encoded."""

from __future__ import annotations

from reconciler import ir
from reconciler.translate.l4_routes import translate_l4
from reconciler.translate.routes import TranslatedRoute
from reconciler.translate.routes import translate as translate_http


def translate(unit: ir.Unit) -> TranslatedRoute:
    """Everything of one route; a pure function of it."""
    return translate_l4(unit) if isinstance(unit, ir.L4Unit) else translate_http(unit)
