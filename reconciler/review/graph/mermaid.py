"""Mermaid, which GitHub draws in comments: at most 500 edges and 50,000 characters."""

from __future__ import annotations

from typing import Final

from reconciler.review.graph.model import Edge, Graph, Kind, Node, State, limited

MOST_EDGES: Final = 450
MOST_CHARACTERS: Final = 45_000
_SHAPES: Final = {
    Kind.GATEWAY: ("([", "])"),
    Kind.LISTENER: ("[/", "/]"),
    Kind.HOSTNAME: ("{{", "}}"),
    Kind.RULE: ("[", "]"),
    Kind.BACKEND: ("[(", ")]"),
}
_STYLES: Final = (
    "classDef added fill:#dafbe1,stroke:#1a7f37,color:#0a3d1c",
    "classDef removed fill:#ffebe9,stroke:#cf222e,color:#5c0f16,stroke-dasharray:4 3",
    "classDef same fill:#f6f8fa,stroke:#8c959f,color:#1f2328",
)
_COLOURS: Final = {State.ADDED: "#1a7f37", State.REMOVED: "#cf222e"}
_LONGEST: Final = 60


def as_mermaid(graph: Graph, most_edges: int = MOST_EDGES) -> str:
    """The graph, cut to what GitHub draws; the first comment says what is left out."""
    while True:
        shown = limited(graph, most_edges)
        text = _text(shown)
        if len(text) <= MOST_CHARACTERS or most_edges <= 1:
            return text
        most_edges = most_edges * 3 // 4


def _text(graph: Graph) -> str:
    names = {node.key: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    if graph.left_out:
        lines.append(f"    %% {graph.left_out} edges left out")
    lines += [f"    {names[node.key]}{_shaped(node)}:::{node.state.value}" for node in graph.nodes]
    for edge in graph.edges:
        lines.append(f"    {names[edge.source]} {_arrow(edge)} {names[edge.target]}")
    coloured = [(number, _COLOURS[one.state]) for number, one in enumerate(graph.edges) if one.state in _COLOURS]
    lines += [f"    linkStyle {number} stroke:{colour}" for number, colour in coloured]
    return "\n".join([*lines, *(f"    {style}" for style in _STYLES)]) + "\n"


def _shaped(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    return f'{opening}"{_quoted(node.label)}"{closing}'


def _arrow(edge: Edge) -> str:
    line = "-.->" if edge.state is State.REMOVED else "-->"
    return f'{line}|"{_quoted(edge.label)}"|' if edge.label else line


def _quoted(text: str) -> str:
    """Entities for all that Mermaid or HTML could read; `#` and `;` around a number are Mermaid's own."""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return "".join(one if one.isalnum() or one in " .:/-_,%→…=*" else f"#{ord(one)};" for one in text)
