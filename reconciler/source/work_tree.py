"""The work tree: files as they stand, committed or not, except those that git ignores."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from reconciler.source.git_command import Git
from reconciler.source.tree import REGULAR, SUBMODULE, SYMLINK, Content, Entry, blob_id, too_large


class WorkTree:
    """The files of a repository's folder that git tracks or would track."""

    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self._folder = folder.resolve()

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        """Everything under the roots that is there and not ignored by git."""
        listed = self._git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *roots)
        is_inside = cache(self._is_inside)
        for name in dict.fromkeys(listed.split(b"\0")):
            path = os.fsdecode(name.rstrip(b"/"))
            if path and is_inside(os.path.dirname(path)):  # noqa: PTH120  pathlib changes names that are not normal
                entry = self._entry(path)
                if entry is not None:
                    yield entry

    def read(self, path: str) -> bytes:
        """The content of a file; symlinks are not followed."""
        if not self._is_inside(os.path.dirname(path)):  # noqa: PTH120  as above
            raise FileNotFoundError(path)
        try:
            return self._data(path)
        except OSError as error:
            raise FileNotFoundError(path) from error

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        """The contents of many entries. One that is deleted in the meantime is a problem like any other."""
        for entry in entries:
            if entry.size > limit:
                yield Content(entry, "", problem=too_large(entry.size, limit))
                continue
            try:
                data = self._data(entry.path)
            except OSError as error:
                yield Content(entry, "", problem=f"it cannot be read: {error.strerror}")
            else:
                yield Content(entry, blob_id(data), data)

    def _entry(self, path: str) -> Entry | None:
        try:
            status = (self._folder / path).lstat()
        except OSError:
            return None
        if stat.S_ISLNK(status.st_mode):
            return Entry(path, "", status.st_size, SYMLINK)
        if stat.S_ISDIR(status.st_mode):
            # Git lists files; a folder is the root of another repository.
            return Entry(path, "", 0, SUBMODULE)
        return Entry(path, "", status.st_size, REGULAR) if stat.S_ISREG(status.st_mode) else None

    def _is_inside(self, folder: str) -> bool:
        """False where git's index knows files behind what is now a symlink."""
        expected = self._folder / folder
        return expected.resolve() == expected

    def _data(self, path: str) -> bytes:
        full = self._folder / path
        if full.is_symlink():
            return os.fsencode(full.readlink())
        # Neither a symlink nor a pipe that took the file's place is opened.
        handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileNotFoundError(path)
            return file.read()
