"""Parsed files of earlier runs, by git blob id.

All of them are in one file (`reconciler.cache_file`): reading it takes two system calls, however many files a
repository has.
"""

from __future__ import annotations

import marshal
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from reconciler import cache_file

_LOADER_VERSION: Final = 2
"""To be raised whenever the same bytes are to be read as something else."""

_FILE: Final = "documents"
_MAX_BYTES: Final = 256 * 1024 * 1024
_MIN_UNUSED: Final = 4 * 1024 * 1024


class ParseCache:
    """The documents of files. `save` writes what was added; nothing is written before."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _FILE
        self._known: dict[str, bytes] | None = None
        self._used: dict[str, bytes] = {}
        self._changed = False

    def has(self, key: str) -> bool:
        """Whether the content was parsed before."""
        return key in self._entries()

    def get(self, key: str) -> list[Any] | None:
        """The documents that were parsed from the content, or None."""
        packed = self._entries().get(key)
        if packed is None:
            return None
        try:
            documents = marshal.loads(packed)  # noqa: S302  its digest is right: this wrote it
        except (ValueError, EOFError, TypeError):
            return None
        if not isinstance(documents, list):
            return None
        self._used[key] = packed
        return documents

    def put(self, key: str, documents: list[Any]) -> None:
        """Remember the documents of a content."""
        with suppress(ValueError):  # deeper than marshal goes
            self._used[key] = marshal.dumps(documents)
            self._changed = True

    def save(self) -> None:
        """Write the cache, if something was added: what this run used, and of the rest about as much again."""
        if not self._changed:
            return
        kept = dict(self._used)
        room = min(max(sum(map(len, kept.values())), _MIN_UNUSED), _MAX_BYTES)
        for key, packed in self._entries().items():
            if key not in kept:
                room -= len(packed)
                if room < 0:
                    break
                kept[key] = packed
        cache_file.write(self._path, _LOADER_VERSION, kept)
        self._known, self._changed = kept, False

    def _entries(self) -> dict[str, bytes]:
        if self._known is None:
            known = cache_file.read(self._path, _LOADER_VERSION, 2 * _MAX_BYTES)
            self._known = known if isinstance(known, dict) else {}
        return self._known
