"""The tree of a commit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from reconciler.source.git_command import Batch, Git
from reconciler.source.tree import Content, Entry, too_large


class CommitTree:
    """The files of a commit, whatever the work tree holds."""

    def __init__(self, git: Git, sha: str) -> None:
        self._git = git
        self._sha = sha

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        """Everything under the roots; sizes are not looked up, which would touch every object."""
        listed = self._git.run("ls-tree", "-r", "-z", "--full-tree", self._sha, "--", *roots)
        for record in listed.split(b"\0"):
            if record:
                attributes, _, path = record.partition(b"\t")
                mode, _, blob = attributes.split(b" ")
                yield Entry(os.fsdecode(path), blob.decode(), -1, int(mode, 8))

    def read(self, path: str) -> bytes:
        """The content of a file."""
        found = self._git.object_data(f"{self._sha}:{path}")
        if found is None or found[0] != "blob":
            raise FileNotFoundError(path)
        return found[1]

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        """The contents of many entries, by one process."""
        if not entries:
            return
        batch = self._git.batch()
        try:
            for start in range(0, len(entries), Batch.AHEAD):
                part = entries[start : start + Batch.AHEAD]
                batch.ask([entry.blob for entry in part])
                for entry in part:
                    yield self._next(batch, entry, limit)
        finally:
            batch.close()

    @staticmethod
    def _next(batch: Batch, entry: Entry, limit: int) -> Content:
        size = batch.next_size()
        if size is None:
            return Content(entry, entry.blob, problem="its content is not in this clone (git fetch may bring it)")
        if size > limit:
            batch.skip(size)
            return Content(entry, entry.blob, problem=too_large(size, limit))
        return Content(entry, entry.blob, batch.data(size))
