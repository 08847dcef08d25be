"""A store in the hands of an attacker who can read and write everything in it, but has no key.

In the manner of python-tuf's repository simulator: an honest publisher, and the replays, swaps and forgeries that a
client has to refuse.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, Snapshot
from reconciler.store.decide import Candidate
from reconciler.store.keys import SigningKey, make_keys, read_signing_key
from reconciler.store.model import CommitInfo, Head, Release, canonical
from reconciler.store.open import open_store
from reconciler.store.publish import Published, Terms, publish
from reconciler.store.signatures import Signing
from reconciler.store.store import HEAD, release_key, snapshot_key

FLEET = "infra/edge"


def new_key(path: Path) -> SigningKey:
    """A pair of keys in `path` and `path`.pub."""
    make_keys(path)
    return read_signing_key(str(path))


def content(text: str) -> Snapshot:
    """A snapshot that differs by `text`."""
    return build({CLUSTER: {"x": b"\x0a\x01x", text: f"\x0a{chr(len(text))}{text}".encode()}})


@dataclass(eq=False)
class Bucket:
    """A file store with an honest publisher who signs with `key` (None: not), and an attacker's ways with it."""

    directory: Path
    key: SigningKey | None = None
    store_name: str | None = None
    heads: dict[str, bytes] = field(default_factory=dict)
    _number: int = 0

    @property
    def url(self) -> str:
        """Its URL."""
        return self.directory.as_uri()

    def publish(self, text: str, *, key: SigningKey | None = None, terms: Terms | None = None) -> Published:
        """The honest publisher's next commit."""
        self._number += 1
        commit = CommitInfo(f"{self._number:040x}", "A <a@example.org>", "2026-01-01T00:00:00Z", text)
        candidate = Candidate(commit, "test", (), "0", {FLEET: content(text)})
        signer = key or self.key
        signing = Signing(signer, (self.key.public,) if self.key else (), self.store_name) if signer else None
        store = open_store(self.url)
        published = publish(store, candidate, _linear, terms or Terms(), signing=signing)
        self.heads[text] = self.read(HEAD)
        return published

    def read(self, key: str) -> bytes:
        """An object."""
        return (self.directory / key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """Replaces an object at once."""
        path = self.directory / key
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".attack")
        temporary.write_bytes(data)
        temporary.replace(path)

    def edit_head(self, **fields: Any) -> None:
        """Replaces fields of HEAD.json, its signatures kept."""
        self.write(HEAD, canonical({**json.loads(self.read(HEAD)), **fields}))

    def forge(self, text: str, *, serial: int | None = None) -> Head:
        """A release of the attacker's own with all that belongs to it; HEAD that would lead to it, unsigned."""
        store = open_store(self.url)
        snapshot = content(text)
        store.write_snapshot(snapshot)
        current = store.current()
        assert current
        entry = current.fleets[FLEET]
        digest = next(iter(snapshot.types)).digest
        number = serial or current.serial + 1
        types = {CLUSTER: type(entry.types[CLUSTER])(f"{number}.{digest}", 2)}
        fleets = {FLEET: type(entry)(snapshot.digest, entry.commit, types)}
        made = Release(number, None, current.commit, "0", "test", (), fleets)
        return Head(number, store.write_release(made).digest)

    def paths(self, text: str) -> tuple[str, str]:
        """The keys of the release and of the snapshot that were published as `text`."""
        return release_key(json.loads(self.heads[text])["release"]), snapshot_key(content(text).digest)


def _linear(old: str, new: str) -> bool:
    return int(old, 16) <= int(new, 16)
