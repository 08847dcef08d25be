"""The contract of `ObjectStore`, for directories, a real S3 server and moto's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from reconciler.store.errors import StoreError
from reconciler.store.objects import Missing, ObjectStore, Unchanged
from reconciler.store.open import open_objects

KEY = "releases/abc.json"
RACERS = 16


def test_nothing_is_there_at_first(objects: ObjectStore) -> None:
    with pytest.raises(Missing):
        objects.get(KEY)
    with pytest.raises(Missing):
        objects.get_if_changed(KEY, '"etag"')
    assert objects.stat(KEY) is None
    assert list(objects.list("")) == []
    objects.delete(KEY)


@pytest.mark.parametrize("data", [b"", b"text", bytes(range(256)) * 5000])
def test_what_is_put_is_got(objects: ObjectStore, data: bytes) -> None:
    objects.put_immutable(KEY, data)
    assert objects.get(KEY) == data
    found = objects.stat(KEY)
    assert found
    assert (found.key, found.size) == (KEY, len(data))
    assert abs(datetime.now(UTC) - found.modified) < timedelta(hours=1)


def test_what_is_there_is_not_created_again(objects: ObjectStore) -> None:
    objects.put_immutable(KEY, b"one")
    objects.put_immutable(KEY, b"other")
    assert objects.get(KEY) == b"one"


def test_put_replaces(objects: ObjectStore) -> None:
    objects.put(KEY, b"one")
    objects.put(KEY, b"other")
    assert objects.get(KEY) == b"other"


def test_delete_removes(objects: ObjectStore) -> None:
    objects.put(KEY, b"one")
    objects.delete(KEY)
    assert objects.stat(KEY) is None


def test_listing_is_sorted_and_by_prefix(objects: ObjectStore) -> None:
    for key in ("snapshots/b", "releases/c.json", "snapshots/a"):
        objects.put(key, key.encode())
    etag = objects.swap("HEAD.json", b"head", None)
    objects.swap("HEAD.json", b"next", etag)
    assert [found.key for found in objects.list("")] == ["HEAD.json", "releases/c.json", "snapshots/a", "snapshots/b"]
    assert [(found.key, found.size) for found in objects.list("snapshots/")] == [
        ("snapshots/a", 11),
        ("snapshots/b", 11),
    ]


def test_a_conditional_read_tells_what_has_changed(objects: ObjectStore) -> None:
    etag = objects.swap("HEAD.json", b"one", None)
    assert objects.get_if_changed("HEAD.json", None) == (b"one", etag)
    assert objects.get_if_changed("HEAD.json", etag) == Unchanged()
    changed = objects.swap("HEAD.json", b"two", etag)
    assert objects.get_if_changed("HEAD.json", etag) == (b"two", changed)


def test_a_swap_needs_the_state_that_it_expects(objects: ObjectStore) -> None:
    assert objects.swap("HEAD.json", b"lost", '"0123456789abcdef0123456789abcdef"') is None, "there is none"
    etag = objects.swap("HEAD.json", b"one", None)
    assert etag
    assert objects.swap("HEAD.json", b"lost", None) is None, "there is one"
    changed = objects.swap("HEAD.json", b"two", etag)
    assert changed
    assert objects.swap("HEAD.json", b"lost", etag) is None, "it has changed"
    assert objects.get("HEAD.json") == b"two"
    objects.delete("HEAD.json")
    assert objects.swap("HEAD.json", b"lost", changed) is None, "it is gone"
    assert objects.swap("HEAD.json", b"again", None)


@pytest.mark.parametrize("url", ["files", "seaweed"], indirect=True)  # moto knows nothing of threads
@pytest.mark.parametrize("exists", [False, True])
def test_of_many_swaps_at_once_one_wins(url: str, objects: ObjectStore, exists: bool) -> None:
    etag = objects.swap("HEAD.json", b"before", None) if exists else None
    clients = [open_objects(url) for _ in range(4)]
    start = Barrier(RACERS)

    def race(number: int) -> str | None:
        client = clients[number % len(clients)]
        with pytest.raises(Missing):
            client.get(KEY)  # connects
        start.wait()
        return client.swap("HEAD.json", b"racer %d" % number, etag)

    with ThreadPoolExecutor(RACERS) as pool:
        results = list(pool.map(race, range(RACERS)))
    winners = [number for number, result in enumerate(results) if result]
    assert len(winners) == 1
    assert objects.get_if_changed("HEAD.json", None) == (b"racer %d" % winners[0], results[winners[0]])


def test_the_prefix_is_not_left(url: str) -> None:
    inner, outer = open_objects(f"{url}/inner"), open_objects(url)
    outer.put("HEAD.json", b"outer")
    inner.put("HEAD.json", b"inner")
    assert outer.get("HEAD.json") == b"outer"
    assert [found.key for found in inner.list("")] == ["HEAD.json"]


def test_the_url_says_where(url: str, objects: ObjectStore) -> None:
    assert objects.url == url


def test_an_object_too_large_is_not_read(objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("files", "s3"):
        monkeypatch.setattr(f"reconciler.store.{module}.MAX_OBJECT_BYTES", 10)
    objects.put(KEY, b"x" * 11)
    with pytest.raises(StoreError, match="more than 10 bytes"):
        objects.get(KEY)
