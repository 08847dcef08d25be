"""Typed access to a store: its HEAD, releases and snapshots, each verified as it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import zstandard

from reconciler.snapshot import wire
from reconciler.snapshot.model import Snapshot
from reconciler.store.errors import Damaged, StoreError
from reconciler.store.model import Head, Release, digest_of, is_digest
from reconciler.store.objects import Missing, ObjectStore, Unchanged

HEAD = "HEAD.json"
RELEASES = "releases/"
SNAPSHOTS = "snapshots/"

MAX_SNAPSHOT_BYTES = 1024 * 1024 * 1024
"""Of one fleet, uncompressed; more is refused before memory is taken for it."""

GRACE = timedelta(days=1)
"""An object younger than this is never collected, as a publish under way may refer to it; used again, it is renewed."""

REWRITE = (
    "`gitway publish --force` of the current commit writes it anew; an older one comes back only from "
    "bucket versioning or a backup"
)

_LEVEL = 3
"""Of zstd. Twenty resources alike compress to one: higher levels take eight times as long to save a tenth."""


class Written(NamedTuple):
    """A release that is in the store. `renewed`: it was there already, so old that it was written anew."""

    digest: str
    renewed: bool


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The documents of a store over the objects that hold them. All methods may be called from any thread.

    Attributes:
        now: the time, with its zone.
    """

    def __init__(self, objects: ObjectStore, now: Callable[[], datetime] = _now) -> None:
        self.objects = objects
        self.now = now

    @property
    def url(self) -> str:
        """The store as people write it, without credentials."""
        return self.objects.url

    def read_head(self) -> tuple[Head, str] | None:
        """What is current and the etag for `swap_head`; None where nothing has been published."""
        found = self.poll(None)
        return None if isinstance(found, Unchanged) else found

    def poll(self, etag: str | None) -> Unchanged | tuple[Head, str] | None:
        """Like `read_head`, in one conditional request: `Unchanged` while HEAD still has this etag."""
        try:
            found = self.objects.get_if_changed(HEAD, etag)
        except Missing:
            return None
        if isinstance(found, Unchanged):
            return found
        content, new_etag = found
        return Head.from_bytes(content, f"{HEAD} of {self.url}"), new_etag

    def release(self, digest: str) -> Release:
        """The release of this digest.

        Raises:
            StoreError: it is missing or damaged.
        """
        release = self.find_release(digest)
        if release is None:
            raise self._missing("release", digest)
        return release

    def current(self) -> Release | None:
        """The release that HEAD names, or None in a store without one; raises `StoreError`."""
        found = self.read_head()
        return self.release(found[0].release) if found else None

    def release_of(self, head: Head) -> Release:
        """The release that a HEAD names; raises `StoreError` where it is missing, damaged or another one."""
        release = self.release(head.release)
        if release.serial != head.serial:
            raise Damaged(
                f"HEAD.json of {self.url} names serial {head.serial}, and its release {head.release} is "
                f"{release.serial}"
            )
        return release

    def find_release(self, digest: str) -> Release | None:
        """Like `release`, but None where it is missing."""
        try:
            content = self.objects.get(release_key(digest))
        except Missing:
            return None
        if digest_of(content) != digest:
            raise self._damaged("release", digest, "its content has another digest")
        return Release.from_bytes(content, f"{digest} of {self.url}")

    def snapshot(self, digest: str) -> Snapshot:
        """The snapshot of this digest.

        Raises:
            StoreError: it is missing or damaged.
        """
        try:
            compressed = self.objects.get(snapshot_key(digest))
        except Missing as error:
            raise self._missing("snapshot", digest) from error
        try:
            content = decompress(compressed)
            if digest_of(content) != digest:
                raise self._damaged("snapshot", digest, "its content has another digest")
            return wire.unpack(content)
        except ValueError as error:
            raise self._damaged("snapshot", digest, str(error)) from error

    def write_release(self, release: Release) -> Written:
        """Writes a release where it is missing."""
        content = release.to_bytes()
        digest = digest_of(content)
        renewed = self._write(release_key(digest), lambda: content, lambda found: found == content)
        return Written(digest, renewed)

    def write_snapshot(self, snapshot: Snapshot, *, replace: bool = False) -> bool:
        """Writes a snapshot where it is missing or damaged; with `replace`, in any case.

        Returns:
            whether it was there already, so old that it was written anew.
        """

        def intact(found: bytes) -> bool:
            try:
                return digest_of(decompress(found)) == snapshot.digest
            except ValueError:
                return False

        return self._write(
            snapshot_key(snapshot.digest), lambda: compress(wire.pack(snapshot)), intact, replace=replace
        )

    def check_conditions(self, release: Release) -> None:
        """Ascertains that a release that has been written cannot be created again.

        Some servers take conditional writes and ignore the condition: two publishers could then both win.

        Raises:
            StoreError: the store would not notice a lost race.
        """
        content = release.to_bytes()
        key = release_key(digest_of(content))
        # Twice: a repeated request, answered late, can look like a first one that was carried out.
        if self.objects.swap(key, content, None) and self.objects.swap(key, content, None):
            raise StoreError(
                f"{self.url} ignores the condition of conditional writes (If-None-Match)",
                "two publishers could overwrite each other: use a server that supports them",
            )

    def swap_head(self, head: Head, expected_etag: str | None) -> str | None:
        """Makes a release current, unless HEAD is no longer the one of `expected_etag` (None: there is none).

        Returns:
            the new etag, or None where another publisher was first.
        """
        return self.objects.swap(HEAD, head.to_bytes(), expected_etag)

    def _write(
        self, key: str, content: Callable[[], bytes], intact: Callable[[bytes], bool], *, replace: bool = False
    ) -> bool:
        found = self.objects.stat(key)
        if found is None and not replace:
            self.objects.put_immutable(key, content())
            return False
        old = found is not None and self.now() - found.modified > GRACE / 2
        if old or replace or not self._holds(key, intact):
            self.objects.put(key, content())
        return old

    def _holds(self, key: str, intact: Callable[[bytes], bool]) -> bool:
        try:
            return intact(self.objects.get(key))
        except Missing:
            return False

    def _missing(self, kind: str, digest: str) -> Damaged:
        return Damaged(f"{kind} {digest} is not in {self.url}", REWRITE)

    def _damaged(self, kind: str, digest: str, reason: str) -> Damaged:
        return Damaged(f"damaged {kind} {digest} in {self.url}: {reason}", REWRITE)


def release_key(digest: str) -> str:
    """Where a release is kept."""
    return f"{RELEASES}{_checked(digest)}.json"


def snapshot_key(digest: str) -> str:
    """Where a snapshot is kept."""
    return f"{SNAPSHOTS}{_checked(digest)}"


def compress(content: bytes) -> bytes:
    """A zstd frame that says its size; the same bytes for the same content."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True, write_checksum=False).compress(content)


def decompress(compressed: bytes, limit: int = MAX_SNAPSHOT_BYTES) -> bytes:
    """The content of a zstd frame of at most `limit` bytes; raises ValueError."""
    try:
        size = zstandard.frame_content_size(compressed)
        if not 0 <= size <= limit:
            raise ValueError(f"it says to have {size} bytes, where at most {limit} are read")
        return zstandard.ZstdDecompressor().decompress(compressed, max_output_size=limit, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"it is no whole zstd frame ({error})") from error


def _checked(digest: str) -> str:
    if not is_digest(digest):
        raise StoreError(
            f"{digest!r} is not a digest", "a digest has 64 hexadecimal digits; `gitway history` lists them"
        )
    return digest
