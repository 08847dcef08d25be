"""From a store's releases to what fleets are given."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from reconciler.records import dataclass
from reconciler.sidecar.protocol import Content, View, content
from reconciler.snapshot.model import Snapshot
from reconciler.store.errors import StoreError
from reconciler.store.model import FleetEntry, Head, Release
from reconciler.store.store import Store


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release as far as it could be loaded.

    Attributes:
        views: of the fleets that this sidecar serves.
        fetched: snapshots that were read for it, by digest.
        errors: what is wrong with the fleets that are missing.
    """

    head: Head
    release: Release
    views: tuple[View, ...]
    fetched: Mapping[str, Snapshot]
    errors: tuple[str, ...] = ()


def load(store: Store, head: Head, globs: tuple[str, ...], known: Mapping[str, View]) -> Loaded:
    """Reads a release and the snapshots that are not known yet. A fleet that cannot be read hurts only itself.

    Raises:
        StoreError: the release cannot be read.
    """
    release = store.release_of(head)
    views: list[View] = []
    fetched: dict[str, Snapshot] = {}
    errors: list[str] = []
    for name, entry in release.fleets.items():
        if not any(fnmatchcase(name, glob) for glob in globs):
            continue
        try:
            view, snapshot = _view(store, name, entry, head, known.get(name))
        except StoreError as error:
            errors.append(f"fleet {name}: {error.message}")
            continue
        views.append(view)
        if snapshot is not None:
            fetched[entry.snapshot] = snapshot
    return Loaded(head, release, tuple(views), fetched, tuple(errors))


def find_fallback(
    store: Store, fleet: str, start: str, newest: View, refused: Mapping[tuple[str, str], object]
) -> View | None:
    """The first release, from `start` backwards, in which a fleet has nothing that was refused; None: there is none.

    Raises:
        StoreError: the store cannot be read.
    """
    digest: str | None = start
    while digest is not None:
        release = store.find_release(digest)
        if release is None:
            return None
        entry = release.fleets.get(fleet)
        if entry is not None and not any((url, each.version) in refused for url, each in entry.types.items()):
            return _view(store, fleet, entry, Head(release.serial, digest), newest)[0]
        digest = release.parent
    return None


def _view(store: Store, fleet: str, entry: FleetEntry, head: Head, known: View | None) -> tuple[View, Snapshot | None]:
    """One fleet's view, and its snapshot if that had to be read."""
    before: Mapping[str, Content] = known.contents if known is not None else {}
    versions = {url: each.version for url, each in entry.types.items()}
    if known is not None and known.versions == frozenset(versions.items()):
        return View(fleet, head.serial, head.release, entry.snapshot, known.contents), None
    snapshot = store.snapshot(entry.snapshot)
    resources = {each.type_url: each.resources for each in snapshot.types}
    if not resources.keys() <= versions.keys():
        raise StoreError(f"the release does not name all types of snapshot {entry.snapshot}")
    contents = {}
    for url, version in versions.items():
        old = before.get(url)
        unchanged = old is not None and old.version == version
        contents[url] = old if old is not None and unchanged else content(url, version, resources.get(url, ()), old)
    return View(fleet, head.serial, head.release, entry.snapshot, contents), snapshot
