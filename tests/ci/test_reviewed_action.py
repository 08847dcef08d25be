"""The action `reviewed`: from a pushed commit to the run that planned it."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from tests.ci.jobs import Jobs
from tests.support.actions import Outcome
from tests.support.github import Failure, Stub

MERGED, HEAD = "a" * 40, "b" * 40


def reviewed(jobs: Jobs, stub: Stub, **inputs: str) -> Outcome:
    jobs.check_out()
    return jobs.reviewed(stub, MERGED, python=sys.executable, **inputs)


@pytest.fixture
def merged(stub: Stub) -> Stub:
    """A pull request that was merged, with runs of its head and of an earlier one."""
    stub.open_pull(7, HEAD, state="closed")
    stub.pulls[7] |= {"merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": MERGED}
    stub.runs = {
        11: (HEAD, "gitway-plan"),
        12: (HEAD, "gitway-plan"),
        13: (HEAD, "other"),
        14: ("c" * 40, "gitway-plan"),
    }
    return stub


def test_the_newest_run_of_the_merged_head_has_it(jobs: Jobs, merged: Stub) -> None:
    outcome = reviewed(jobs, merged)
    assert (outcome.status, outcome.outputs["run"]) == (0, "12"), outcome.log


def test_a_passing_failure_is_none(jobs: Jobs, merged: Stub) -> None:
    merged.failures = [Failure(502)]
    assert reviewed(jobs, merged).outputs["run"] == "12"


@pytest.mark.parametrize(
    ("pull", "runs", "reason"),
    [
        ({"merged_at": None}, None, "no pull request was merged"),
        ({"merge_commit_sha": "d" * 40}, None, "no pull request was merged"),
        ({}, {}, "no run of pull request 7"),
        ({}, {14: ("c" * 40, "gitway-plan")}, "no run of pull request 7"),
        ({}, {13: (HEAD, "other")}, "no run of pull request 7"),
    ],
)
def test_none_is_a_warning_or_a_refusal(
    jobs: Jobs, merged: Stub, pull: dict[str, Any], runs: dict[int, tuple[str, str]] | None, reason: str
) -> None:
    merged.pulls[7] |= pull
    merged.runs = merged.runs if runs is None else runs
    outcome = reviewed(jobs, merged)
    assert (outcome.status, outcome.outputs["run"]) == (0, "")
    assert re.search(rf"^::warning title=gitway::.*{reason}", outcome.log, re.MULTILINE)
    refused = reviewed(jobs, merged, required="true")
    assert refused.status == 1
    assert re.search(rf"^::error title=gitway::.*{reason}", refused.log, re.MULTILINE)


def test_whoever_may_not_ask_is_told(jobs: Jobs, merged: Stub) -> None:
    merged.failures = [Failure(403, message="Resource not accessible by integration")]
    outcome = reviewed(jobs, merged)
    assert outcome.status == 1
    assert "Resource not accessible by integration" in outcome.log
