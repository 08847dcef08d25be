"""An HTML page with the graph: one file, nothing from the network."""

from __future__ import annotations

from reconciler.review.graph.model import Graph
from reconciler.review.graph.svg import as_svg

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>gitway graph</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{color-scheme:light dark}}body{{margin:1rem;overflow:auto}}</style></head>
<body>
{svg}</body></html>
"""


def as_page(graph: Graph) -> str:
    """The page."""
    return _PAGE.format(svg=as_svg(graph))
