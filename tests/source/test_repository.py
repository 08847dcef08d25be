"""Repositories, commits and history, with real git."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.source.repository import Commit, Repository, SourceError, open_repository, repository_name
from tests.support.repository import GitRepository

Opening = Callable[[object], Repository]


def test_a_commit(git_repo: GitRepository, opened: Repository) -> None:
    sha = git_repo.commit("Route é\n\nand why")
    assert opened.commit() == Commit(sha, "Ada Lovelace <ada@example.com>", "2026-01-01T12:01:00Z", "Route é")


@pytest.mark.parametrize("ref", ["main", "HEAD", "v1", "v1-signed", "refs/heads/main", "HEAD~1", "@{upstream}^0"])
def test_refs(git_repo: GitRepository, opened: Repository, ref: str) -> None:
    first = git_repo.commit("First")
    git_repo.git("tag", "v1")
    git_repo.git("tag", "-a", "-m", "x", "v1-signed")
    git_repo.git("branch", "base")
    git_repo.git("branch", "--set-upstream-to=base")
    second = git_repo.commit("Second")
    assert opened.commit(ref).sha == (second if ref in ("main", "HEAD", "refs/heads/main") else first)
    assert opened.commit(first[:10]).sha == first


@pytest.mark.parametrize(
    "ref",
    ["", "nope", "0" * 40, "HEAD:", "HEAD:gitway.yaml", "main..HEAD", "-h", "--all", "a\nb", "a\0b", "HEAD^{tree}"],
)
def test_no_commit(git_repo: GitRepository, opened: Repository, ref: str) -> None:
    git_repo.commit(files={"gitway.yaml": ""})
    with pytest.raises(SourceError) as raised:
        opened.commit(ref)
    assert raised.value.message.isprintable()


def test_did_you_mean(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit()
    with pytest.raises(SourceError) as raised:
        opened.commit("mian")
    assert raised.value.help == 'Did you mean "main"?'


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not in a git repository"):
        open_repository(tmp_path)
    with pytest.raises(SourceError, match="no folder"):
        open_repository(tmp_path / "missing")


def test_a_folder_in_a_repository(git_repo: GitRepository, opening: Opening) -> None:
    sha = git_repo.commit(files={"a/b.yaml": ""})
    repository = opening(git_repo.path / "a")
    assert repository.commit().sha == sha
    assert [entry.path for entry in repository.tree(repository.commit()).files()] == ["a/b.yaml"]
    assert [entry.path for entry in repository.worktree().files()] == ["a/b.yaml"]


def test_an_empty_repository(git_repo: GitRepository, opened: Repository) -> None:
    with pytest.raises(SourceError, match="no commit yet") as caught:
        opened.commit()
    # Of every command, also of those without --worktree.
    assert "only plan and status can" in caught.value.help
    with pytest.raises(SourceError, match="no commit yet"):
        opened.commit("main")
    assert opened.default_branch() is None
    git_repo.write("a.yaml", "")
    assert [entry.path for entry in opened.worktree().files()] == ["a.yaml"]


def test_a_repository_of_somebody_else(
    git_repo: GitRepository, opened: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_repo.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match="belongs to another user") as raised:
        opened.commit()
    assert "safe.directory" in raised.value.help


def test_the_environment_of_a_hook_does_not_lead_astray(
    git_repo: GitRepository, tmp_path: Path, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = git_repo.commit(files={"a.yaml": ""})
    other = GitRepository(tmp_path / "other")
    other.commit("Other", {"b.yaml": ""})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    repository = opening(git_repo.path)
    assert repository.commit().sha == sha
    assert [entry.path for entry in repository.worktree().files()] == ["a.yaml"]


def test_bare(git_repo: GitRepository, tmp_path: Path, opening: Opening) -> None:
    sha = git_repo.commit(files={"a.yaml": "a: 1"})
    bare = opening(git_repo.clone(tmp_path / "edge.git", "--bare"))
    tree = bare.tree(bare.commit())
    assert (bare.commit().sha, tree.read("a.yaml")) == (sha, b"a: 1")
    assert bare.git_dir == tmp_path / "edge.git"
    with pytest.raises(SourceError, match="bare"):
        bare.worktree()


def test_a_linked_work_tree(git_repo: GitRepository, tmp_path: Path, opening: Opening) -> None:
    git_repo.commit()
    git_repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    (tmp_path / "linked" / "a.yaml").write_text("")
    repository = opening(tmp_path / "linked")
    assert repository.git_dir.resolve() == git_repo.path / ".git"
    assert [entry.path for entry in repository.worktree().files()] == ["a.yaml"]


def test_replaced_objects_stay_what_they_were(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": "a: 1"})
    old = git_repo.git("rev-parse", "HEAD:a.yaml")
    git_repo.commit(files={"a.yaml": "a: 2"})
    git_repo.git("replace", git_repo.git("rev-parse", "HEAD:a.yaml"), old)
    assert opened.tree(opened.commit()).read("a.yaml") == b"a: 2"


def test_ancestors(git_repo: GitRepository, opened: Repository) -> None:
    first = git_repo.commit("First")
    git_repo.git("checkout", "--quiet", "-b", "side")
    side = git_repo.commit("Side")
    git_repo.git("checkout", "--quiet", "main")
    second = git_repo.commit("Second")
    expected = {(first, first): True, (first, second): True, (second, first): False, (side, second): False}
    assert {pair: opened.is_ancestor(*pair) for pair in expected} == expected
    assert not opened.is_ancestor("0" * 40, second)
    assert opened.merge_base(side, second) == first
    assert opened.merge_base("side", "main") == first
    with pytest.raises(SourceError):
        opened.is_ancestor(first, "0" * 40)
    git_repo.git("checkout", "--quiet", "--orphan", "alone")
    alone = git_repo.commit("Alone")
    assert opened.merge_base(alone, second) is None


def test_a_shallow_clone_says_what_it_cannot_tell(git_repo: GitRepository, tmp_path: Path, opening: Opening) -> None:
    first, second, third = (git_repo.commit(subject) for subject in ("First", "Second", "Third"))
    shallow = opening(git_repo.clone(tmp_path / "shallow", "--depth=2"))
    assert shallow.is_shallow
    assert shallow.is_ancestor(second, third)
    assert not shallow.is_ancestor(third, second)
    for call in (lambda: shallow.is_ancestor(first, third), lambda: shallow.commit(first)):
        with pytest.raises(SourceError) as raised:
            call()
        assert "fetch-depth: 0" in raised.value.help


def test_a_shallow_clone_without_the_fork(git_repo: GitRepository, tmp_path: Path, opening: Opening) -> None:
    git_repo.commit("First")
    git_repo.git("checkout", "--quiet", "-b", "side")
    git_repo.commit("Side")
    git_repo.git("checkout", "--quiet", "main")
    git_repo.commit("Second")
    shallow = opening(git_repo.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch"))
    for call in (shallow.merge_base, shallow.is_ancestor):
        with pytest.raises(SourceError, match="shallow") as raised:
            call("origin/side", "main")
        assert "fetch-depth: 0" in raised.value.help


def test_default_branch(git_repo: GitRepository, opened: Repository, tmp_path: Path, opening: Opening) -> None:
    git_repo.commit()
    assert opened.default_branch() == "main"
    git_repo.git("branch", "--move", "main", "master")
    assert opened.default_branch() == "master"
    git_repo.git("branch", "--move", "master", "trunk")
    assert opened.default_branch() is None
    clone = git_repo.clone(tmp_path / "clone")
    assert opening(clone).default_branch() == "origin/trunk"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/edge.git", "github.com/acme/edge"),
        ("https://user:secret@GitHub.com/acme/edge/", "github.com/acme/edge"),
        ("https://x-access-token:ghs_1@github.com/acme/edge?token=x#y", "github.com/acme/edge"),
        ("ssh://git@github.com:2222/acme/edge.git", "github.com:2222/acme/edge"),
        ("git@github.com:acme/edge.git", "github.com/acme/edge"),
        ("github.com:acme/edge", "github.com/acme/edge"),
        ("file:///srv/git/edge.git", "edge"),
        ("/srv/git/edge.git/", "edge"),
        ("../edge", "edge"),
        ("C:/git/edge.git", "edge"),
        ("https://[bad/edge", ""),
        ("", ""),
    ],
)
def test_repository_name(url: str, name: str) -> None:
    assert repository_name(url) == name


def test_name(git_repo: GitRepository, opened: Repository) -> None:
    assert opened.name == "repository"
    git_repo.git("remote", "add", "origin", "https://user:secret@example.com/acme/edge.git")
    assert opened.name == "example.com/acme/edge"
