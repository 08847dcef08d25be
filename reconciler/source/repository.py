"""A git repository: commits, their trees and their history."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from reconciler.records import dataclass
from reconciler.source.commit_tree import CommitTree
from reconciler.source.errors import SourceError
from reconciler.source.git_command import Git
from reconciler.source.tree import Tree
from reconciler.source.work_tree import WorkTree

if TYPE_CHECKING:
    import git

__all__ = ["Commit", "Repository", "SourceError", "open_repository"]

_DEEPEN: Final = "Fetch the whole history: `fetch-depth: 0` for actions/checkout, `git fetch --unshallow` elsewhere."
_COMMIT_FIRST: Final = "Commit your manifests. What is not committed, only plan and status can read, by --worktree."
_SCP_LIKE: Final = re.compile(r"(?:[^@/]+@)?(?P<host>[^/:]{2,}):(?!//)(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as releases record it.

    Attributes:
        sha: 40 hex digits (64 in a SHA-256 repository).
        author: `Name <mail>`.
        time: when it was committed, RFC 3339 in UTC, in seconds.
        subject: the first line of the message.
    """

    sha: str
    author: str
    time: str
    subject: str


def open_repository(path: str | Path) -> Repository:
    """The repository that a folder is, or is in.

    Raises:
        SourceError: there is none, or no git.
    """
    try:
        import git
    except ImportError as error:
        raise SourceError("git is not installed, or not on the PATH", "Install git 2.31 or newer.") from error
    try:
        return Repository(git.Repo(path, search_parent_directories=True))
    except git.exc.NoSuchPathError as error:
        raise SourceError(f"there is no folder {path}") from error
    except git.exc.InvalidGitRepositoryError as error:
        raise SourceError(
            f"{path} is not in a git repository", "Run gitway in a clone of your manifests, or name one by --repo."
        ) from error
    except (OSError, ValueError, git.exc.GitError) as error:
        raise SourceError(f"the repository {path} cannot be opened: {error}") from error


class Repository:
    """An open repository. It may keep processes of git, which `close` (or leaving the context) ends."""

    def __init__(self, repo: git.Repo) -> None:
        self._repo = repo
        self._git = Git(repo)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that are kept."""
        self._git.close()

    @property
    def git_dir(self) -> Path:
        """The git directory, of linked work trees the one they have in common."""
        return Path(self._repo.common_dir)

    @property
    def is_shallow(self) -> bool:
        """True where older history was not fetched."""
        return (self.git_dir / "shallow").exists()

    @property
    def name(self) -> str:
        """`HOST/PATH` of the remote `origin`, the same for https and ssh and without credentials.

        Without a remote, or with one on this machine, the folder's name.
        """
        status, output, _ = self._git.try_run("config", "--get", "remote.origin.url")
        url = output.decode(errors="replace").strip() if not status else ""
        return repository_name(url) or self._folder_name()

    def commit(self, ref: str = "HEAD") -> Commit:
        """The commit that a ref, a tag or any other expression of git's names.

        Raises:
            SourceError: there is none, or the repository is empty.
        """
        sha = self._resolve(ref)
        if sha is None:
            raise self._unknown(ref)
        found = self._repo.commit(sha)
        author = f"{found.author.name or ''} <{found.author.email or ''}>".strip()
        return Commit(sha, author, _rfc3339(found.committed_date), _text(found.summary))

    def tree(self, commit: Commit) -> Tree:
        """The files of a commit."""
        return CommitTree(self._git, commit.sha)

    def worktree(self) -> Tree:
        """The files of the work tree.

        Raises:
            SourceError: the repository is bare.
        """
        folder = self._repo.working_tree_dir
        if folder is None:
            raise SourceError("the repository is bare: it has no work tree", "Name a commit by --ref instead.")
        return WorkTree(self._git, Path(folder))

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """True if the one commit is the other or comes before it; a commit that this clone has not does not.

        Raises:
            SourceError: the clone is shallow and cannot tell, or does not have `descendant`.
        """
        newer = self.commit(descendant).sha
        older = self._resolve(ancestor)
        if older is not None:
            if self._is_ancestor(older, newer):
                return True
            if not self.is_shallow or self._is_ancestor(newer, older):
                return False
        if self.is_shallow:
            raise SourceError(
                f"whether commit {newer[:12]} comes after {ancestor[:12]} cannot be told: the clone is shallow", _DEEPEN
            )
        return False

    def merge_base(self, a: str, b: str) -> str | None:
        """The newest commit that both have in their history, or None.

        Raises:
            SourceError: one of them is unknown, or the clone is shallow and cannot tell.
        """
        first, second = self.commit(a).sha, self.commit(b).sha
        status, output, errors = self._git.try_run("merge-base", first, second)
        if status == 0:
            return output.decode().strip()
        if status != 1:
            raise SourceError(f"git merge-base failed: {errors.strip()}")
        if self.is_shallow:
            raise SourceError(f"where {a} and {b} parted cannot be told: the clone is shallow", _DEEPEN)
        return None

    def parent(self, sha: str) -> str | None:
        """The first parent of a commit; None if it is a root, or its parents were not fetched."""
        return self._resolve(f"{sha}^")

    def verify_commit(self, sha: str, settings: Mapping[str, str], env: Mapping[str, str]) -> tuple[bool, str]:
        """Whether git takes a commit's signature for good, under these settings of its own, and what it says of it."""
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        status, _, said = self._git.try_run(*options, "verify-commit", "--raw", sha, env=env)
        return status == 0, said

    def default_branch(self) -> str | None:
        """A ref to the default branch: what the remote says it is, else `main` or `master`; None if there is none."""
        status, output, _ = self._git.try_run("symbolic-ref", "--short", "refs/remotes/origin/HEAD")
        said = [output.decode(errors="replace").strip()] if not status else []
        for name in (*said, "origin/main", "origin/master", "main", "master"):
            if self._resolve(name) is not None:
                return name
        return None

    def _resolve(self, ref: str) -> str | None:
        if ref.startswith("-") or not ref.isprintable():
            raise SourceError(f"{ref!r} is not the name of a commit")
        if not ref:
            return None
        status, output, _ = self._git.try_run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return output.decode().strip() if not status else None

    def _is_ancestor(self, older: str, newer: str) -> bool:
        return self._git.try_run("merge-base", "--is-ancestor", older, newer)[0] == 0

    def _unknown(self, ref: str) -> SourceError:
        refs = self._git.run("for-each-ref", "--format=%(refname:short)").decode(errors="replace").split()
        if ref == "HEAD" or not refs:
            return SourceError("the repository has no commit yet", _COMMIT_FIRST)
        close = get_close_matches(ref, refs, n=1)
        remedies = [f'Did you mean "{close[0]}"?'] if close else []
        if not self.is_shallow:
            return SourceError(f"there is no commit {ref!r} in this clone", "".join(remedies))
        return SourceError(f"there is no commit {ref!r} in this shallow clone", " ".join([*remedies, _DEEPEN]))

    def _folder_name(self) -> str:
        folder = self._repo.working_tree_dir or self.git_dir
        return os.fsdecode(Path(folder).resolve().name).removesuffix(".git")


def repository_name(url: str) -> str:
    """`HOST/PATH` of a remote's URL; the last part of a path on this machine; empty where there is none."""
    scp_like = _SCP_LIKE.fullmatch(url)
    if scp_like:
        host, path = scp_like["host"], scp_like["path"]
    elif "://" in url:
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        host, path = parts.netloc.rpartition("@")[2], parts.path
    else:
        host, path = "", url
    path = path.strip("/").removesuffix(".git").rstrip("/")
    return f"{host.lower()}/{path}" if host else path.rpartition("/")[2]


def _rfc3339(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return "1970-01-01T00:00:00Z"


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
