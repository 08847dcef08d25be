"""What a store is kept in: named blobs, one of which is swapped atomically.

Keys are relative, of `/`-separated names (`HEAD.json`, `releases/<digest>.json`, `snapshots/<digest>`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from reconciler.records import dataclass

MAX_OBJECT_BYTES = 512 * 1024 * 1024
"""Anything larger is not ours and is not read into memory."""


class Missing(LookupError):
    """There is no object of this key."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The object is still the one that the caller knows."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of an object without reading it: `size` in bytes, `modified` with its time zone."""

    key: str
    size: int
    modified: datetime


class ObjectStore(Protocol):
    """A place for objects. All methods may be called from any thread.

    Each raises `StoreError` with its cause when the place cannot be used.
    """

    @property
    def url(self) -> str:
        """The place as people write it, without credentials."""
        ...

    def get(self, key: str) -> bytes:
        """The content; raises `Missing`."""
        ...

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        """Content and etag, unless the object still has `etag`; raises `Missing`."""
        ...

    def stat(self, key: str) -> Stored | None:
        """Size and age; None where there is no such object."""
        ...

    def put_immutable(self, key: str, data: bytes) -> None:
        """Creates an object whose key says its content; leaves one that is there as it is."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Creates or replaces an object atomically, whoever wrote it last."""
        ...

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        """Replaces the object that has `expected_etag`; with None, creates it.

        Returns:
            the new etag, or None where another writer was first: then nothing was written.
        """
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """All objects whose key starts with `prefix`, sorted by key."""
        ...

    def delete(self, key: str) -> None:
        """Removes an object; one that is not there is no error."""
        ...
