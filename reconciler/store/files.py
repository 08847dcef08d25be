"""A store in a directory: `file:///path`.

An object appears by a rename, whole and on disk, or not at all. `HEAD.json` is swapped under a lock that the kernel
takes back from a process that dies.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from filelock import FileLock, Timeout

from reconciler.store.errors import StoreError
from reconciler.store.model import digest_of
from reconciler.store.objects import MAX_OBJECT_BYTES, Missing, Stored, Unchanged

LOCK_TIMEOUT = 30.0
"""Seconds to wait for another swap, which takes milliseconds."""

_POLL = 0.01
"""Seconds between two attempts at the lock."""

_NAME = re.compile(r"[A-Za-z0-9_~@:%+=,-][A-Za-z0-9._~@:%+=,-]*")
_LOCK = ".lock"
_STAGING = ".staging"
_ABANDONED = 3600.0
"""Seconds after which a file in staging is what a killed process has left."""


class FileObjects:
    """The objects of a directory, which is created at the first write."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def url(self) -> str:
        """`file:///…`."""
        return self._root.as_uri()

    def get(self, key: str) -> bytes:
        """See `ObjectStore`."""
        path = self._path(key)
        with _told(f"cannot read {path}"):
            try:
                with path.open("rb") as file:
                    if os.fstat(file.fileno()).st_size > MAX_OBJECT_BYTES:
                        raise StoreError(
                            f"{path} has more than {MAX_OBJECT_BYTES} bytes", "it is not gitway's: remove it"
                        )
                    return file.read()
            except (FileNotFoundError, NotADirectoryError) as error:
                self._check_root()
                raise Missing(key) from error

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        """See `ObjectStore`; the etag is the content's SHA-256."""
        data = self.get(key)
        found = digest_of(data)
        return Unchanged() if found == etag else (data, found)

    def stat(self, key: str) -> Stored | None:
        """See `ObjectStore`."""
        path = self._path(key)
        with _told(f"cannot read {path}"):
            return _stored(key, path)

    def put_immutable(self, key: str, data: bytes) -> None:
        """See `ObjectStore`."""
        if self.stat(key) is None:
            self.put(key, data)

    def put(self, key: str, data: bytes) -> None:
        """See `ObjectStore`."""
        path = self._path(key)
        with _told(f"cannot write {path}"):
            self._write(path, data)

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        """See `ObjectStore`."""
        path = self._path(key)
        with _told(f"cannot write {path}"):
            self._root.mkdir(parents=True, exist_ok=True)
            try:
                # A lock object of its own, so that threads of one process exclude each other too.
                with FileLock(self._root / _LOCK, timeout=LOCK_TIMEOUT, poll_interval=_POLL):
                    if self._etag(key) != expected_etag:
                        return None
                    self._write(path, data)
                    self._sweep()
                    return digest_of(data)
            except Timeout as error:
                raise StoreError(
                    f"{self._root / _LOCK} has been locked for {LOCK_TIMEOUT:.0f} s",
                    "another publish hangs: end it (the lock goes with its process) and publish again",
                ) from error

    def list(self, prefix: str) -> Iterator[Stored]:
        """See `ObjectStore`."""
        with _told(f"cannot read {self._root}"):
            keys = sorted(
                path.relative_to(self._root).as_posix()
                for path in self._root.rglob("*")
                if path.name != _LOCK and _STAGING not in path.relative_to(self._root).parts
            )
            found = [_stored(key, self._root / key) for key in keys if key.startswith(prefix)]
        return (each for each in found if each)

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        path = self._path(key)
        with _told(f"cannot remove {path}"), suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()

    def _path(self, key: str) -> Path:
        names = key.split("/")
        if not all(_NAME.fullmatch(name) for name in names):
            raise StoreError(f"{key!r} is not the name of an object")
        return self._root.joinpath(*names)

    def _etag(self, key: str) -> str | None:
        try:
            return digest_of(self.get(key))
        except Missing:
            return None

    def _write(self, path: Path, data: bytes) -> None:
        staging = self._root / _STAGING
        staging.mkdir(parents=True, exist_ok=True)
        temporary = staging / f"{path.name}.{token_hex(8)}"
        # Not tempfile's: its files can be read by their owner only, and a sidecar is often another user.
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(path.parent)

    def _sweep(self) -> None:
        before = time.time() - _ABANDONED
        for path in (self._root / _STAGING).iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _check_root(self) -> None:
        if self._root.exists() and not self._root.is_dir():
            raise StoreError(f"{self._root} is a file, not a directory", "name a directory for the store")


def _stored(key: str, path: Path) -> Stored | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stored(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _sync_directory(path: Path) -> None:
    """Makes a rename outlive a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turns the system's errors into ones for people."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{doing}: {error.strerror or error}", _remedy(error)) from error


def _remedy(error: OSError) -> str:
    match error:
        case PermissionError():
            return "give this user access to the directory, or name another store"
        case NotADirectoryError() | FileExistsError():
            return "a part of the path is a file: name a directory for the store"
        case _:
            return "check the disk and the directory, then run this again: nothing is half-written"
