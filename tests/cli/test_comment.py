"""`gitway comment` in the environment of a workflow's job."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.exits import REFUSED, STORE, USAGE, WRONG_INPUT
from tests.support.binaries import ROOT
from tests.support.github import TOKEN, Stub, github
from tests.support.gitway import gitway, succeed

HEAD = "a" * 40


class Job:
    """A job that may comment, and a comment."""

    def __init__(self, stub: Stub, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stub = stub
        self.body = directory / "comment.md"
        self.body.write_text("### One change\n")
        self._event = directory / "event.json"
        self._monkeypatch = monkeypatch
        for name, value in {
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": stub.url,
            "GITHUB_REPOSITORY": stub.repository,
            "GITHUB_EVENT_PATH": str(self._event),
        }.items():
            monkeypatch.setenv(name, value)

    def is_of(self, name: str, event: dict[str, Any]) -> None:
        self._monkeypatch.setenv("GITHUB_EVENT_NAME", name)
        self._event.write_text(json.dumps(event))

    def is_of_run(self, repository: str) -> None:
        head = {"full_name": repository}
        run = {"event": "pull_request", "head_sha": HEAD, "head_repository": head, "html_url": "https://example.com/1"}
        self.is_of("workflow_run", {"workflow_run": run})


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    with github() as stub:
        yield Job(stub, tmp_path, monkeypatch)


def test_a_pull_request_is_commented_on_once(job: Job) -> None:
    told = {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": job.stub.repository}}}
    job.is_of("pull_request", {"pull_request": told})
    job.stub.open_pull(7, HEAD)
    first = succeed("comment", "--body", job.body, "-o", "json").json
    assert first == {"format": 1, "action": "created", "pull_request": 7, "url": job.stub.comments[7][0]["html_url"]}
    assert succeed("comment", "--body", job.body).stdout.startswith("unchanged https://")
    job.body.write_text("No changes")
    assert succeed("comment", "--body", job.body).stdout.startswith("updated https://")
    assert [one["body"] for one in job.stub.comments[7]] == ["<!-- gitway:plan -->\nNo changes\n"]


def test_a_forks_text_is_posted_as_what_it_is(job: Job) -> None:
    job.is_of_run("mallory/edge")
    job.stub.open_pull(7, HEAD, "mallory/edge")
    job.body.write_text("cc @octocat")
    succeed("comment", "--body", job.body, "--pull-request", 7)
    (posted,) = job.stub.comments[7]
    assert "@octocat" not in posted["body"]
    assert "[a run](https://example.com/1) of `mallory/edge`" in posted["body"]


def test_a_plan_that_is_outdated_is_not_posted(job: Job) -> None:
    job.is_of_run(job.stub.repository)
    job.stub.open_pull(7, "b" * 40)
    done = succeed("comment", "--body", job.body, "--pull-request", 7, "-o", "json")
    assert done.json["action"] == "skipped"
    assert "not at aaaaaaaaaaaa any more" in done.stderr
    assert job.stub.comments == {}


def test_a_fork_cannot_comment_elsewhere(job: Job) -> None:
    job.is_of_run("mallory/edge")
    job.stub.open_pull(1, HEAD)
    done = gitway("comment", "--body", job.body, "--pull-request", 1)
    assert (done.code, job.stub.comments) == (REFUSED, {})
    assert "pull request 1 is not of mallory/edge" in done.stderr


def test_a_missing_right_is_named(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "another")
    job.is_of_run(job.stub.repository)
    done = gitway("comment", "--body", job.body, "--pull-request", 7)
    assert done.code == STORE
    assert "401 Bad credentials" in done.stderr
    assert "pull-requests: write" in done.stderr


@pytest.mark.parametrize(
    ("options", "unset", "named"),
    [
        ((), "", "--body"),
        (("--key", "Plan -->"), "", "--key"),
        ((), "GITHUB_TOKEN", "GITHUB_TOKEN"),
        ((), "GITHUB_REPOSITORY", "GITHUB_REPOSITORY"),
        (("--pull-request", "0"), "", "--pull-request"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    job: Job, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], unset: str, named: str
) -> None:
    if unset:
        monkeypatch.delenv(unset)
    given = () if named == "--body" else ("--body", str(job.body))
    done = gitway("comment", *given, *options)
    assert done.code == USAGE
    assert named in done.stderr


def test_a_comment_that_is_not_there_is_named(job: Job, tmp_path: Path) -> None:
    done = gitway("comment", "--body", tmp_path / "missing.md")
    assert done.code == WRONG_INPUT
    assert "missing.md" in done.stderr


def test_it_needs_no_library_at_all(job: Job) -> None:
    """The job that may write to pull requests installs nothing."""
    job.is_of_run(job.stub.repository)
    job.stub.open_pull(7, HEAD)
    command = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); import runpy; "]
    command[-1] += "sys.argv[0] = 'gitway'; runpy.run_module('reconciler', run_name='__main__')"
    options = ["comment", "--body", str(job.body), "--pull-request", "7"]
    done = subprocess.run([*command, str(ROOT), *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "created"), done.stderr
