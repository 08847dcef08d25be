from __future__ import annotations

import json

import pytest
import zstandard

from reconciler.snapshot import wire
from reconciler.store.errors import Damaged, StoreError
from reconciler.store.model import Head, digest_of
from reconciler.store.objects import Unchanged
from reconciler.store.publish import publish
from reconciler.store.store import GRACE, HEAD, Store, compress, decompress, release_key, snapshot_key
from tests.store.examples import WEB, candidate, linear, snapshot

OTHER = "f" * 64


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert store.read_head() is None
    assert store.poll(None) is None
    assert store.poll('"etag"') is None
    for read in (store.release, store.snapshot):
        with pytest.raises(Damaged, match=f"{OTHER} is not in {store.url}"):
            read(OTHER)
    assert store.find_release(OTHER) is None


def test_what_is_published_is_read(store: Store) -> None:
    published = publish(store, candidate(1, snapshot("a")), linear)
    found = store.read_head()
    assert found
    head, etag = found
    assert (head.serial, head.release) == (1, published.digest)
    assert store.release(head.release) == published.release
    assert store.snapshot(published.release.fleets[WEB].snapshot) == snapshot("a")

    assert store.poll(etag) == Unchanged()
    publish(store, candidate(2, snapshot("b")), linear)
    changed = store.poll(etag)
    assert isinstance(changed, tuple)
    assert changed[0].serial == 2


def test_the_layout_is_the_one_that_others_rely_on(files: Store) -> None:
    published = publish(files, candidate(1), linear)
    digest = published.release.fleets[WEB].snapshot
    assert [found.key for found in files.objects.list("")] == [
        "HEAD.json",
        f"releases/{published.digest}.json",
        f"snapshots/{digest}",
    ]
    assert digest_of(files.objects.get(release_key(published.digest))) == published.digest
    content = zstandard.ZstdDecompressor().decompress(files.objects.get(snapshot_key(digest)))
    assert digest_of(content) == digest
    assert wire.unpack(content) == snapshot("1")


def test_compression_is_deterministic_and_says_its_size() -> None:
    content = b"content" * 1000
    assert compress(content) == compress(content)
    assert zstandard.frame_content_size(compress(content)) == len(content)
    assert decompress(compress(content)) == content
    assert decompress(compress(b"")) == b""


def _unsized(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(content)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"garbage",
        compress(b"content")[:-1],
        compress(b"content") + b"x",
        compress(b"x" * 1001),
        _unsized(b"content"),
        _unsized(b"x" * 1001),
    ],
    ids=["empty", "garbage", "truncated", "extra", "too large", "no size", "too large, no size"],
)
def test_a_frame_that_is_not_ours_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="it"):
        decompress(damaged, limit=1000)


@pytest.mark.parametrize(
    "damaged",
    [b"", b"garbage", compress(wire.pack(snapshot("other"))), compress(b"no snapshot")],
    ids=["empty", "garbage", "swapped", "no snapshot"],
)
def test_a_damaged_snapshot_is_told(files: Store, damaged: bytes) -> None:
    digest = snapshot("a").digest
    files.objects.put(snapshot_key(digest), damaged)
    with pytest.raises(Damaged, match=f"damaged snapshot {digest}") as raised:
        files.snapshot(digest)
    assert "gitway publish --force" in raised.value.help


def test_content_that_is_no_snapshot_is_told(files: Store) -> None:
    digest = digest_of(b"no snapshot")
    files.objects.put(snapshot_key(digest), compress(b"no snapshot"))
    with pytest.raises(Damaged, match="not a snapshot"):
        files.snapshot(digest)


@pytest.mark.parametrize("how", ["truncated", "garbage", "swapped", "flipped"])
def test_a_damaged_release_is_told(files: Store, how: str) -> None:
    first = publish(files, candidate(1), linear)
    second = publish(files, candidate(2), linear)
    content = files.objects.get(release_key(second.digest))
    damaged = {
        "truncated": content[:-1],
        "garbage": b"garbage",
        "swapped": files.objects.get(release_key(first.digest)),
        "flipped": content.replace(b'"serial":2', b'"serial":3'),
    }[how]
    files.objects.put(release_key(second.digest), damaged)
    with pytest.raises(Damaged, match=f"damaged release {second.digest}"):
        files.release(second.digest)


def test_a_damaged_head_is_told(store: Store) -> None:
    store.objects.put(HEAD, b"<html>")
    for etag in (None, '"old"'):
        with pytest.raises(Damaged, match=r"damaged HEAD\.json of") as raised:
            store.poll(etag)
        assert raised.value.help


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "abc", OTHER.upper(), OTHER + "/x"])
def test_only_digests_are_looked_up(files: Store, digest: str) -> None:
    for read in (files.release, files.snapshot):
        with pytest.raises(StoreError, match="is not a digest"):
            read(digest)


def test_head_is_swapped(store: Store) -> None:
    etag = store.swap_head(Head(1, OTHER), None)
    assert etag
    assert store.swap_head(Head(2, OTHER), None) is None
    assert store.swap_head(Head(2, OTHER), etag)
    assert json.loads(store.objects.get(HEAD))["serial"] == 2


def test_an_old_object_is_renewed_when_it_is_used_again(files: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_snapshot(snapshot("a"))
    key = snapshot_key(snapshot("a").digest)
    first = files.objects.stat(key)
    files.write_snapshot(snapshot("a"))
    assert files.objects.stat(key) == first, "it is young"
    monkeypatch.setattr("reconciler.store.store.GRACE", GRACE * 0)
    files.write_snapshot(snapshot("a"))
    renewed = files.objects.stat(key)
    assert renewed
    assert first
    assert renewed.modified > first.modified


@pytest.mark.parametrize("replace", [False, True])
def test_a_damaged_snapshot_is_written_anew(store: Store, replace: bool) -> None:
    store.objects.put(snapshot_key(snapshot("a").digest), b"garbage")
    store.write_snapshot(snapshot("a"), replace=replace)
    assert store.snapshot(snapshot("a").digest) == snapshot("a")


def test_a_damaged_release_is_written_anew(store: Store) -> None:
    release = publish(store, candidate(1), linear).release
    store.objects.put(release_key(digest_of(release.to_bytes())), b"garbage")
    digest, renewed = store.write_release(release)
    assert (store.release(digest), renewed) == (release, False)
