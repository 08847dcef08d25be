"""What one route of any kind adds to its fleets, encoded."""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.translate.client_certificates import own_clusters, presents_certificates
from reconciler.translate.l4_routes import translate_l4
from reconciler.translate.routes import TranslatedRoute
from reconciler.translate.routes import translate as translate_http


def translate(unit: ir.Unit) -> TranslatedRoute:
    """Everything of one route; a pure function of it."""
    made = _translate(unit)
    if not presents_certificates(unit):
        return made
    own = own_clusters(unit, made.all_clusters, lambda other: _translate(other).all_clusters)
    return replace(made, own_clusters=own)


def _translate(unit: ir.Unit) -> TranslatedRoute:
    return translate_l4(unit) if isinstance(unit, ir.L4Unit) else translate_http(unit)
