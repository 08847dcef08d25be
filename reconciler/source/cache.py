"""Parsed files of earlier runs, by git blob id.

All of them are in one file: reading it takes two system calls, however many files a repository has. A cache that cannot
be read, is damaged or was written by another version is as good as an empty one, and one that cannot be written is
no error: results are the same with and without.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import reconciler

_LOADER_VERSION: Final = 2
"""To be raised whenever the same bytes are to be read as something else."""

_FILE: Final = "documents"
_MAX_BYTES: Final = 256 * 1024 * 1024
_MIN_UNUSED: Final = 4 * 1024 * 1024
_DIGEST_SIZE: Final = 16


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
        with suppress(OSError):
            _write(self._path, marshal.dumps(kept))
        self._known, self._changed = kept, False

    def _entries(self) -> dict[str, bytes]:
        if self._known is None:
            self._known = _read(self._path)
        return self._known


def _fingerprint() -> bytes:
    """What must be equal for an entry to be what would be parsed now."""
    version = (_LOADER_VERSION, reconciler.__version__, sys.version_info[:2], marshal.version)
    return blake2b(repr(version).encode(), digest_size=_DIGEST_SIZE).digest()


def _read(path: Path) -> dict[str, bytes]:
    try:
        if path.stat().st_size > 2 * _MAX_BYTES:
            return {}
        data = path.read_bytes()
    except OSError:
        return {}
    fingerprint, digest, body = data[:_DIGEST_SIZE], data[_DIGEST_SIZE : 2 * _DIGEST_SIZE], data[2 * _DIGEST_SIZE :]
    if fingerprint != _fingerprint() or digest != blake2b(body, digest_size=_DIGEST_SIZE).digest():
        return {}
    try:
        known = marshal.loads(body)  # noqa: S302  its digest is right: this wrote it
    except (ValueError, EOFError, TypeError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{_FILE}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_fingerprint() + blake2b(body, digest_size=_DIGEST_SIZE).digest())
            file.write(body)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
