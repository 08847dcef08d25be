"""Whether a store is whole: every object that HEAD leads to is there, and is what its name says.

It is read from the outside in, and goes on over damage, so that all of it is found at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import TYPE_CHECKING, Any

from reconciler.records import dataclass
from reconciler.snapshot.model import type_digest
from reconciler.store.collected import read_collected
from reconciler.store.errors import Damaged, Unsupported, Untrusted
from reconciler.store.history import Cut
from reconciler.store.model import FORMAT, FleetEntry, Head, Release
from reconciler.store.store import HEAD, RELEASES, SNAPSHOTS, Store, release_key, snapshot_key

if TYPE_CHECKING:
    from reconciler.store.keys import PublicKey

_READERS = 8
"""Snapshots that are read at a time."""

_Types = Mapping[str, tuple[str, int]]
"""Type URL → digest and number of the resources of a snapshot."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with an object."""

    object: str
    message: str

    def to_json(self) -> dict[str, str]:
        """An element of `damage`."""
        return {"object": self.object, "message": self.message}


@dataclass(slots=True)
class Verified:
    """What was found.

    Attributes:
        serial: of the current release; None where HEAD cannot be read.
        signatures: `verified`, `present` (no key was given to verify them with) or `none`.
        releases, snapshots: how many belong to the history.
        damage: what is wrong, in the order in which it was found.
        cut: where the history ends before its beginning.
        unreferenced: objects that do not belong to it: of publishes that were ended or overtaken; None where the
            store cannot be listed.
    """

    serial: int | None = None
    signatures: str = "none"
    releases: int = 0
    snapshots: int = 0
    damage: list[Damage] = field(default_factory=list)
    cut: Cut | None = None
    unreferenced: int | None = 0

    def to_json(self) -> dict[str, Any]:
        """The output of `verify -o json`."""
        cut = {"before": self.cut.serial, "collected": self.cut.collected} if self.cut else None
        return {
            "format": FORMAT,
            "serial": self.serial,
            "signatures": self.signatures,
            "releases": self.releases,
            "snapshots": self.snapshots,
            "unreferenced": self.unreferenced,
            "cut": cut,
            "damage": [each.to_json() for each in self.damage],
        }


def verify_store(store: Store, keys: Sequence[PublicKey] = (), store_name: str | None = None) -> Verified | None:
    """Reads all that HEAD leads to; None: nothing has been published.

    Args:
        store: which.
        keys: of which one has to have signed HEAD; none: signatures make no difference.
        store_name: what it has to be signed for; None: the store's URL.

    Raises:
        StoreError: the store cannot be read; damage is not raised.
    """
    found = Verified()
    try:
        head = store.read_head()
    except Damaged as error:
        found.damage.append(Damage(HEAD, error.message))
        return found
    if head is None:
        return _without_head(store)
    found.serial = head[0].serial
    _verify_signature(found, head[0], keys, store_name or store.url)
    releases = dict(_chain(store, head[0], found))
    found.releases = len(releases)
    _verify_snapshots(store, releases, found)
    found.unreferenced = _unreferenced(store, releases)
    return found


def _without_head(store: Store) -> Verified | None:
    try:
        if next(iter(store.objects.list(RELEASES)), None) is None:
            return None
    except Unsupported:
        return None
    message = "it is missing, and there are releases: it was removed, or the first publish was ended before it"
    return Verified(damage=[Damage(HEAD, message)])


def _verify_signature(found: Verified, head: Head, keys: Sequence[PublicKey], store_name: str) -> None:
    if not keys:
        found.signatures = "present" if head.signatures else "none"
        return
    from reconciler.store.signatures import verify

    try:
        verify(head, keys, store_name)
    except Untrusted as error:
        found.damage.append(Damage(HEAD, error.message))
        found.signatures = "wrong"
    else:
        found.signatures = "verified"


def _chain(store: Store, head: Head, found: Verified) -> Iterator[tuple[str, Release]]:
    """The releases from HEAD backwards, as far as they can be followed."""
    digest: str | None = head.release
    expected, newer = f"{HEAD} has {head.serial}", head.serial + 1
    while digest is not None:
        release = _release(store, digest, newer, found)
        if release is None:
            return
        if release.serial >= newer or (newer == head.serial + 1 and release.serial != head.serial):
            found.damage.append(Damage(release_key(digest), f"it has serial {release.serial}, where {expected}"))
        yield digest, release
        expected, newer, digest = f"the one after it has {release.serial}", release.serial, release.parent


def _release(store: Store, digest: str, newer: int, found: Verified) -> Release | None:
    try:
        release = store.find_release(digest)
    except Damaged as error:
        found.damage.append(Damage(release_key(digest), error.message))
        return None
    if release is not None:
        return release
    if read_collected(store) >= newer:
        found.cut = Cut(digest, newer, collected=True)
    else:
        found.damage.append(Damage(release_key(digest), "it is missing, and was not collected"))
    return None


def _verify_snapshots(store: Store, releases: Mapping[str, Release], found: Verified) -> None:
    users: dict[str, list[tuple[str, str, FleetEntry]]] = {}
    for digest, release in releases.items():
        for name, entry in release.fleets.items():
            users.setdefault(entry.snapshot, []).append((digest, name, entry))
    found.snapshots = len(users)
    with ThreadPoolExecutor(_READERS, thread_name_prefix="verify") as pool:
        for digest, types in zip(users, pool.map(lambda digest: _types(store, digest), users), strict=True):
            if isinstance(types, Damaged):
                found.damage.append(Damage(snapshot_key(digest), f"{types.message}{_used(users[digest], releases)}"))
                continue
            for user, name, entry in users[digest]:
                found.damage.extend(_differences(user, name, entry, types))


def _types(store: Store, digest: str) -> _Types | Damaged:
    try:
        snapshot = store.snapshot(digest)
    except Damaged as error:
        return error
    return {each.type_url: (each.digest, len(each.resources)) for each in snapshot.types}


def _used(users: Sequence[tuple[str, str, FleetEntry]], releases: Mapping[str, Release]) -> str:
    release, name, _ = users[0]
    return f"; fleet {name} of serial {releases[release].serial} needs it" + (
        f", and {len(users) - 1} more" if len(users) > 1 else ""
    )


def _differences(release: str, name: str, entry: FleetEntry, types: _Types) -> Iterator[Damage]:
    """What a release says of a fleet's types, and its snapshot does not."""
    said = {url: (each.digest, each.count) for url, each in entry.types.items()}
    for url in sorted(said.keys() | types.keys()):
        if said.get(url) != types.get(url, (type_digest(b""), 0)):
            kind = url.rpartition(".")[2]
            yield Damage(release_key(release), f"of fleet {name}, {kind} is not what its snapshot {entry.snapshot} has")


def _unreferenced(store: Store, releases: Mapping[str, Release]) -> int | None:
    used = {release_key(digest) for digest in releases}
    used |= {snapshot_key(entry.snapshot) for release in releases.values() for entry in release.fleets.values()}
    try:
        return sum(1 for prefix in (RELEASES, SNAPSHOTS) for each in store.objects.list(prefix) if each.key not in used)
    except Unsupported:
        return None
