"""`gitway graph`."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.review.graph.mermaid import MOST_CHARACTERS, as_mermaid
from reconciler.review.graph.model import Edge, Graph, Kind, Node, State
from reconciler.review.graph.svg import as_svg
from tests.review.changes import SHOP, backend, files, rule
from tests.support.gitway import succeed
from tests.support.manifests import route
from tests.support.repository import GitRepository


@pytest.fixture
def canary(git_repo: GitRepository) -> GitRepository:
    for first, second in ((90, 10), (50, 50)):
        rules = [rule("/", backend("v1", first), backend("v2", second)), rule("/same", backend())]
        git_repo.commit("Step", files(route("web", *rules, hostnames=(SHOP,))))
    return git_repo


def test_all_of_it(canary: GitRepository) -> None:
    told = succeed("graph", "--repo", canary.path).stdout
    for label in ("shop/edge", "HTTP :10080", SHOP, "shop/web /same", "v1:80", "v2:80", "web:80"):
        assert f'"{label}"' in told
    assert '-->|"50%"|' in told


def test_what_changed(canary: GitRepository) -> None:
    told = succeed("graph", "--repo", canary.path, "--base", "HEAD~1").stdout
    assert '-->|"90% → 50%"|' in told
    assert "/same" not in told


def test_svg_and_html(canary: GitRepository) -> None:
    svg = succeed("graph", "--repo", canary.path, "-o", "svg").stdout
    labels = [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]
    assert {"shop/edge", "v1:80"} <= set(labels)
    page = succeed("graph", "--repo", canary.path, "-o", "html").stdout
    assert svg in page
    assert "<script" not in page


anything = st.text(max_size=20)
states = st.sampled_from(State)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = [
        Node(str(n), draw(st.sampled_from(Kind)), draw(anything), draw(states)) for n in range(draw(st.integers(1, 6)))
    ]
    key = st.sampled_from([node.key for node in nodes])
    edges = [Edge(draw(key), draw(key), draw(anything), draw(states)) for _ in range(draw(st.integers(0, 8)))]
    return Graph(tuple(nodes), tuple(edges))


@given(graphs())
def test_labels_cannot_break_out(graph: Graph) -> None:
    """A line of Mermaid a node and edge, whose texts are letters and entities; SVG that is well-formed."""
    lines = [line.strip() for line in as_mermaid(graph).splitlines()[1:]]
    text = r'"(?:[^"<>`\[\]{}();|&\\\n]|#\d+;)*"'
    node = re.compile(rf"n\d+(\(\[|\[/|\{{\{{|\[|\[\(){text}(\]\)|/\]|\}}\}}|\]|\)\]):::(added|removed|same)")
    edge = re.compile(rf"n\d+ (-->|-\.->)(\|{text}\|)? n\d+")
    other = re.compile(r"(linkStyle \d+ stroke:#\w+|classDef .*)")
    for line in lines:
        assert node.fullmatch(line) or edge.fullmatch(line) or other.fullmatch(line), line
    ET.fromstring(as_svg(graph))


def test_what_github_does_not_draw_is_left_out() -> None:
    nodes = tuple(Node(str(n), Kind.RULE, "x" * 300) for n in range(2001))
    edges = tuple(Edge(str(n), str(n + 1), state=State.ADDED if n == 1999 else State.SAME) for n in range(2000))
    text = as_mermaid(Graph(nodes, edges))
    assert len(text) <= MOST_CHARACTERS
    assert text.count("-->") <= 450
    assert "edges left out" in text
    assert "linkStyle" in text
