"""Every code that gitway can report is explained, and nothing else is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import reconciler
from reconciler.review.catalogue.table import entries
from tests.support.gitway import gitway, succeed

ROOT = Path(reconciler.__file__).parent
CATALOGUE = ROOT / "review" / "catalogue"


def codes_in(path: Path) -> set[str]:
    """The codes that a module has as values, whatever its comments say."""
    constants = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str) and re.fullmatch(r"GW\d{3}", value)}


def test_the_catalogue_is_complete() -> None:
    own = [path for path in ROOT.rglob("*.py") if CATALOGUE not in path.parents]
    reported = set().union(*map(codes_in, own))
    assert len(reported) > 60
    assert reported - entries().keys() == set(), "codes without an entry in reconciler/review/catalogue"
    assert entries().keys() - reported == set(), "entries of codes that nothing reports"


def test_entries_say_what_to_do() -> None:
    for entry in entries().values():
        assert re.fullmatch(r"GW[1-9]\d\d", entry.code)
        assert not entry.title.endswith(".")
        assert entry.why.endswith("."), entry.code
        assert entry.remedy.endswith((".", ")")), entry.code


def test_explain_a_code() -> None:
    told = succeed("explain", "gw207").stdout
    assert told.startswith("GW207: backend not found\n")
    assert "What to do: " in told
    assert succeed("explain", "GW207", "-o", "json").json["code"] == "GW207"


def test_all_codes_are_listed() -> None:
    assert len(succeed("explain").stdout.splitlines()) == len(entries())
    assert [one["code"] for one in succeed("explain", "-o", "json").json["codes"]] == list(entries())


def test_an_unknown_code_is_wrong_usage() -> None:
    assert gitway("explain", "GW999").code == 64
