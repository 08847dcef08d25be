"""The tree of a commit and the work tree: what is listed and read of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.source.git_command import Batch
from reconciler.source.repository import Repository, SourceError
from reconciler.source.tree import (
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Content,
    Entry,
    Tree,
    blob_id,
    normal_roots,
    within,
)
from tests.support.repository import GitRepository

FILES: dict[str, str | bytes] = {
    "a.yaml": "a: 1\n",
    "b/c.yaml": "c: 1\n",
    "b/d e.yaml": "",
    "[x]/*.yaml": "x: 1\n",
    "é/ü.yaml": b"\xff",
}


def kinds(tree: Tree, *roots: str) -> dict[str, int]:
    return {entry.path: entry.kind for entry in tree.files(roots)}


def contents(tree: Tree, limit: int = 1000) -> dict[str, Content]:
    return {content.entry.path: content for content in tree.read_all(list(tree.files()), limit)}


@pytest.fixture(params=["commit", "worktree"])
def tree(request: pytest.FixtureRequest, git_repo: GitRepository, opened: Repository) -> Tree:
    """A tree of `FILES`, in both ways."""
    git_repo.commit(files=FILES)
    return opened.tree(opened.commit()) if request.param == "commit" else opened.worktree()


def test_everything(tree: Tree) -> None:
    assert kinds(tree) == dict.fromkeys(FILES, REGULAR)
    expected = {path: text.encode() if isinstance(text, str) else text for path, text in FILES.items()}
    read = contents(tree)
    assert {path: content.data for path, content in read.items()} == expected
    assert {path: content.blob for path, content in read.items()} == {
        path: blob_id(data) for path, data in expected.items()
    }
    assert {path: tree.read(path) for path in expected} == expected


@pytest.mark.parametrize(
    ("roots", "paths"),
    [
        (["b"], ["b/c.yaml", "b/d e.yaml"]),
        (["a.yaml", "b/c.yaml"], ["a.yaml", "b/c.yaml"]),
        (["[x]"], ["[x]/*.yaml"]),
        (["é"], ["é/ü.yaml"]),
        (["*"], []),
        (["missing"], []),
        (["b", "b/c.yaml"], ["b/c.yaml", "b/d e.yaml"]),
    ],
)
def test_roots(tree: Tree, roots: list[str], paths: list[str]) -> None:
    assert sorted(kinds(tree, *roots)) == paths


@pytest.mark.parametrize("path", ["missing", "b", "", "b/c.yaml/x", "a.yaml\nb", "../x", "HEAD"])
def test_no_such_file(tree: Tree, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        tree.read(path)


def test_too_large(tree: Tree) -> None:
    read = contents(tree, limit=4)
    assert {path for path, content in read.items() if content.problem} == {"a.yaml", "b/c.yaml", "[x]/*.yaml"}
    assert read["a.yaml"].problem == "the file has 5 bytes; gitway reads 4 at most"
    assert read["é/ü.yaml"].data == b"\xff"


def test_the_id_of_a_blob_is_gits(git_repo: GitRepository) -> None:
    path = git_repo.write("a", b"x\0\n\xff")
    assert blob_id(path.read_bytes()) == git_repo.git("hash-object", "a")


def test_a_commit_is_not_the_work_tree(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": "a: 1", "gone.yaml": ""})
    git_repo.write("a.yaml", "a: 2")
    git_repo.write("new.yaml", "")
    git_repo.remove("gone.yaml")
    committed, worktree = opened.tree(opened.commit()), opened.worktree()
    assert (sorted(kinds(committed)), committed.read("a.yaml")) == (["a.yaml", "gone.yaml"], b"a: 1")
    assert (sorted(kinds(worktree)), worktree.read("a.yaml")) == (["a.yaml", "new.yaml"], b"a: 2")


def test_what_git_ignores_is_not_in_the_work_tree(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"kept.yaml": ""})
    git_repo.write(".gitignore", "*.yaml\n")
    git_repo.write("new.yaml", "")
    assert sorted(kinds(opened.worktree())) == [".gitignore", "kept.yaml"]


def test_many_small_files(git_repo: GitRepository, opened: Repository) -> None:
    files = {f"{number}.yaml": f"n: {number}" for number in range(Batch.AHEAD * 2 + 1)}
    git_repo.commit(files=files)
    read = contents(opened.tree(opened.commit()))
    assert {path: content.data.decode() for path, content in read.items()} == files


def test_reading_can_be_given_up(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": "a" * 1_000_000, "b.yaml": "b" * 1_000_000})
    tree = opened.tree(opened.commit())
    reading = tree.read_all(list(tree.files()), 10_000_000)
    assert next(reading).entry.path == "a.yaml"
    del reading


def test_a_missing_blob(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": "a: 1", "b.yaml": "b: 1"})
    blob = git_repo.git("rev-parse", "HEAD:a.yaml")
    (git_repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    read = contents(opened.tree(opened.commit()))
    assert "not in this clone" in read["a.yaml"].problem
    assert read["b.yaml"].data == b"b: 1"


def test_links_and_submodules(git_repo: GitRepository, opened: Repository, tmp_path: Path) -> None:
    library = GitRepository(tmp_path / "library")
    library.commit(files={"x.yaml": ""})
    git_repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "library")
    (git_repo.path / "link.yaml").symlink_to("../outside.yaml")
    (git_repo.path / "folder").symlink_to(tmp_path)
    git_repo.commit()
    GitRepository(git_repo.path / "nested").commit(files={"y.yaml": ""})
    expected = {".gitmodules": REGULAR, "library": SUBMODULE, "link.yaml": SYMLINK, "folder": SYMLINK}
    committed, worktree = opened.tree(opened.commit()), opened.worktree()
    assert kinds(committed) == expected
    assert kinds(worktree) == {**expected, "nested": SUBMODULE}
    for tree in (committed, worktree):
        link = Entry("link.yaml", git_repo.git("rev-parse", "HEAD:link.yaml"), -1, SYMLINK)
        assert [content.data for content in tree.read_all([link], 100)] == [b"../outside.yaml"]
        assert tree.read("link.yaml") == b"../outside.yaml"


def test_nothing_is_read_through_a_link_that_took_a_folders_place(
    git_repo: GitRepository, opened: Repository, tmp_path: Path
) -> None:
    git_repo.commit(files={"a/x.yaml": ""})
    git_repo.remove("a/x.yaml")
    (git_repo.path / "a").rmdir()
    (tmp_path / "x.yaml").write_text("stolen")
    (git_repo.path / "a").symlink_to(tmp_path)
    assert kinds(opened.worktree()) == {"a": SYMLINK}
    with pytest.raises(FileNotFoundError):
        opened.worktree().read("a/x.yaml")


def test_pipes_are_not_opened(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": ""})
    git_repo.remove("a.yaml")
    os.mkfifo(git_repo.path / "a.yaml")
    assert kinds(opened.worktree()) == {}
    (content,) = opened.worktree().read_all([Entry("a.yaml", "", 0, REGULAR)], 100)
    assert content.problem


def test_a_file_that_goes_away_while_reading(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.write("a.yaml", "")
    tree = opened.worktree()
    entries = list(tree.files())
    git_repo.remove("a.yaml")
    assert [content.problem for content in tree.read_all(entries, 100)] == [
        "it cannot be read: No such file or directory"
    ]


def test_a_conflict_is_one_file(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit("Base", {"a.yaml": "a: 0\n"})
    git_repo.git("checkout", "--quiet", "-b", "side")
    git_repo.commit("Side", {"a.yaml": "a: 1\n"})
    git_repo.git("checkout", "--quiet", "main")
    git_repo.commit("Main", {"a.yaml": "a: 2\n"})
    with pytest.raises(ChildProcessError):
        git_repo.git("merge", "side")
    assert [entry.path for entry in opened.worktree().files()] == ["a.yaml"]


@pytest.mark.parametrize(
    ("roots", "normal"),
    [
        ([], ()),
        (["."], ()),
        ([""], ()),
        (["a", "./"], ()),
        (["./b/", "a//c", "b", "a/../b"], ("a/c", "b")),
    ],
)
def test_normal_roots(roots: list[str], normal: tuple[str, ...]) -> None:
    assert normal_roots(roots) == normal


@pytest.mark.parametrize("root", ["/a", "..", "../a", "a/../../b", "a\0b"])
def test_roots_outside(root: str) -> None:
    with pytest.raises(SourceError, match="not in the repository"):
        normal_roots([root])


def test_within() -> None:
    assert within("a/b", ()) == ""
    assert within("a/b", ("a", "a/b")) == "a/b"
    assert within("a/b", ("a",)) == "a"
    assert within("ab/c", ("a",)) is None
