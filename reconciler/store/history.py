"""The releases of a store, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.records import dataclass
from reconciler.store.collected import read_collected
from reconciler.store.errors import Damaged
from reconciler.store.model import Release
from reconciler.store.store import Store


@dataclass(frozen=True, slots=True)
class Entry:
    """One release. `current`: HEAD names it."""

    digest: str
    release: Release
    current: bool

    def to_json(self) -> dict[str, Any]:
        """An element of `releases` in `history -o json`."""
        data = self.release.to_json()
        return {
            "serial": data["serial"],
            "digest": self.digest,
            "commit": data["commit"],
            "fleets": data["fleets"],
            "current": self.current,
        }


@dataclass(frozen=True, slots=True)
class Cut:
    """The history ends here, before its beginning: the release `digest`, older than `serial`, is not there.

    `collected`: on purpose, by `gitway gc`; otherwise it was lost.
    """

    digest: str
    serial: int
    collected: bool


def history(store: Store) -> Iterator[Entry | Cut]:
    """Releases from HEAD to the first, each read when it is asked for; a `Cut` at the end where older ones are gone.

    Raises:
        StoreError: the store cannot be read, or one of the releases is damaged.
    """
    found = store.read_head()
    if found is None:
        return
    head, _ = found
    release = store.release(head.release)
    yield Entry(head.release, release, current=True)
    while release.parent:
        parent = store.find_release(release.parent)
        if parent is None:
            yield Cut(release.parent, release.serial, read_collected(store) >= release.serial)
            return
        if parent.serial >= release.serial:
            raise Damaged(f"release {release.parent} of {store.url} is not older than the one that follows it")
        yield Entry(release.parent, parent, current=False)
        release = parent
