"""Diagnostics as people and programs see them."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.review.diagnostics import as_json, as_text, count

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
