"""SVG: a column a kind, boxes stacked in them, curves between. No script, no font but the reader's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from reconciler.review.graph.model import Edge, Graph, Kind, Node, State

WIDTH: Final = {
    Kind.GATEWAY: 170,
    Kind.LISTENER: 130,
    Kind.HOSTNAME: 230,
    Kind.RULE: 300,
    Kind.BACKEND: 230,
}
"""Of the boxes of a column, in pixels."""
_GAP: Final = 90
_HEIGHT, _STEP, _MARGIN = 30, 42, 20
_CHARACTER: Final = 7.0
STYLE: Final = """\
.box{fill:#f6f8fa;stroke:#8c959f}.label{font:12px system-ui,sans-serif;fill:#1f2328}
.line{fill:none;stroke:#8c959f;stroke-width:1.3}.share{font:11px system-ui,sans-serif;fill:#57606a}
.added .box{fill:#dafbe1;stroke:#1a7f37}.added .line,.line.added{stroke:#1a7f37;stroke-width:2}
.removed .box{fill:#ffebe9;stroke:#cf222e;stroke-dasharray:4 3}
.line.removed{stroke:#cf222e;stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){.box{fill:#21262d;stroke:#6e7681}.label{fill:#e6edf3}.share{fill:#9198a1}
.added .box{fill:#12361f}.removed .box{fill:#4a1a1d}}"""


class _Place(NamedTuple):
    x: int
    y: int
    width: int


def as_svg(graph: Graph) -> str:
    """The graph as one `svg` element."""
    places = _places(graph)
    width = max((one.x + one.width for one in places.values()), default=0) + _MARGIN
    height = max((one.y + _HEIGHT for one in places.values()), default=0) + _MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [f'{head} role="img" aria-label="What is served">', f"<style>{STYLE}</style>"]
    parts += [_line(edge, places) for edge in graph.edges]
    parts += [_box(node, places[node.key]) for node in graph.nodes]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _places(graph: Graph) -> Mapping[str, _Place]:
    """Nodes stand about where those do that lead to them, so that few lines cross."""
    found: dict[str, _Place] = {}
    sources: dict[str, list[str]] = {}
    for edge in graph.edges:
        sources.setdefault(edge.target, []).append(edge.source)
    x = _MARGIN
    for kind in Kind:
        column = [node for node in graph.nodes if node.kind is kind]
        if not column:
            continue
        column.sort(key=lambda node: (_mean(sources.get(node.key, ()), found), node.key))
        for row, node in enumerate(column):
            found[node.key] = _Place(x, _MARGIN + row * _STEP, WIDTH[kind])
        x += WIDTH[kind] + _GAP
    return found


def _mean(keys: list[str] | tuple[()], places: Mapping[str, _Place]) -> float:
    heights = [places[key].y for key in keys if key in places]
    return sum(heights) / len(heights) if heights else 0.0


def _box(node: Node, at: _Place) -> str:
    most = int((at.width - 16) / _CHARACTER)
    label = node.label if len(node.label) <= most else node.label[: most - 1] + "…"
    state = "" if node.state is State.SAME else f" {node.state.value}"
    return (
        f'<g class="node{state}"><title>{escape(_printable(node.label))}</title>'
        f'<rect class="box" x="{at.x}" y="{at.y}" width="{at.width}" height="{_HEIGHT}" rx="6"/>'
        f'<text class="label" x="{at.x + 8}" y="{at.y + 19}">{escape(_printable(label))}</text></g>'
    )


def _line(edge: Edge, places: Mapping[str, _Place]) -> str:
    start, end = places[edge.source], places[edge.target]
    x, y, to_x, to_y = start.x + start.width, start.y + _HEIGHT // 2, end.x, end.y + _HEIGHT // 2
    middle = (x + to_x) // 2
    drawn = f'<path class="line {edge.state.value}" d="M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"/>'
    if not edge.label:
        return drawn
    at = f'x="{to_x - 6}" y="{to_y - 4}" text-anchor="end"'
    return f'{drawn}<text class="share" {at}>{escape(_printable(edge.label))}</text>'


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
