"""`plan -o json --out` and `publish --plan`: what was reviewed is what ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.gitway import gitway, succeed
from tests.support.manifests import repository, route
from tests.support.repository import GitRepository

CHANGED = {"route.yaml": route(hostnames=("shop.example.com",))}
OTHER = {"route.yaml": route(hostnames=("other.example.com",))}


@pytest.fixture
def planned(git_repo: GitRepository, tmp_path: Path) -> Path:
    """A published commit, a change on a branch, and its plan."""
    git_repo.commit("First", repository())
    succeed("publish", "--repo", git_repo.path)
    git_repo.git("switch", "--quiet", "--create", "topic")
    git_repo.commit("Change", CHANGED)
    saved = tmp_path / "plan.json"
    succeed("plan", "--repo", git_repo.path, "-o", "json", "--out", saved)
    git_repo.git("switch", "--quiet", "main")
    return saved


def test_a_merge_changes_the_commit_and_not_the_plan(planned: Path, git_repo: GitRepository) -> None:
    git_repo.git("merge", "--quiet", "--no-ff", "--no-gpg-sign", "-m", "Merge", "topic")
    told = succeed("publish", "--repo", git_repo.path, "--plan", planned, "-o", "json").json
    assert told["serial"] == 2
    # Again, as a job that is run anew does: nothing is left to do.
    assert gitway("publish", "--repo", git_repo.path).code == 0


def test_another_result_is_refused(planned: Path, git_repo: GitRepository) -> None:
    git_repo.commit("Something else", OTHER)
    done = gitway("publish", "--repo", git_repo.path, "--plan", planned)
    assert done.code == 3
    assert "this commit gives something else than the plan for fleet shop/edge" in done.stderr


def test_another_base_is_refused(planned: Path, git_repo: GitRepository) -> None:
    git_repo.commit("Meanwhile", OTHER)
    succeed("publish", "--repo", git_repo.path)
    git_repo.commit("As planned", CHANGED)
    done = gitway("publish", "--repo", git_repo.path, "--plan", planned)
    assert done.code == 3
    assert "something else has been published since the plan was made" in done.stderr
    assert [one["serial"] for one in succeed("history", "--repo", git_repo.path, "-o", "json").json["releases"]] == [
        2,
        1,
    ]


def test_a_plan_with_errors_is_refused(git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("Wrong", repository() | {"route.yaml": route(nonsense=True)})
    assert gitway("plan", "--repo", git_repo.path, "-o", "json", "--out", tmp_path / "p").code == 1
    git_repo.commit("Right", repository())
    done = gitway("publish", "--repo", git_repo.path, "--plan", tmp_path / "p")
    assert (done.code, "the plan has errors" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "snapshots": {"a": 1}}', "\0"]
)
def test_what_is_no_plan_is_wrong_input(text: str, git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("First", repository())
    (tmp_path / "p").write_text(text)
    assert gitway("publish", "--repo", git_repo.path, "--plan", tmp_path / "p").code == 1
    assert gitway("publish", "--repo", git_repo.path, "--plan", tmp_path / "none").code == 1
