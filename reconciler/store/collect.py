"""Collects what nobody needs any more, beside publishers that may just be about to need it again.

Kept are the current release and its parent, on which sidecars fall back; the newest `keep` releases; all that were
current in the last days; what all these refer to; and whatever is younger than a publish can take (`GRACE`).

A publisher may use an old object again while it is being collected. It writes such an object anew, and looks for it
once more when HEAD refers to it; a collection looks at an object's age right before it removes it, and at HEAD right
after, and puts back what that needs by then. Whichever of the two is later sees what the other has done.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from reconciler.records import dataclass
from reconciler.store.collected import write_collected
from reconciler.store.errors import Damaged
from reconciler.store.history import Cut, Entry, history
from reconciler.store.model import FORMAT
from reconciler.store.objects import Missing, Stored, Unchanged
from reconciler.store.status import STATUS
from reconciler.store.store import GRACE, RELEASES, SNAPSHOTS, Store, release_key, snapshot_key

LEAST = 2
"""The current release, and its parent."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection has done, or with `dry_run` would do.

    Attributes:
        kept: how many releases stay.
        oldest: the serial of the oldest of them; 0: nothing has been published.
        removed: the objects.
    """

    kept: int
    oldest: int
    removed: tuple[Stored, ...]
    dry_run: bool

    def to_json(self) -> dict[str, Any]:
        """The output of `gc -o json`."""
        return {
            "format": FORMAT,
            "dryRun": self.dry_run,
            "kept": self.kept,
            "oldest": self.oldest,
            "removed": [{"object": each.key, "size": each.size} for each in self.removed],
        }


def collect(store: Store, keep: int, keep_days: float, *, dry_run: bool = False) -> Collected:
    """Removes what is not needed, in an order in which it can be interrupted at any time.

    Raises:
        StoreError: the store cannot be used, or is damaged: nothing is removed then that was not meant to.
    """
    now = store.now()
    # Listed before HEAD is read: what is written from now on is not in it.
    listed = {each.key: each for prefix in (RELEASES, SNAPSHOTS, STATUS) for each in store.objects.list(prefix)}
    entries = list(history(store))
    releases = [entry for entry in entries if isinstance(entry, Entry)]
    if not releases:
        return Collected(0, 0, (), dry_run)
    kept = releases[: _depth(releases, listed, keep, now - timedelta(days=keep_days))]
    oldest = kept[-1].release.serial
    last = entries[-1]
    if isinstance(last, Cut) and not last.collected and len(kept) == len(releases):
        raise Damaged(
            f"release {last.digest} of {store.url} is lost: what is before it cannot be told from what nobody needs",
            "bring it back (bucket versioning or a backup); or collect when newer releases have taken its place",
        )
    needed = _needed(kept)
    old = [each for each in listed.values() if each.key not in needed and now - each.modified > GRACE]
    # Releases before what they refer to, the newest first: what can still be reached is whole at any time.
    age = {release_key(entry.digest): at for at, entry in enumerate(releases)}
    old.sort(key=lambda each: (not each.key.startswith(RELEASES), age.get(each.key, len(age)), each.key))
    if dry_run:
        return Collected(len(kept), oldest, tuple(old), dry_run)
    if len(kept) < len(releases):
        write_collected(store, oldest)
    return Collected(len(kept), oldest, tuple(_remove(store, old, needed)), dry_run)


def _depth(releases: list[Entry], listed: dict[str, Stored], keep: int, since: datetime) -> int:
    """How many of the releases, the newest first, are kept."""
    depth = max(keep, LEAST)
    # A release was current until the one after it came.
    for at, newer in enumerate(releases[:-1], start=1):
        stored = listed.get(release_key(newer.digest))
        if stored is None or stored.modified > since:
            depth = max(depth, at + 1)
    return min(depth, len(releases))


def _needed(entries: list[Entry]) -> set[str]:
    """The keys of releases, and of the snapshots that they refer to."""
    releases = {release_key(entry.digest) for entry in entries}
    return releases | {snapshot_key(each.snapshot) for entry in entries for each in entry.release.fleets.values()}


def _remove(store: Store, old: list[Stored], needed: set[str]) -> Iterator[Stored]:
    """Removes the objects one by one, as the module says; `needed` grows with what is published meanwhile."""
    etag = _look(store, None, needed)
    for each in old:
        if each.key in needed:
            continue
        found = store.objects.stat(each.key)
        if found is None or store.now() - found.modified <= GRACE:
            continue
        try:
            content = store.objects.get(each.key)
        except Missing:
            continue
        store.objects.delete(each.key)
        try:
            etag = _look(store, etag, needed)
        except Damaged:  # HEAD's release may be the very one
            store.objects.put_immutable(each.key, content)
            etag = _look(store, etag, needed)
        if each.key in needed:
            store.objects.put_immutable(each.key, content)
        else:
            yield each


def _look(store: Store, etag: str | None, needed: set[str]) -> str | None:
    """Adds to `needed` what has become current since HEAD had this etag; the etag that it has now."""
    found = store.poll(etag)
    if found is None or isinstance(found, Unchanged):
        return etag
    for entry in history(store):
        if not isinstance(entry, Entry) or release_key(entry.digest) in needed:
            break
        needed |= _needed([entry])
    return found[1]
