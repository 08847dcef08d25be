"""A tree without some of its folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.source.tree import Content, Entry, Tree, normal_roots


class Without:
    """What a tree has outside of `folders`. Files in them can still be read by name."""

    def __init__(self, tree: Tree, folders: Sequence[str]) -> None:
        """Raises `SourceError` where a folder is not one of a repository."""
        self._tree = tree
        self._prefixes = tuple(f"{folder}/" for folder in normal_roots(folders))

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        """As of the tree, less what is in the folders."""
        return (entry for entry in self._tree.files(roots) if not entry.path.startswith(self._prefixes))

    def read(self, path: str) -> bytes:
        """As of the tree."""
        return self._tree.read(path)

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        """As of the tree."""
        return self._tree.read_all(entries, limit)
