"""The comments that reviewers read, as a whole.

To write them anew, and look at what changed: GITWAY_UPDATE_GOLDENS=1 make test ARGS="-k test_comments".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.review.formats.markdown import LIMIT
from tests.benchmarks.manifests import files as many_files
from tests.review.changes import SHOP, backend, files, rule
from tests.support.gitway import gitway
from tests.support.manifests import route
from tests.support.repository import GitRepository

GOLDENS = Path(__file__).parent / "goldens"
Files = dict[str, Any]


def shop(*rules: dict[str, Any], name: str = "web", hostnames: tuple[str, ...] = (SHOP,)) -> dict[str, Any]:
    return route(name, *rules, hostnames=hostnames)


CART = rule("/cart", backend("v1"))
REST = rule("/", backend())
TYPO = {**shop(CART, REST)}
TYPO["spec"] = {("hostname" if key == "hostnames" else key): value for key, value in TYPO["spec"].items()}


def guarded(*rules: dict[str, Any]) -> Files:
    """A repository with the guardrail that a request must end."""
    made = files(shop(*rules))
    return {**made, "gitway.yaml": made["gitway.yaml"] + "guardrails: {request-timeouts: Deny}\n"}


STEPS: dict[str, list[Files]] = {
    "typo": [files(shop(CART, REST)), files(TYPO)],
    "dangling-backend": [files(shop(CART, REST)), files(shop(rule("/cart", backend("v3")), REST))],
    "shadowed-route": [
        files(shop(CART, REST)),
        files(shop(CART, REST), shop(rule("/cart", backend("v2"), kind="Exact"), name="fast")),
    ],
    "dropped-hostname": [
        files(shop(CART, REST, hostnames=(SHOP, "old.example.com"))),
        files(shop(CART, REST)),
    ],
    "canary-step": [
        files(shop(rule("/cart", backend("v1", 90), backend("v2", 10)), REST)),
        files(shop(rule("/cart", backend("v1", 50), backend("v2", 50)), REST)),
    ],
    "policy-violation": [
        guarded({**REST, "timeouts": {"request": "10s"}}),
        guarded({**CART, "timeouts": {"request": "10m"}}, {**REST, "timeouts": {"request": "10s"}}),
    ],
    "revert": [
        files(shop(rule("/cart", backend("v2")), REST)),
        files(shop(CART, REST)),
    ],
}


def golden(name: str, text: str) -> None:
    """Compare with the golden, or write it."""
    path = GOLDENS / f"{name}.md"
    if os.environ.get("GITWAY_UPDATE_GOLDENS"):
        path.write_text(text)
    assert text == path.read_text()


def comment(repo: GitRepository) -> str:
    """The comment of the last commit, without what depends on the version."""
    done = gitway("plan", "--repo", repo.path, "--base", "HEAD~1", "-o", "markdown")
    assert done.stderr == ""
    return re.sub(r"gitway \d+\.\d+\.\d+\S*</sub>", "gitway VERSION</sub>", done.stdout)


@pytest.mark.parametrize("name", STEPS)
def test_comments(name: str, git_repo: GitRepository) -> None:
    for step in STEPS[name]:
        git_repo.commit(name, step)
    golden(name, comment(git_repo))


def one_change_of_many() -> Iterator[Files]:
    """A repository of 10,000 routes, and one weight that is another one."""
    made = dict(many_files(10_000))
    yield made
    path = "teams/team-007/routes.yaml"
    yield {path: made[path].replace("value: /\n", "value: /changed\n", 1)}


def test_one_change_of_ten_thousand_routes(git_repo: GitRepository) -> None:
    for step in one_change_of_many():
        git_repo.commit("many", step)
    text = comment(git_repo)
    assert len(text) < LIMIT
    golden("ten-thousand-routes", text)
