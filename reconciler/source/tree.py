"""What a tree of files is to gitway: a commit's, or the work tree's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from hashlib import sha1
from typing import Final, Protocol

from reconciler.records import dataclass
from reconciler.source.errors import SourceError

SYMLINK: Final = 0o120000
SUBMODULE: Final = 0o160000
REGULAR: Final = 0o100000
_KIND: Final = 0o170000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, symlink or submodule of a tree.

    Attributes:
        path: relative to the repository's root, with slashes; bytes that are not UTF-8 as `os.fsdecode` gives them.
        blob: git's id of the content; empty where it is not known before reading (work trees).
        size: in bytes; -1 where it is not known before reading (commits).
        mode: as git has it, e.g. 0o100644.
    """

    path: str
    blob: str
    size: int
    mode: int

    @property
    def kind(self) -> int:
        """`REGULAR`, `SYMLINK` or `SUBMODULE`."""
        return self.mode & _KIND


@dataclass(frozen=True, slots=True)
class Content:
    """What was read of an entry: its data (a symlink's: its target), or else the problem in words."""

    entry: Entry
    blob: str
    data: bytes = b""
    problem: str = ""


class Tree(Protocol):
    """Files at a moment."""

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        """Everything under the roots (files or folders; none: all), in no particular order."""

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: there is no such file.
        """

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        """The contents of many entries, in their order; what has more than `limit` bytes is a problem."""


def blob_id(data: bytes) -> str:
    """Git's id of a file with this content."""
    return sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def too_large(size: int, limit: int) -> str:
    """The problem of a file above the limit."""
    return f"the file has {size} bytes; gitway reads {limit} at most"


def normal_roots(roots: Sequence[str]) -> tuple[str, ...]:
    """The roots without `./` and trailing slashes, sorted; empty where they cover the whole tree.

    Raises:
        SourceError: one is absolute or leaves the tree.
    """
    found: set[str] = set()
    for root in roots:
        normal = posixpath.normpath(root) if root else "."
        if normal.startswith(("/", "../")) or normal == ".." or "\0" in normal:
            raise SourceError(
                f"the path {root!r} is not in the repository", "Give paths relative to the repository's root."
            )
        if normal == ".":
            return ()
        found.add(normal)
    return tuple(sorted(found))


def within(path: str, roots: Sequence[str]) -> str | None:
    """The closest root that a path is or lies under; an empty string if there are no roots, None if it is outside."""
    if not roots:
        return ""
    return max((root for root in roots if path == root or path.startswith(root + "/")), key=len, default=None)
