"""Publishes snapshots: objects first, then the release, then HEAD.

The swap of HEAD is the one commit point. Killed before it, nothing has changed but objects that nobody refers to;
lost to another publisher, everything is decided again from what is current then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from secrets import SystemRandom
from typing import Any

from reconciler.snapshot.model import Snapshot
from reconciler.store.decide import Candidate, Current, IsAncestor, Terms, UpToDate, decide
from reconciler.store.errors import Damaged, StoreError
from reconciler.store.model import FORMAT, Head, Release
from reconciler.store.store import Store

__all__ = ["Candidate", "Published", "publish"]

ATTEMPTS = 100
"""Lost races before a publish gives up: each means that another publisher has got on."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
"""Seconds; the upper bounds of the random pause after a lost race."""

_UPLOADS = 8
"""Snapshots that are uploaded at a time."""


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome of a publish.

    Attributes:
        changed: whether HEAD was moved; False where all of this was current already.
        serial: of the release that is current now.
        digest: its digest.
        retired: fleets that this publish took out; their Envoys keep what they have.
    """

    changed: bool
    serial: int
    digest: str
    release: Release
    retired: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The output of `publish -o json`."""
        return {
            "format": FORMAT,
            "changed": self.changed,
            "serial": self.serial,
            "release": self.digest,
            "fleets": self.release.to_json()["fleets"],
            "retired": list(self.retired),
        }


def publish(
    store: Store,
    candidate: Candidate,
    is_ancestor: IsAncestor,
    *,
    force: bool = False,
    allow_empty: bool = False,
    fleets: Iterable[str] = (),
) -> Published:
    """Makes a candidate current.

    Args:
        store: where to.
        candidate: all fleets of a commit.
        is_ancestor: whether the first commit is the second or one of its ancestors; what it raises is passed on.
        force: publish although the commit is stale, or of another repository or other paths; write snapshots anew
            even where they are there, and go on after a release that is lost.
        allow_empty: publish although a fleet loses most of what it has.
        fleets: globs; only the fleets that one of them matches are published, the others stay as they are.

    Raises:
        Refused: it must not be published; nothing has changed.
        StoreError: the store cannot be used.
    """
    terms = Terms(force=force, allow_empty=allow_empty, fleets=tuple(fleets))
    known_ancestor = cache(is_ancestor)
    written: set[str] = set()
    for attempt in range(ATTEMPTS):
        current, etag = _current(store, terms)
        decision = decide(current, candidate, known_ancestor, terms)
        _upload(store, _missing(current, candidate, terms, written))
        if isinstance(decision, UpToDate):
            return Published(False, decision.release.serial, decision.digest, decision.release)
        digest = _commit(store, decision.release, etag)
        if digest:
            return Published(True, decision.release.serial, digest, decision.release, decision.retired)
        time.sleep(SystemRandom().uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))
    raise StoreError(f"{ATTEMPTS} other publishes into {store.url} were first", "publish again when it is quieter")


def _current(store: Store, terms: Terms) -> tuple[Current | None, str | None]:
    """What is current and HEAD's etag."""
    found = store.read_head()
    if found is None:
        return None, None
    head, etag = found
    try:
        release = store.release(head.release)
    except Damaged:
        if not terms.force or terms.fleets:  # the fleets that are not written would be lost
            raise
        return Current(head.serial, head.release, None), etag
    if release.serial != head.serial:
        raise Damaged(
            f"HEAD.json of {store.url} names serial {head.serial}, and its release {head.release} is {release.serial}"
        )
    return Current(head.serial, head.release, release), etag


def _missing(current: Current | None, candidate: Candidate, terms: Terms, written: set[str]) -> list[_Upload]:
    """The uploads still to be made, which are noted in `written`. What the current release has is in the store."""
    before = current.release if current else None
    present = {entry.snapshot for entry in before.fleets.values()} if before and not terms.force else set()
    uploads = []
    for name, snapshot in candidate.snapshots.items():
        if terms.select(name) and snapshot.digest not in present | written:
            written.add(snapshot.digest)
            uploads.append(_Upload(snapshot, replace=terms.force))
    return uploads


@dataclass(frozen=True, slots=True)
class _Upload:
    snapshot: Snapshot
    replace: bool

    def to(self, store: Store) -> None:
        store.write_snapshot(self.snapshot, replace=self.replace)


def _upload(store: Store, uploads: list[_Upload]) -> None:
    if len(uploads) < 2:
        for upload in uploads:
            upload.to(store)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_UPLOADS, thread_name_prefix="upload") as pool:
        for done in [pool.submit(upload.to, store) for upload in uploads]:
            done.result()


def _commit(store: Store, release: Release, etag: str | None) -> str | None:
    """The digest of the release that has become current, or None where another one was first."""
    digest = store.write_release(release)
    if etag is None:
        store.check_conditions(release)
    return digest if store.swap_head(Head(release.serial, digest), etag) else None
