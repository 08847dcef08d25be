"""A plan foretells what the guards of a publish refuse."""

from __future__ import annotations

import pytest

from reconciler.review.foretell import guards
from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, LISTENER, Snapshot
from reconciler.store.decide import first_entries
from tests.support.gitway import gitway, succeed
from tests.support.manifests import repository
from tests.support.repository import GitRepository


def snapshot(listeners: int) -> Snapshot:
    return build({LISTENER: {str(number): b"x" for number in range(listeners)}, CLUSTER: {"a": b"x"}})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (4, 2, ""),
        (4, 1, "shop/edge would lose 3 of its 4 listeners"),
        (4, None, "no fleet would be left"),
        (None, None, "there is no fleet to publish"),
        (None, 1, ""),
    ],
)
def test_guards(before: int | None, after: int | None, told: str) -> None:
    old, new = ({} if count is None else {"shop/edge": snapshot(count)} for count in (before, after))
    found = guards(first_entries(old, {}), new, {})
    assert [one.message for one in found] == [f"a publish would be refused: {told}"] * bool(told)
    assert guards(None, new, {}) == ()


def test_a_plan_says_that_the_publish_needs_a_flag(git_repo: GitRepository) -> None:
    git_repo.commit("First", repository())
    succeed("publish", "--repo", git_repo.path)
    assert "GW503" not in succeed("plan", "--repo", git_repo.path).stdout
    git_repo.remove("route.yaml")
    git_repo.commit("Oops")
    told = succeed("plan", "--repo", git_repo.path).stdout
    assert "warning[GW503]: a publish would be refused: shop/edge would lose 1 of its 1 routes" in told
    assert "--allow-empty" in told
    assert gitway("publish", "--repo", git_repo.path).code == 3
    assert "GW503" not in succeed("plan", "--repo", git_repo.path, "--base", "HEAD~1").stdout
