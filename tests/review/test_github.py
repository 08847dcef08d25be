"""Comments on pull requests: their text, which pull request is meant, and what GitHub answers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.review.github.api import LONGEST_PAUSE, TRIES, ApiError, GitHub, persistently
from reconciler.review.github.body import LIMIT, NOTE, compose, fit, harmless, length, marker, read
from reconciler.review.github.comment import Posted, post
from reconciler.review.github.pull_request import NotForThis, PullRequest, of_event, outdated
from tests.support.github import TOKEN, US, Failure, Stub, github

HEAD = "a" * 40


@pytest.fixture
def stub() -> Iterator[Stub]:
    with github() as running:
        yield running


@pytest.fixture
def api(stub: Stub) -> GitHub:
    return GitHub(stub.url, TOKEN)


def say(api: GitHub, stub: Stub, text: str, key: str = "plan") -> Posted:
    return post(api, stub.repository, 7, key, compose(key, text), US)


def no_pause(seconds: float) -> None:
    pytest.fail(f"paused for {seconds} s")


class TestText:
    @given(st.text(alphabet=st.sampled_from("a\n`~<>/details🦆 "), max_size=400), st.integers(100, 400))
    def test_it_never_takes_more_room_than_there_is(self, text: str, room: int) -> None:
        assert length(fit(text, room)) <= room

    def test_what_fits_is_left_alone(self) -> None:
        assert fit("```\nopen", 100) == "```\nopen"

    def test_what_is_cut_is_closed(self) -> None:
        line = "- removed\n"
        text = "# Verdict\n<details><summary>HTTPRoute</summary>\n\n```diff\n" + line * 40 + "```\n\n</details>\n"
        cut = fit(text, 300)
        assert cut.startswith("# Verdict\n<details>")
        assert cut.count("```") == 2
        assert cut.count("</details>") == 1
        assert cut.index("</details>") < cut.index(NOTE)
        # The note is a paragraph of its own.
        assert f"<p>{MarkdownIt().render(NOTE)[3:-5]}</p>" in MarkdownIt().render(cut)

    def test_a_comment_is_under_the_limit_of_github_whatever_is_in_it(self) -> None:
        assert LIMIT - 100 < length(compose("plan", "🦆 quack\n" * 40_000, "A foot.")) <= LIMIT

    @pytest.mark.parametrize(
        "text", ["@octocat", "cc @acme/owners", "<!-- gitway:plan -->", "![](https://example.com/x)", "<IMG src=x>"]
    )
    def test_a_forks_text_disturbs_nobody(self, text: str) -> None:
        assert not re.search(r"@\w|<!--|!\[|<img", harmless(text), re.IGNORECASE)
        assert harmless(text).replace("\N{WORD JOINER}", "") == text

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        (tmp_path / "comment.md").symlink_to(tmp_path / "secret")
        with pytest.raises(OSError, match="symbolic links"):
            read(tmp_path / "comment.md")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "comment.md")
        with pytest.raises(OSError, match="not a file"):
            read(tmp_path / "comment.md")

    def test_the_marker_of_a_plan_is_not_doubled(self, tmp_path: Path) -> None:
        (tmp_path / "comment.md").write_text("<!-- gitway:plan -->\n### Verdict\n")
        assert compose("edge", read(tmp_path / "comment.md")) == "<!-- gitway:edge -->\n### Verdict\n"

    def test_no_more_is_read_than_can_be_posted(self, tmp_path: Path) -> None:
        (tmp_path / "comment.md").write_bytes(b"\xff" * 10_000_000)
        assert LIMIT < len(read(tmp_path / "comment.md")) < 1_000_000


class TestPosting:
    def test_the_first_is_written_and_the_next_is_written_over_it(self, api: GitHub, stub: Stub) -> None:
        stub.add_comment(7, "LGTM", "ada")
        assert say(api, stub, "One change").action == "created"
        assert say(api, stub, "Two changes").action == "updated"
        assert say(api, stub, "Two changes").action == "unchanged"
        assert [one["body"] for one in stub.comments[7]] == ["LGTM", "<!-- gitway:plan -->\nTwo changes\n"]

    def test_it_is_found_behind_hundreds_of_others(self, api: GitHub, stub: Stub) -> None:
        for number in range(250):
            stub.add_comment(7, f"Nit {number}", "ada")
        stub.add_comment(7, marker("plan"))
        assert say(api, stub, "Changes").action == "updated"

    def test_several_are_told_apart_by_their_keys(self, api: GitHub, stub: Stub) -> None:
        assert say(api, stub, "Edge", "edge").action == "created"
        assert say(api, stub, "Mesh", "mesh").action == "created"
        assert len(stub.comments[7]) == 2

    def test_another_ones_comment_with_our_marker_is_left_alone(self, api: GitHub, stub: Stub) -> None:
        planted = stub.add_comment(7, f"{marker('plan')}\nmine", "mallory")
        assert say(api, stub, "Changes").action == "created"
        assert planted["body"].endswith("mine")

    def test_one_that_is_deleted_meanwhile_is_written_anew(self, api: GitHub, stub: Stub) -> None:
        stub.add_comment(7, marker("plan"))
        stub.failures.append(Failure(404, message="Not Found", method="PATCH"))
        assert say(api, stub, "Changes").action == "created"


class TestFailures:
    @pytest.mark.parametrize(
        "failure",
        [
            Failure(502),
            Failure(503, after=True, method="POST"),
            Failure(429, {"retry-after": "0"}),
            Failure(403, {"retry-after": "3"}, "You have exceeded a secondary rate limit."),
        ],
        ids=["5xx", "written, but no answer", "429", "secondary limit"],
    )
    def test_passing_ones_are_waited_for_and_nothing_is_written_twice(
        self, api: GitHub, stub: Stub, failure: Failure
    ) -> None:
        stub.failures.append(failure)
        pauses: list[float] = []
        persistently(lambda: say(api, stub, "Changes"), pauses.append)
        assert len(stub.comments[7]) == 1
        assert pauses == [max(1.0, float(failure.headers.get("retry-after", 0)))]

    def test_not_for_ever(self, api: GitHub, stub: Stub) -> None:
        stub.failures.extend(Failure(500) for _ in range(TRIES))
        pauses: list[float] = []
        with pytest.raises(ApiError, match="500"):
            persistently(lambda: say(api, stub, "Changes"), pauses.append)
        assert pauses == [1.0, 2.0, 4.0, 8.0]

    def test_nor_for_an_hour(self, api: GitHub, stub: Stub) -> None:
        reset = str(int(time.time()) + 3600)
        headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
        stub.failures.append(Failure(403, headers, "API rate limit exceeded"))
        with pytest.raises(ApiError) as refused:
            persistently(lambda: say(api, stub, "Changes"), no_pause)
        assert (refused.value.pause or 0) > LONGEST_PAUSE

    @pytest.mark.parametrize("status", [400, 403, 404, 422])
    def test_lasting_ones_are_told_at_once(self, api: GitHub, stub: Stub, status: int) -> None:
        stub.failures.append(Failure(status, message="Resource not accessible\nby integration"))
        with pytest.raises(ApiError, match=f"{status} Resource not accessible by integration"):
            persistently(lambda: say(api, stub, "Changes"), no_pause)

    def test_the_token_is_taken_nowhere_else(self, api: GitHub, stub: Stub) -> None:
        with github() as elsewhere:
            stub.failures.append(Failure(302, {"Location": f"{elsewhere.url}/repos/acme/edge/pulls/7"}))
            with pytest.raises(ApiError, match="302"):
                outdated(api, stub.repository, PullRequest(7))
            assert elsewhere.requests == []

    def test_nobody_there_is_worth_another_try(self) -> None:
        with pytest.raises(ApiError) as refused:
            GitHub("http://127.0.0.1:1", TOKEN).call("GET", "/user")
        assert refused.value.pause is not None

    def test_only_http_is_spoken(self) -> None:
        with pytest.raises(ApiError):
            GitHub("file:///etc", TOKEN)


def run_of(event: str = "pull_request", repository: str | None = "mallory/edge") -> dict[str, Any]:
    head = None if repository is None else {"full_name": repository}
    page = "https://github.com/acme/edge/actions/runs/1"
    return {"workflow_run": {"event": event, "head_sha": HEAD, "head_repository": head, "html_url": page}}


class TestPullRequest:
    def test_a_run_vouches_for_the_commit_and_its_repository(self) -> None:
        found = of_event("workflow_run", run_of(), "acme/edge", 7)
        assert found == PullRequest(7, HEAD, "mallory/edge", "https://github.com/acme/edge/actions/runs/1", fork=True)
        assert not of_event("workflow_run", run_of(repository="acme/edge"), "acme/edge", 7).fork

    def test_a_pull_request_says_its_number(self) -> None:
        told = {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": "acme/edge"}}}
        assert of_event("pull_request", {"pull_request": told}, "acme/edge", None).number == 7

    @pytest.mark.parametrize(
        ("name", "event", "number", "why"),
        [
            ("workflow_run", run_of(), None, "which pull request"),
            ("workflow_run", run_of(event="push"), 7, "of the event push"),
            ("workflow_run", run_of(repository=None), 7, "gone"),
            ("workflow_run", run_of(repository="a/b](x)"), 7, "no repository"),
            ("workflow_run", {}, 7, "lacks"),
            ("pull_request", {"pull_request": {"number": 7}}, 8, "7, not 8"),
            ("push", {}, None, "no pull request"),
        ],
    )
    def test_others_are_refused(self, name: str, event: dict[str, Any], number: int | None, why: str) -> None:
        with pytest.raises(NotForThis, match=why):
            of_event(name, event, "acme/edge", number)

    def test_its_newest_commit_is_commented_on(self, api: GitHub, stub: Stub) -> None:
        stub.open_pull(7, HEAD, "mallory/edge")
        about = PullRequest(7, HEAD, "Mallory/edge")
        assert outdated(api, stub.repository, about) == ""
        assert "not at bbbb" in outdated(api, stub.repository, about._replace(head="b" * 40))
        stub.open_pull(7, HEAD, "mallory/edge", state="closed")
        assert "closed" in outdated(api, stub.repository, about)

    def test_another_ones_pull_request_is_not(self, api: GitHub, stub: Stub) -> None:
        """The number comes from a run that a fork controls."""
        stub.open_pull(1, HEAD)
        with pytest.raises(NotForThis, match="not of mallory/edge"):
            outdated(api, stub.repository, PullRequest(1, HEAD, "mallory/edge"))
