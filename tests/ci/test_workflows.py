"""Workflows and actions as files: what GitHub would refuse, and what would make them unsafe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.actions import steps_of
from tests.support.binaries import ROOT

ACTIONS = sorted(ROOT.glob(".github/actions/*/action.yml"))
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/*/.github/workflows/*.yml")])
FILES = [*WORKFLOWS, *ACTIONS]
SCRIPTS = sorted(ROOT.glob(".github/actions/**/*.sh"))
OURS = re.compile(r"(?:\$|YOUR-ORG/gitway)/(\.github/(?:actions|workflows)/[\w.-]+)(?:@0{40})?")


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _parsed(path: Path) -> dict[str, Any]:
    # BaseLoader: GitHub reads `on` as a string, YAML 1.1 as a boolean.
    described = yaml.load(path.read_text(), yaml.BaseLoader)
    assert isinstance(described, dict)
    return described


def _jobs(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = _parsed(path).get("jobs", {})
    return jobs


def _calls(path: Path) -> list[dict[str, Any]]:
    """Steps and jobs that use something."""
    return [one for one in [*steps_of(_parsed(path)), *_jobs(path).values()] if "uses" in one]


def _called(uses: str) -> dict[str, Any] | None:
    """Our own action or workflow."""
    found = OURS.fullmatch(uses)
    if not found:
        return None
    path = ROOT / found[1]
    return _parsed(path / "action.yml" if path.is_dir() else path)


def _inputs(described: dict[str, Any]) -> dict[str, Any]:
    holder = (described["on"]["workflow_call"] or {}) if "on" in described else described
    inputs: dict[str, Any] = holder.get("inputs", {})
    return inputs


def test_the_actions_are_found() -> None:
    assert [path.parent.name for path in ACTIONS] == ["comment", "plan", "publish", "reviewed"]
    assert len(WORKFLOWS) == 7


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_nothing_is_interpolated_into_scripts(path: Path) -> None:
    scripts = [step["run"] for step in steps_of(_parsed(path)) if "run" in step]
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", SCRIPTS, ids=_id)
def test_scripts_are_bash_that_github_fills_nothing_into(path: Path) -> None:
    checked = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert checked.stderr == ""
    assert "${{" not in path.read_text()


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_what_is_used_is_pinned_to_commits(path: Path) -> None:
    """Our own by the commit that is running (`$/`), others' by theirs."""
    used = re.findall(r"uses:\s*(.+)", path.read_text())
    assert len(used) == len(_calls(path))
    pinned = re.compile(r"\$/\.github/[\w./-]+|[\w./-]+@[0-9a-f]{40} # (v\d+\.\d+\.\d+|the commit to run)")
    assert [entry for entry in used if not pinned.fullmatch(entry)] == []


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_what_is_used_of_ours_is_there_and_takes_what_it_is_given(path: Path) -> None:
    for call in _calls(path):
        described = _called(call["uses"])
        assert described is not None or "gitway" not in call["uses"]
        if described is not None:
            assert call.get("with", {}).keys() <= _inputs(described).keys()
            needed = {name for name, one in _inputs(described).items() if one.get("required") == "true"}
            assert needed <= call.get("with", {}).keys()


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_inputs_have_descriptions_and_defaults(path: Path) -> None:
    described = _parsed(path)
    if "on" not in described or "workflow_call" in described["on"]:
        for one in _inputs(described).values():
            assert one["description"][-1] == "."
            assert "default" in one or one["required"] == "true"


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_outputs_are_of_steps_and_jobs_that_are_there(path: Path) -> None:
    described, text = _parsed(path), path.read_text()
    assert set(re.findall(r"steps\.([\w-]+)\.outputs", text)) <= {step.get("id") for step in steps_of(described)}
    assert set(re.findall(r"(?:jobs|needs)\.([\w-]+)\.outputs", text)) <= _jobs(path).keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=_id)
def test_workflows_grant_nothing_but_per_job(path: Path) -> None:
    assert _parsed(path)["permissions"] == {}
    for job in _jobs(path).values():
        assert "permissions" in job
        assert "uses" in job or "timeout-minutes" in job


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/github/.github/workflows/*.yml")), ids=_id)
def test_the_example_grants_what_is_needed_and_no_more(path: Path) -> None:
    """GitHub refuses to start a workflow whose jobs ask for more than the caller grants."""
    for job in _jobs(path).values():
        called = _called(job["uses"])
        assert called is not None
        needed = {grant for one in called["jobs"].values() for grant in one["permissions"].items()}
        assert needed == set(job["permissions"].items())


@pytest.mark.parametrize("path", WORKFLOWS, ids=_id)
def test_checkouts_leave_no_credentials_behind(path: Path) -> None:
    checkouts = [step for step in steps_of(_parsed(path)) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_the_job_that_may_comment_has_nothing_of_the_pull_request_but_its_report() -> None:
    (job,) = _jobs(ROOT / ".github" / "workflows" / "gitway-comment.yml").values()
    assert [step["uses"].partition("@")[0] for step in job["steps"]] == [
        "actions/download-artifact",
        "$/.github/actions/comment",
    ]
    # Nowhere that anything is run from.
    assert job["steps"][0]["with"]["path"].startswith("${{ runner.temp }}/")


def test_publishes_wait_for_each_other_and_plans_do_not() -> None:
    workflows = ROOT / ".github" / "workflows"
    assert _jobs(workflows / "gitway-publish.yml")["publish"]["concurrency"]["cancel-in-progress"] == "false"
    assert _jobs(workflows / "gitway-plan.yml")["plan"]["concurrency"]["cancel-in-progress"] == "true"
    assert "environment" in _jobs(workflows / "gitway-publish.yml")["publish"]


def test_the_comment_follows_the_plan() -> None:
    workflows = ROOT / "examples" / "github" / ".github" / "workflows"
    plan = _parsed(workflows / "plan.yml")["name"]
    assert _parsed(workflows / "comment.yml")["on"]["workflow_run"]["workflows"] == [plan]


def test_zizmor_finds_nothing() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona=pedantic"]
    places = [str(ROOT / ".github"), str(ROOT / "examples")]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
