"""Which pull request a run is about, as far as its event vouches for it.

A plan of a fork is made without the right to comment, so that another run, that of a `workflow_run` event, posts it. It
gets the number from the first run, whose workflow the fork may have changed: the number only counts if the pull request
of this number has the very commit of the fork that GitHub says the first run was about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reconciler.review.github.api import GitHub

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


class NotForThis(Exception):
    """The event does not go with a comment, or not with this pull request; the text says why."""


class PullRequest(NamedTuple):
    """A pull request and what its head has to be.

    Attributes:
        repository: whose commit `head` is; like `head` empty where the event does not say.
        run: the page of the run that made the text, where that is another one.
        fork: whether that run was in the hands of another repository.
    """

    number: int
    head: str = ""
    repository: str = ""
    run: str = ""
    fork: bool = False


def is_repository(name: str) -> bool:
    """Whether it is an `OWNER/NAME`."""
    return _NAME.fullmatch(name) is not None


def of_event(name: str, event: Mapping[str, Any], repository: str, number: int | None) -> PullRequest:
    """The pull request of an event.

    Args:
        name: `workflow_run`, `pull_request`…
        event: its payload.
        repository: where the comment is to be, `OWNER/NAME`.
        number: what the run was told; needed where the event does not say.

    Raises:
        NotForThis: there is none.
    """
    try:
        if name == "workflow_run":
            return _of_run(event["workflow_run"], repository, number)
        if name in {"pull_request", "pull_request_target"}:
            return _of_pull_request(event["pull_request"], number)
    except (KeyError, TypeError) as error:
        raise NotForThis(f"the event {name} lacks {error}") from error
    if number is None:
        raise NotForThis(f"the event {name or 'of no workflow'} is of no pull request: name one by --pull-request")
    return PullRequest(number)


def outdated(api: GitHub, repository: str, pull_request: PullRequest) -> str:
    """Why nothing should be said on a pull request any more; empty if it should.

    Raises:
        NotForThis: it is another one than that which the event is about.
        ApiError: it cannot be asked for.
    """
    found = api.call("GET", f"/repos/{repository}/pulls/{pull_request.number}")
    name = f"pull request {pull_request.number}"
    try:
        head, state = found["head"], found["state"]
        commit, owner = head["sha"], (head["repo"] or {}).get("full_name", "")
    except (KeyError, TypeError, AttributeError) as error:
        raise NotForThis(f"{name} is not told as expected: {error} is missing") from error
    if pull_request.repository and owner.lower() != pull_request.repository.lower():
        raise NotForThis(f"{name} is not of {pull_request.repository}, where the run's commit is from")
    if pull_request.head and commit != pull_request.head:
        return f"{name} is at {commit[:12]}, not at {pull_request.head[:12]} any more"
    return "" if state == "open" else f"{name} is {state}"


def _of_run(run: Mapping[str, Any], repository: str, number: int | None) -> PullRequest:
    if run["event"] != "pull_request":
        raise NotForThis(f"the run was of the event {run['event']}, not of a pull request")
    if number is None:
        raise NotForThis("the event workflow_run does not say which pull request it was: name one by --pull-request")
    if run["head_repository"] is None:
        raise NotForThis("the repository of the pull request is gone")
    owner = run["head_repository"]["full_name"]
    if not is_repository(owner):
        raise NotForThis(f"{owner!r} is no repository")
    return PullRequest(number, run["head_sha"], owner, run["html_url"], owner.lower() != repository.lower())


def _of_pull_request(told: Mapping[str, Any], number: int | None) -> PullRequest:
    if number not in {None, told["number"]}:
        raise NotForThis(f"the event is of pull request {told['number']}, not {number}")
    return PullRequest(told["number"], told["head"]["sha"], (told["head"]["repo"] or {}).get("full_name", ""))
