"""`gitway comment`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reconciler.cli import options
from reconciler.cli.exits import REFUSED, STORE, Usage, fail
from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

    from reconciler.review.github.comment import Posted
    from reconciler.review.github.pull_request import PullRequest

FORMAT = 1
_WITHOUT_RIGHT = frozenset({401, 403, 404})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("comment")(COMMAND)


def comment(
    body: Annotated[
        Path | None, Option("--body", help="The comment: a file with Markdown, such as a plan's.", metavar="FILE")
    ] = None,
    pull_request: Annotated[
        int | None,
        Option("--pull-request", help="Where to. Default: the pull request of the event.", metavar="NUMBER", min=1),
    ] = None,
    key: Annotated[
        str, Option("--key", help="Tells several comments on a pull request apart.", metavar="NAME")
    ] = "plan",
    author: Annotated[
        str,
        Option("--author", help="As whom the token comments: only their comment is edited.", metavar="LOGIN"),
    ] = "github-actions[bot]",
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Keep one comment on a pull request of GitHub up to date: it is written once and edited from then on.

    For workflows of GitHub Actions. Needs GITHUB_TOKEN with the right pull-requests: write; GITHUB_API_URL,
    GITHUB_REPOSITORY, GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are the runner's. In a workflow_run the number is held
    against the event: what is not of its commit is not posted. Example: gitway comment --body plan.md
    """
    from reconciler.review.github.api import ApiError, GitHub, persistently
    from reconciler.review.github.body import read
    from reconciler.review.github.comment import Posted, post
    from reconciler.review.github.pull_request import NotForThis, is_repository, of_event, outdated

    if body is None:
        raise Usage("name the comment's file by --body")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", key):
        raise Usage(f"--key {key!r}: small letters, digits and hyphens only")
    token, repository = _needed("GITHUB_TOKEN"), _needed("GITHUB_REPOSITORY")
    if not is_repository(repository):
        raise Usage(f"GITHUB_REPOSITORY {repository!r} is not OWNER/NAME")
    text = read(body)
    try:
        about = of_event(os.environ.get("GITHUB_EVENT_NAME", ""), _event(), repository, pull_request)
        whole = _whole(key, text, about)
        api = GitHub(os.environ.get("GITHUB_API_URL") or "https://api.github.com", token)

        def attempt() -> Posted:
            reason = outdated(api, repository, about)
            if reason:
                echo(f"nothing is posted: {reason}", err=True)
                return Posted("skipped", "")
            return post(api, repository, about.number, key, whole, author)

        posted = persistently(attempt)
    except NotForThis as error:
        fail(REFUSED, str(error))
    except ApiError as error:
        remedy = "Does the job grant pull-requests: write?" if error.status in _WITHOUT_RIGHT else ""
        fail(STORE, f"GitHub: {error.message}", remedy)
    if output is options.TextOrJson.JSON:
        told = {"format": FORMAT, "action": posted.action, "pull_request": about.number, "url": posted.url}
        echo(json.dumps(told, indent=2))
    else:
        echo(f"{posted.action} {posted.url}".rstrip())


COMMAND = comment


def _whole(key: str, text: str, about: PullRequest) -> str:
    from reconciler.review.github.body import compose, harmless

    if not about.fork:
        return compose(key, text)
    foot = f"<sub>What stands here was made by [a run]({about.run}) of `{about.repository}`'s own workflow.</sub>"
    return compose(key, harmless(text), foot)


def _event() -> Mapping[str, Any]:
    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_bytes())
    except ValueError as error:
        raise Usage(f"GITHUB_EVENT_PATH {path} is no JSON: {error}") from error
    return event if isinstance(event, dict) else {}


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Usage(f"{name} is not set: `gitway comment` is for workflows of GitHub Actions")
    return value
