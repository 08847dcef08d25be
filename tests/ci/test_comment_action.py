"""The action `comment`: a pull request's plan, from the job that made it to the pull request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ci.jobs import PULL_REQUEST, RUN, Jobs
from tests.support.github import US, Stub

FORK = "mallory/edge"


def test_a_pull_request_has_one_comment_which_is_edited_in_place(jobs: Jobs, stub: Stub) -> None:
    told = []
    for weight in (50, 0):
        commit = jobs.propose_canary(weight)
        stub.open_pull(PULL_REQUEST, commit)
        report = jobs.plan().outputs["report"]
        outcome = jobs.comment(stub, report, commit)
        assert outcome.status == 0, outcome.log
        (posted,) = stub.comments[PULL_REQUEST]
        assert posted["body"] == (Path(report) / "comment.md").read_text()
        assert outcome.outputs["url"] == posted["html_url"]
        told.append((outcome.outputs["action"], posted["body"]))
    assert [action for action, _ in told] == ["created", "updated"]
    assert told[0][1] != told[1][1]


def test_a_plan_that_failed_is_posted_and_then_mended(jobs: Jobs, stub: Stub) -> None:
    for files, word in (({"manifests/shop.yaml": "a: [\n"}, "refused"), (None, "")):
        commit = jobs.propose(files) if files else jobs.propose_canary()
        stub.open_pull(PULL_REQUEST, commit)
        assert jobs.comment(stub, jobs.plan().outputs["report"], commit).status == 0
        (posted,) = stub.comments[PULL_REQUEST]
        assert ("refused" in posted["body"]) is bool(word)


def test_a_fork_is_commented_on_with_a_word_on_whose_text_it_is(jobs: Jobs, stub: Stub) -> None:
    commit = jobs.propose_canary()
    stub.open_pull(PULL_REQUEST, commit, FORK)
    outcome = jobs.comment(stub, jobs.plan().outputs["report"], commit, FORK)
    assert outcome.status == 0, outcome.log
    assert f"[a run]({RUN}) of `{FORK}`" in stub.comments[PULL_REQUEST][0]["body"]


def test_a_run_of_an_older_commit_posts_nothing(jobs: Jobs, stub: Stub) -> None:
    commit = jobs.propose_canary()
    report = jobs.plan().outputs["report"]
    stub.open_pull(PULL_REQUEST, "f" * 40)
    outcome = jobs.comment(stub, report, commit)
    assert (outcome.status, outcome.outputs["action"], stub.comments) == (0, "skipped", {})


class TestForgedReports:
    """What a fork's workflow may upload in place of a plan."""

    @pytest.fixture
    def report(self, tmp_path: Path) -> Path:
        report = tmp_path / "report"
        report.mkdir()
        (report / "comment.md").write_text("Fine!")
        (report / "pull-request").write_text(f"{PULL_REQUEST}\n")
        return report

    @pytest.mark.parametrize("number", ["", "0", "7; echo", "7\n8", "$(touch pwned)", "-1", "9" * 30, "\0007x"])
    def test_the_number_is_a_number(self, jobs: Jobs, stub: Stub, report: Path, number: str) -> None:
        (report / "pull-request").write_text(number)
        outcome = jobs.comment(stub, str(report), "a" * 40, FORK)
        assert outcome.status == 1
        assert re.search(r"^::error title=gitway::.*not a number", outcome.log, re.MULTILINE)
        assert stub.requests == []
        assert not list(jobs.workspace.iterdir())

    def test_another_pull_request_is_not_commented_on(self, jobs: Jobs, stub: Stub, report: Path) -> None:
        stub.open_pull(PULL_REQUEST, "a" * 40)
        outcome = jobs.comment(stub, str(report), "a" * 40, FORK)
        assert (outcome.status, stub.comments) == (3, {})

    @pytest.mark.parametrize("file", ["comment.md", "pull-request"])
    def test_links_are_not_followed(self, jobs: Jobs, stub: Stub, report: Path, tmp_path: Path, file: str) -> None:
        stub.open_pull(PULL_REQUEST, "a" * 40, FORK)
        (tmp_path / "number").write_text("7")
        (report / file).unlink()
        (report / file).symlink_to("/proc/self/environ" if file == "comment.md" else tmp_path / "number")
        outcome = jobs.comment(stub, str(report), "a" * 40, FORK)
        assert (outcome.status, stub.comments) == (1, {})

    def test_a_huge_comment_is_cut(self, jobs: Jobs, stub: Stub, report: Path) -> None:
        stub.open_pull(PULL_REQUEST, "a" * 40, FORK)
        (report / "comment.md").write_text("@octocat <!-- \n" * 1_000_000)
        outcome = jobs.comment(stub, str(report), "a" * 40, FORK)
        assert outcome.status == 0, outcome.log
        body = stub.comments[PULL_REQUEST][0]["body"]
        assert len(body) <= 65_536
        assert "@octocat" not in body

    def test_a_planted_comment_is_not_written_over(self, jobs: Jobs, stub: Stub, report: Path) -> None:
        stub.open_pull(PULL_REQUEST, "a" * 40, FORK)
        planted = stub.add_comment(PULL_REQUEST, "<!-- gitway:plan -->\nApproved", "mallory")
        assert jobs.comment(stub, str(report), "a" * 40, FORK).outputs["action"] == "created"
        assert planted["body"].endswith("Approved")
        assert stub.comments[PULL_REQUEST][1]["user"]["login"] == US

    def test_nothing_of_the_workspace_is_run(self, jobs: Jobs, stub: Stub, report: Path) -> None:
        stub.open_pull(PULL_REQUEST, "a" * 40, FORK)
        jobs.workspace.mkdir()
        for module in ("reconciler", "json", "sitecustomize"):
            (jobs.workspace / f"{module}.py").write_text("raise SystemExit('pwned')")
        outcome = jobs.comment(stub, str(report), "a" * 40, FORK)
        assert outcome.status == 0, outcome.log
