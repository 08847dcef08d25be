"""Diagnostics as people and programs see them."""

from __future__ import annotations

from dataclasses import replace
from unicodedata import combining, east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.review.diagnostics import as_text, count
from reconciler.review.formats.json_document import diagnostics_document as as_json

FOUND = Diagnostic(
    "GW203",
    Severity.ERROR,
    'there is no Service "chekout" in namespace "shop"',
    object="HTTPRoute shop/web",
    origin=Origin("apps/route.yaml"),
    path=("spec", "rules", 0, "backendRefs", 0, "name"),
    help='did you mean "checkout"?',
    line=31,
    column=15,
    source="\t    - name: chekout",
)


def test_text_has_place_line_caret_and_help() -> None:
    assert as_text([FOUND]) == (
        'error[GW203]: there is no Service "chekout" in namespace "shop" (HTTPRoute shop/web)\n'
        "  --> apps/route.yaml:31:15\n"
        "   |\n"
        "31 | \t    - name: chekout\n"
        "   | \t             ^\n"
        '  = help: did you mean "checkout"?\n'
        "\n"
        "1 error\n"
    )


def test_without_diagnostics_there_is_no_text() -> None:
    assert as_text([]) == ""


def test_a_finding_without_a_place() -> None:
    assert as_text([Diagnostic("GW107", Severity.NOTICE, "skipped")]) == "notice[GW107]: skipped\n\n1 notice\n"


def test_control_characters_of_a_manifest_do_not_reach_the_terminal() -> None:
    told = as_text([Diagnostic("GW1", Severity.ERROR, "x", origin=Origin("f"), line=1, column=1, source="a\x1b[2Jb")])
    assert "\x1b" not in told


def test_the_same_counted() -> None:
    warning = Diagnostic("GW1", Severity.WARNING, "x")
    assert count([FOUND, warning, warning]) == "1 error, 2 warnings"


def test_json_has_the_fields_of_the_contract() -> None:
    assert as_json([FOUND]) == [
        {
            "code": "GW203",
            "severity": "error",
            "file": "apps/route.yaml",
            "line": 31,
            "column": 15,
            "object": "HTTPRoute shop/web",
            "message": 'there is no Service "chekout" in namespace "shop"',
            "help": 'did you mean "checkout"?',
        }
    ]


def width(letter: str) -> int:
    """Columns of a terminal."""
    return 0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1


@given(
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="…"), min_size=1, max_size=400), st.data()
)
def test_long_lines_are_cut_around_the_caret(line: str, data: st.DataObject) -> None:
    column = data.draw(st.integers(1, len(line)))
    shown, caret = (text.removeprefix("31 |").removeprefix("   |")[1:] for text in _excerpt_of(line, column))
    assert len(shown) == min(len(line), 120)
    columns = "".join(letter * width(letter) for letter in shown)
    if width(line[column - 1]):
        assert columns[caret.index("^")] == line[column - 1]
    assert caret.strip() == "^"
    kept = shown.removeprefix("…").removesuffix("…")
    assert kept in line
    assert shown.startswith("…") or line.startswith(kept)
    assert shown.endswith("…") or line.endswith(kept)


def _excerpt_of(line: str, column: int) -> tuple[str, str]:
    _, _, _, shown, caret, *_ = as_text([replace(FOUND, source=line, column=column)]).split("\n")
    return shown, caret


def test_tabs_before_the_caret_of_a_long_line() -> None:
    shown, caret = _excerpt_of("\t" * 200 + "x" + " " * 200, 201)
    assert (shown[5:], caret[5:]) == ("…" + "\t" * 59 + "x" + " " * 58 + "…", " " + "\t" * 59 + "^")


def test_a_caret_behind_the_end_of_a_long_line() -> None:
    shown, caret = _excerpt_of("x" * 1000, 1001)
    assert len(shown) == len(caret) - 1 == 5 + 120


@pytest.mark.parametrize(
    ("line", "column", "length", "under"),
    [
        ("name: v3", 7, 2, "^^"),
        ("\tname: v3", 8, 2, "^^"),
        ("店: 商店 # x", 4, 2, "^^^^"),
        ("e\u0301: e\u0301a", 5, 3, "^^"),
        ("name: v3", 7, 0, "^"),
    ],
)
def test_carets_are_under_the_whole_scalar(line: str, column: int, length: int, under: str) -> None:
    found = replace(FOUND, line=1, column=column, source=line, length=length)
    caret = next(text for text in as_text([found]).splitlines() if text.endswith("^")).removeprefix("  | ")
    margin = caret.rstrip("^")
    assert caret.removeprefix(margin) == under
    # A wide character takes two columns, one that combines none; a tab stays a tab.
    assert margin == {7: " " * 6, 8: "\t" + " " * 6, 4: " " * 4, 5: " " * 3}[column]
