"""The README's table of promises names tests that exist, and every rule of the protocol has a test of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    (promise, path, tests)
    for promise, files in re.findall(
        r"^\| (.+?) \| (\[\w+\]\(tests/.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    for path, tests in re.findall(r"\]\((tests/[\w/]+\.py)\): ([^\[]+)", files)
]
RULES = [
    *(f"g{number}" for number in range(1, 11)),
    *(f"s{number}" for number in range(1, 7)),
    *(f"d{number}" for number in range(1, 13)),
]
"""For both variants, for state of the world, for delta: sections of Envoy's xds_protocol are in the docstrings."""


@pytest.mark.parametrize(("promise", "path", "tests"), ROWS)
def test_a_promise_is_held(promise: str, path: str, tests: str) -> None:
    text = (ROOT / path).read_text()
    for name in re.findall(r"`(\w+)`", tests):
        assert re.search(rf"^(async )?def {name}\(|^{name}: ", text, re.MULTILINE), (promise, name)


def test_there_are_promises() -> None:
    assert len(ROWS) >= 15


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_the_protocol_has_its_test(rule: str) -> None:
    texts = [path.read_text() for path in (ROOT / "tests" / "sidecar").glob("test_protocol_*.py")]
    assert any(re.search(rf"^def test_{rule}_\w+\(", text, re.MULTILINE) for text in texts)
