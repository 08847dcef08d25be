"""Files that remember results: whole and of this very version of gitway, or as good as none.

Every cache of gitway is kept in such files, so that what holds of them is said once: a file that is missing, damaged,
of another version, or put there by something else reads as None; one that cannot be written is no error. Results are
the same with and without.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import reconciler

_DIGEST_SIZE: Final = 16


def read(path: Path, version: object, max_bytes: int = sys.maxsize) -> Any:
    """What was written under the same `version` (anything that tells by its `repr` how results are made), or None."""
    try:
        if path.stat().st_size > max_bytes:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    body = memoryview(data)[2 * _DIGEST_SIZE :]
    if data[: 2 * _DIGEST_SIZE] != _head(body, version):
        return None
    try:
        return marshal.loads(body)  # noqa: S302  its digest is right: this wrote it
    except (ValueError, EOFError, TypeError):
        return None


def write(path: Path, version: object, value: Any) -> None:
    """Put a value (plain JSON types, bytes, tuples) in the place of what the file has."""
    body = marshal.dumps(value)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(body, version))
                file.write(body)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise


def prune(directory: Path, keep: int) -> None:
    """Let go of all files of a directory but those that were used last; `touch` says that one is used."""
    with suppress(OSError):
        files = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in files[keep:]:
            old.unlink(missing_ok=True)


def touch(path: Path) -> None:
    """Say that a file is used."""
    with suppress(OSError):
        os.utime(path)


def _head(body: bytes | memoryview, version: object) -> bytes:
    """What the file begins with: digests of the version and of its content."""
    made_by = repr((version, reconciler.__version__, sys.version_info[:2], marshal.version)).encode()
    return _digest(made_by) + _digest(body)


def _digest(data: bytes | memoryview) -> bytes:
    return sha256(data).digest()[:_DIGEST_SIZE]
