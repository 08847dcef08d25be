"""The guardrails that ship with gitway: every example comes out as its folder says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reconciler.review.guardrails.examples import outcomes
from reconciler.review.guardrails.pack import Entry, entries, shipped
from tests.support.gitway import gitway, succeed

PACK = entries(shipped())


@pytest.mark.parametrize("entry", PACK, ids=lambda entry: entry.short_name)
def test_examples(entry: Entry) -> None:
    found = list(outcomes(entry))
    assert found
    assert [one for one in found if one.problem] == []


@pytest.mark.parametrize("entry", PACK, ids=lambda entry: entry.short_name)
def test_each_says_what_it_is_for_and_why(entry: Entry) -> None:
    assert entry.summary.endswith(".")
    assert entry.folder.name == entry.short_name
    assert (entry.folder / "policy.yaml").read_text().startswith("# ")


def test_examples_that_come_out_wrong_are_told(tmp_path: Path) -> None:
    entry = next(one for one in PACK if one.short_name == "https-only")
    here = tmp_path / "mine"
    for folder, source in (("pass", "fail/http.yaml"), ("fail", "pass/https.yaml")):
        (here / folder).mkdir(parents=True)
        (here / folder / "x.yaml").write_text((entry.folder / source).read_text())
    (here / "policy.yaml").write_text((entry.folder / "policy.yaml").read_text())
    done = gitway("policy", "test", tmp_path)
    assert done.code == 1
    assert "pass/x.yaml: should pass, but: listener web speaks HTTP" in done.stdout
    assert "fail/x.yaml: should be denied, but passes" in done.stdout
    assert "0 examples as they should be, 2 not" in done.stdout


def test_a_guardrail_that_cannot_be_evaluated_denies_nothing_rightly(tmp_path: Path) -> None:
    policy = yaml.safe_load((shipped() / "https-only" / "policy.yaml").read_text())
    policy["spec"]["validations"] = [{"expression": "object.spec.missing == 1"}]
    (tmp_path / "mine" / "fail").mkdir(parents=True)
    (tmp_path / "mine" / "policy.yaml").write_text(yaml.safe_dump(policy))
    (tmp_path / "mine" / "fail" / "x.yaml").write_text((shipped() / "https-only" / "fail" / "http.yaml").read_text())
    done = gitway("policy", "test", tmp_path)
    assert done.code == 1
    assert "should be denied, but: object.spec.missing == 1 cannot be evaluated: no such key: missing" in done.stdout
    assert "it has no example in pass/" in done.stdout


def test_listing() -> None:
    assert "https-only" in succeed("policy", "list").stdout
    listed = succeed("policy", "list", "-o", "json").json["policies"]
    assert [one["name"] for one in listed] == [entry.name for entry in PACK]
    assert gitway("policy", "list", shipped() / "https-only").code == 64
