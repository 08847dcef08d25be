"""What is ignored, and what fails: from the file to the exit code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gitway import gitway
from tests.support.manifests import repository
from tests.support.repository import GitRepository

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules:
    - backendRefs:
        - name: gone%s
          port: 80
"""
COMMENT = "  # gitway: ignore GW207 it comes with the next release"


def plan(repo: GitRepository, *options: object) -> tuple[int, list[str], list[str]]:
    """The exit code, the codes that are reported, and those that are suppressed."""
    done = gitway("plan", "--repo", repo.path, "-o", "json", *options)
    told: dict[str, Any] = done.json
    return done.code, [one["code"] for one in told["diagnostics"]], [one["code"] for one in told["suppressed"]]


@pytest.mark.parametrize("again", [False, True])
def test_comments(again: bool, git_repo: GitRepository) -> None:
    """Also where what a file says comes from the cache."""
    git_repo.commit("First", repository() | {"route.yaml": ROUTE % COMMENT})
    if again:
        plan(git_repo)
    assert plan(git_repo, "--fail-on", "warning") == (0, [], ["GW207"])


@pytest.mark.parametrize(("threshold", "code"), [("error", 0), ("warning", 1), ("notice", 1)])
def test_fail_on(threshold: str, code: int, git_repo: GitRepository) -> None:
    git_repo.commit("First", repository() | {"route.yaml": ROUTE % ""})
    assert plan(git_repo, "--fail-on", threshold) == (code, ["GW207"], [])
    for command in ("publish", "status"):
        assert gitway(command, "--repo", git_repo.path, "--fail-on", threshold).code == code, command


def test_gitway_yaml(git_repo: GitRepository) -> None:
    config = "addresses: [127.0.0.0/8]\n"
    config += (
        'ignore:\n  - {code: GW207, reason: later, object: "HTTPRoute shop/*"}\n  - {code: GW211, reason: never}\n'
    )
    git_repo.commit("First", repository() | {"route.yaml": ROUTE % "", "gitway.yaml": config})
    done = gitway("plan", "--repo", git_repo.path)
    assert "warning[GW120]: nothing to ignore: there is no GW211" in done.stdout
    assert "--> gitway.yaml:4:" in done.stdout
    assert plan(git_repo)[1:] == (["GW120"], ["GW207"])


def test_the_command_line(git_repo: GitRepository) -> None:
    git_repo.commit("First", repository() | {"route.yaml": ROUTE % ""})
    assert plan(git_repo, "--ignore", "GW207=later") == (0, [], ["GW207"])
    assert gitway("plan", "--repo", git_repo.path, "--ignore", "GW207").code == 64


def test_annotations_of_a_publish(git_repo: GitRepository) -> None:
    git_repo.commit("First", repository() | {"route.yaml": ROUTE % ""})
    done = gitway("publish", "--repo", git_repo.path, "--diagnostics", "github")
    assert done.stderr.splitlines()[0].startswith(
        "::warning file=route.yaml,line=8,col=17,title=GW207 HTTPRoute shop/web::"
    )
