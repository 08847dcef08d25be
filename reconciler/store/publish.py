"""Publishes snapshots: objects first, then the release, then HEAD.

The swap of HEAD is the one commit point. Killed before it, nothing has changed but objects that nobody refers to;
lost to another publisher, everything is decided again from what is current then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any

from reconciler.records import dataclass
from reconciler.snapshot.model import Snapshot
from reconciler.store.decide import Candidate, Current, IsAncestor, Terms, UpToDate, decide
from reconciler.store.errors import Damaged, Refused, StoreError, Untrusted
from reconciler.store.model import FORMAT, Head, Release
from reconciler.store.store import RELEASES, Store

if TYPE_CHECKING:
    from reconciler.store.signatures import Signing

__all__ = ["Candidate", "Published", "Terms", "publish"]

ATTEMPTS = 100
"""Lost races before a publish gives up: each means that another publisher has got on."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
"""Seconds; the upper bounds of the random pause after a lost race."""

_UPLOADS = 8
"""Snapshots that are uploaded at a time."""


Vet = Callable[[Release | None], None]

_USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome of a publish.

    Attributes:
        changed: whether HEAD was moved; False where all of this was current already.
        serial: of the release that is current now.
        digest: its digest.
        retired: fleets that this publish took out; their Envoys keep what they have.
        signed_anew: whether what was current already has only got the signature of another key.
    """

    changed: bool
    serial: int
    digest: str
    release: Release
    retired: tuple[str, ...] = ()
    signed_anew: bool = False

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
    terms: Terms = _USUAL,
    *,
    signing: Signing | None = None,
    vet: Vet | None = None,
) -> Published:
    """Makes a candidate current.

    Args:
        store: where to.
        candidate: all fleets of a commit.
        is_ancestor: whether the first commit is the second or one of its ancestors; what it raises is passed on.
        terms: how.
        signing: sign HEAD, and build on nothing that is not signed.
        vet: is told what the candidate would follow (None: nothing is published), each time that changes; raises
            `Refused` where it must not.

    Raises:
        Refused: it must not be published; nothing has changed.
        StoreError: the store cannot be used.
    """
    known_ancestor = cache(is_ancestor)
    written: set[str] = set()
    renewed: list[_Upload] = []
    for attempt in range(ATTEMPTS):
        found = store.read_head()
        current = _current(store, found[0], terms, signing) if found else _beginning(store, terms)
        if vet:
            vet(current.release if current else None)
        decision = decide(current, candidate, known_ancestor, terms)
        renewed += _upload(store, _missing(current, candidate, terms, written))
        if isinstance(decision, UpToDate):
            anew = _sign_anew(store, found, signing)
            if anew is not None:
                return Published(False, decision.release.serial, decision.digest, decision.release, signed_anew=anew)
        else:
            digest = _commit(store, decision.release, found[1] if found else None, signing)
            if digest:
                _upload(store, renewed)
                return Published(True, decision.release.serial, digest, decision.release, decision.retired)
        time.sleep(SystemRandom().uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)))
    raise StoreError(f"{ATTEMPTS} other publishes into {store.url} were first", "publish again when it is quieter")


def _current(store: Store, head: Head, terms: Terms, signing: Signing | None) -> Current:
    """What HEAD names, as far as it is there and to be trusted."""
    start_anew = terms.force and not terms.fleets  # else the fleets that are not written would be lost
    if signing is None:
        _check_unsigned(store, head, terms)
    else:
        try:
            _check_signed(store, head, signing)
        except Refused:
            if not start_anew:
                raise
            return Current(head.serial, None, None)
    try:
        return Current(head.serial, head.release, store.release_of(head))
    except Damaged:
        if not start_anew:
            raise
        return Current(head.serial, head.release, None)


def _check_unsigned(store: Store, head: Head, terms: Terms) -> None:
    if head.signatures and not terms.force:
        raise Refused(
            f"HEAD of {store.url} is signed, and this publish would not be: sidecars that verify would refuse it",
            "publish with --sign-key; if releases are not to be signed any more: --force",
        )


def _check_signed(store: Store, head: Head, signing: Signing) -> None:
    from reconciler.store.signatures import verify

    try:
        verify(head, signing.keys, signing.store_name or store.url)
    except Untrusted as error:
        raise Refused(
            f"{error.message}: what it says is not signed again unseen",
            "if the key was changed, name the public half of the former by --verify-key; if releases were not signed "
            "so far, or HEAD.json is known to be wrong: publish all fleets once with --force, "
            "which takes nothing over from it",
        ) from error


def _beginning(store: Store, terms: Terms) -> Current | None:
    """What a store without HEAD is to begin with: nothing, but for one that has lost it.

    Publishes that were killed leave releases with serial 1; a later one says that there was a HEAD.
    """
    serials = [_serial(store, stored.key) for stored in store.objects.list(RELEASES)]
    highest = max(serials, default=0)
    if highest <= 1:
        return None
    if not terms.force and terms.min_serial <= highest:
        raise Refused(
            f"{store.url} has releases up to serial {highest}, but no HEAD.json: it was removed",
            "bring HEAD.json back (bucket versioning or a backup), or publish all fleets with --force",
        )
    return Current(highest, None, None)


def _serial(store: Store, key: str) -> int:
    try:
        return store.release(key.removeprefix(RELEASES).removesuffix(".json")).serial
    except StoreError:
        return 0


def _sign_anew(store: Store, found: tuple[Head, str] | None, signing: Signing | None) -> bool | None:
    """Signs what is current where it was another key that did; None: HEAD has changed meanwhile."""
    if signing is None or found is None:
        return False
    from reconciler.store.signatures import sign, signed_by

    head, etag = found
    name = signing.store_name or store.url
    if signed_by(head, (signing.key.public,), name):
        return False
    return True if store.swap_head(sign(head, signing.key, name), etag) else None


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

    def to(self, store: Store) -> bool:
        return store.write_snapshot(self.snapshot, replace=self.replace)


def _upload(store: Store, uploads: list[_Upload]) -> list[_Upload]:
    """Writes what is missing.

    Returns:
        what was there and old: a collection that was about to take it may not have seen that it is needed again. Once
        HEAD refers to it, it is looked for again; from then on a collection sees HEAD.
    """
    if len(uploads) < 2:
        return [upload for upload in uploads if upload.to(store)]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_UPLOADS, thread_name_prefix="upload") as pool:
        renewed = list(pool.map(lambda upload: upload.to(store), uploads))
    return [upload for upload, old in zip(uploads, renewed, strict=True) if old]


def _commit(store: Store, release: Release, etag: str | None, signing: Signing | None) -> str | None:
    """The digest of the release that has become current, or None where another one was first."""
    digest, renewed = store.write_release(release)
    if etag is None:
        store.check_conditions(release)
    head = Head(release.serial, digest)
    if signing is not None:
        from reconciler.store.signatures import sign

        head = sign(head, signing.key, signing.store_name or store.url)
    if not store.swap_head(head, etag):
        return None
    if renewed:
        store.write_release(release)
    return digest
