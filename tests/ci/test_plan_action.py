"""The action `plan`: its steps, run as a runner does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.ci.jobs import Jobs


def test_a_pull_request_is_planned_against_its_base(jobs: Jobs) -> None:
    jobs.propose_canary()
    outcome = jobs.plan()
    assert (outcome.status, outcome.outputs["changed"]) == (0, "true"), outcome.log
    report = Path(outcome.outputs["report"])
    comment = (report / "comment.md").read_text()
    assert outcome.summary == comment
    assert comment.splitlines()[1].startswith("### ")
    assert "shop" in comment
    assert json.loads((report / "plan.json").read_text())["summary"]["risk"] == outcome.outputs["risk"] != ""
    assert json.loads((report / "plan.sarif").read_text())["version"] == "2.1.0"
    assert (report / "plan.html").read_text().startswith("<!doctype html>")
    assert (report / "pull-request").read_text() == "7\n"


def test_a_plan_without_changes_says_so(jobs: Jobs) -> None:
    jobs.propose()
    outcome = jobs.plan()
    assert (outcome.status, outcome.outputs["changed"]) == (0, "false"), outcome.log
    assert "no changes" in outcome.summary


def test_a_plan_may_compare_with_what_is_published(jobs: Jobs) -> None:
    jobs.check_out()
    assert jobs.publish().status == 0
    jobs.propose_canary()
    outcome = jobs.plan(store=jobs.store.as_uri())
    assert (outcome.status, outcome.outputs["changed"]) == (0, "true"), outcome.log


def test_bad_manifests_are_annotated_and_shown_as_text(jobs: Jobs) -> None:
    bad = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "</pre><img src=x>", "metadata": {"name": "bad"}}
    jobs.propose({"manifests/bad.yaml": bad, "manifests/broken.yaml": "a: [\n"})
    outcome = jobs.plan()
    assert (outcome.status, outcome.outputs["changed"]) == (1, "")
    assert re.search(r"^::error file=manifests/broken.yaml,line=2", outcome.log, re.MULTILINE)
    assert "manifests/broken.yaml" in outcome.summary
    assert "<img" not in MarkdownIt("commonmark", {"html": True}).render(outcome.summary)
    assert (Path(outcome.outputs["report"]) / "comment.md").read_text() == outcome.summary


def test_a_milder_finding_fails_where_that_is_asked_for(jobs: Jobs) -> None:
    shop = (jobs.upstream.path / "manifests" / "shop.yaml").read_text()
    jobs.propose({"manifests/shop.yaml": shop.replace("shop-v2, port", "shop-v3, port")})
    assert jobs.plan().status == 0
    assert jobs.plan(fail_on="warning").status == 1


def test_a_shallow_checkout_is_told_what_to_do(jobs: Jobs) -> None:
    jobs.upstream.commit("Second")
    jobs.propose(None, "--depth=1")
    outcome = jobs.plan()
    assert outcome.status == 1
    assert "in this shallow clone" in outcome.summary
    assert "fetch-depth: 0" in outcome.summary
    assert (Path(outcome.outputs["report"]) / "comment.md").read_text() == outcome.summary


def test_a_report_of_an_earlier_run_is_not_taken_for_this_ones(jobs: Jobs) -> None:
    jobs.propose_canary()
    jobs.plan()
    jobs.propose(None, "--depth=1")
    outcome = jobs.plan()
    assert outcome.status == 1
    assert not (Path(outcome.outputs["report"]) / "plan.json").exists()


def test_paths_are_lines_and_never_code(jobs: Jobs) -> None:
    jobs.propose_canary()
    outcome = jobs.plan(path='$(touch pwned)\n`touch pwned`\n"; touch pwned; "\nmanifests')
    assert not list(jobs.workspace.glob("**/pwned"))
    assert "pwned" in outcome.log


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"store": "https://a/b"}, "store"),
        ({"allow_plaintext_secrets": "yes"}, "allow-plaintext-secrets"),
        ({"fail_on": "often"}, "fail-on"),
        ({"repo": "missing"}, "repo"),
    ],
)
def test_wrong_inputs_are_named(jobs: Jobs, inputs: dict[str, str], named: str) -> None:
    jobs.check_out()
    outcome = jobs.plan(**inputs)
    assert outcome.status == 1
    assert re.search(rf"^::error title=gitway::.*{named}", outcome.log, re.MULTILINE)
