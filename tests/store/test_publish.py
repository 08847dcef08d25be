from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from reconciler.store import publish as publishing
from reconciler.store.errors import Damaged, Refused, StoreError
from reconciler.store.history import Entry, history
from reconciler.store.model import Release
from reconciler.store.objects import ObjectStore, Stored, Unchanged
from reconciler.store.open import open_store
from reconciler.store.publish import Published, Terms, publish
from reconciler.store.store import HEAD, Store, release_key, snapshot_key
from tests.store.examples import API, WEB, candidate, commit, linear, snapshot

Before = Callable[[str, str], None]


class Watched:
    """Objects that call `before(method, key)` before each write."""

    def __init__(self, objects: ObjectStore, before: Before) -> None:
        self._objects = objects
        self._before = before

    @property
    def url(self) -> str:
        return self._objects.url

    def get(self, key: str) -> bytes:
        return self._objects.get(key)

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        return self._objects.get_if_changed(key, etag)

    def stat(self, key: str) -> Stored | None:
        return self._objects.stat(key)

    def put_immutable(self, key: str, data: bytes) -> None:
        self._before("put_immutable", key)
        self._objects.put_immutable(key, data)

    def put(self, key: str, data: bytes) -> None:
        self._before("put", key)
        self._objects.put(key, data)

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        self._before("swap", key)
        return self._objects.swap(key, data, expected_etag)

    def list(self, prefix: str) -> Iterator[Stored]:
        return self._objects.list(prefix)

    def delete(self, key: str) -> None:
        self._before("delete", key)
        self._objects.delete(key)


class Killed(BaseException):
    """What no handler of errors catches, as little as SIGKILL."""


def _writes(store: Store) -> tuple[Store, list[str]]:
    """The same store, and the list of keys that are written from now on."""
    written: list[str] = []
    return Store(Watched(store.objects, lambda method, key: written.append(key))), written


def _check_whole(store: Store) -> list[Release]:
    """Everything that HEAD leads to is there; the releases, oldest first."""
    releases = []
    for entry in history(store):
        assert isinstance(entry, Entry)
        releases.append(entry.release)
        for fleet in entry.release.fleets.values():
            store.snapshot(fleet.snapshot)
    releases.reverse()
    assert [release.serial for release in releases] == list(range(1, len(releases) + 1))
    return releases


def test_the_first_publish(store: Store) -> None:
    published = publish(store, candidate(1), linear)
    assert (published.changed, published.serial) == (True, 1)
    head = store.read_head()
    assert head
    assert head[0].release == published.digest
    assert _check_whole(store) == [published.release]


def test_publishing_again_writes_nothing(store: Store) -> None:
    first = publish(store, candidate(1), linear)
    watched, written = _writes(store)
    second = publish(watched, candidate(1), linear)
    assert second == Published(False, first.serial, first.digest, first.release)
    assert written == []


def test_a_later_commit_with_equal_snapshots_writes_a_release_and_head(store: Store) -> None:
    publish(store, candidate(1, snapshot("a")), linear)
    watched, written = _writes(store)
    published = publish(watched, candidate(2, snapshot("a")), linear)
    assert (published.changed, published.serial) == (True, 2)
    assert written == [release_key(published.digest), HEAD]


def test_a_revert_uploads_nothing_that_is_there(store: Store) -> None:
    publish(store, candidate(1, snapshot("a")), linear)
    publish(store, candidate(2, snapshot("b")), linear)
    watched, written = _writes(store)
    published = publish(watched, candidate(3, snapshot("a")), linear)
    assert published.release.fleets[WEB].snapshot == snapshot("a").digest
    assert written == [release_key(published.digest), HEAD]


def test_many_fleets_are_uploaded_before_the_release(store: Store) -> None:
    fleets = {f"ns/{number:02}": snapshot(str(number // 2)) for number in range(20)}
    watched, written = _writes(store)
    published = publish(watched, candidate(1, fleets), linear)
    keys = {snapshot_key(each.digest) for each in fleets.values()}
    assert len(keys) == 10
    assert sorted(written[:10]) == sorted(keys), "equal ones once"
    assert set(written[10:]) == {release_key(published.digest), HEAD}
    _check_whole(store)


def test_some_fleets(store: Store) -> None:
    publish(store, candidate(1, {WEB: snapshot("a"), API: snapshot("a")}), linear)
    watched, written = _writes(store)
    published = publish(
        watched, candidate(2, {WEB: snapshot("b"), API: snapshot("c")}), linear, Terms(fleets=("prod/w*",))
    )
    assert {name: entry.commit for name, entry in published.release.fleets.items()} == {
        WEB: commit(2).sha,
        API: commit(1).sha,
    }
    assert written == [snapshot_key(snapshot("b").digest), release_key(published.digest), HEAD]


def test_a_refusal_writes_nothing(store: Store) -> None:
    publish(store, candidate(2), linear)
    watched, written = _writes(store)
    with pytest.raises(Refused, match="stale"):
        publish(watched, candidate(1), linear)
    with pytest.raises(Refused, match="no fleet would be left"):
        publish(watched, candidate(3, {}), linear)
    assert written == []
    assert publish(store, candidate(1), linear, Terms(force=True)).serial == 2
    assert publish(store, candidate(3, {}), linear, Terms(force=True, allow_empty=True)).retired == (WEB,)


def test_the_json_that_others_rely_on(files: Store) -> None:
    publish(files, candidate(1, {WEB: snapshot("a"), API: snapshot("a")}), linear)
    published = publish(files, candidate(2, snapshot("a")), linear)
    assert published.to_json() == {
        "format": 1,
        "changed": True,
        "serial": 2,
        "release": published.digest,
        "fleets": published.release.to_json()["fleets"],
        "retired": [API],
    }


# Races


def test_a_lost_race_is_decided_again(store: Store) -> None:
    publish(store, candidate(1, snapshot("a")), linear)
    others = iter([candidate(2, snapshot("b")), candidate(3, snapshot("a"))])

    def before(method: str, key: str) -> None:
        if key == HEAD and (other := next(others, None)):
            publish(store, other, linear)

    published = publish(Store(Watched(store.objects, before)), candidate(4, snapshot("a")), linear)
    assert (published.changed, published.serial) == (True, 4)
    releases = _check_whole(store)
    assert [release.commit for release in releases] == [commit(number) for number in (1, 2, 3, 4)]
    assert releases[3].fleets[WEB].types == releases[2].fleets[WEB].types, "nothing had changed since"


def test_a_race_lost_to_a_newer_commit_is_stale(store: Store) -> None:
    publish(store, candidate(1), linear)
    with pytest.raises(Refused, match="stale"):
        publish(_overtaken(store, 3), candidate(2), linear)
    assert len(_check_whole(store)) == 2


def test_a_race_lost_to_the_same_commit_finds_its_work_done(store: Store) -> None:
    publish(store, candidate(1), linear)
    published = publish(_overtaken(store, 2), candidate(2), linear)
    assert (published.changed, published.serial) == (False, 2)


def test_a_race_for_the_first_release(store: Store) -> None:
    published = publish(_overtaken(store, 1), candidate(2), linear)
    assert (published.changed, published.serial) == (True, 2)
    _check_whole(store)


def test_a_publisher_that_always_loses_gives_up(files: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "ATTEMPTS", 3)
    monkeypatch.setattr(publishing, "_LONGEST_PAUSE", 0.0)
    numbers = iter(range(1, 10))

    def before(method: str, key: str) -> None:
        if key == HEAD:
            publish(files, candidate(next(numbers)), linear)

    with pytest.raises(StoreError, match="3 other publishes"):
        publish(Store(Watched(files.objects, before)), candidate(100), linear)


def _overtaken(store: Store, number: int) -> Store:
    """The store, where another publisher publishes this commit just before the first swap of HEAD."""
    done: list[Any] = []

    def before(method: str, key: str) -> None:
        if key == HEAD and not done:
            done.append(publish(store, candidate(number), linear))

    return Store(Watched(store.objects, before))


@pytest.mark.parametrize("url", ["files", "seaweed"], indirect=True)  # moto knows nothing of threads
def test_racing_publishers_make_one_history(url: str) -> None:
    publishers = 6
    fleets = {f"ns/{number}": snapshot("first") for number in range(publishers)}
    publish(open_store(url), candidate(1, fleets), linear)
    start = threading.Barrier(publishers)

    def run(number: int) -> Published:
        changed = {**fleets, f"ns/{number}": snapshot(f"of {number}")}
        store = open_store(url)
        start.wait()
        return publish(store, candidate(2, changed), linear, Terms(fleets=(f"ns/{number}",)))

    with ThreadPoolExecutor(publishers) as pool:
        published = list(pool.map(run, range(publishers)))
    releases = _check_whole(open_store(url))
    assert sorted(each.serial for each in published) == list(range(2, publishers + 2))
    assert {name: entry.snapshot for name, entry in releases[-1].fleets.items()} == {
        f"ns/{number}": snapshot(f"of {number}").digest for number in range(publishers)
    }, "nothing is lost"


@pytest.mark.parametrize("url", ["files", "seaweed"], indirect=True)
def test_of_equal_publishers_one_publishes(url: str) -> None:
    publishers = 6
    start = threading.Barrier(publishers)

    def run(_: int) -> Published:
        store = open_store(url)
        start.wait()
        return publish(store, candidate(1), linear)

    with ThreadPoolExecutor(publishers) as pool:
        published = list(pool.map(run, range(publishers)))
    assert [each.changed for each in published].count(True) == 1
    assert len(_check_whole(open_store(url))) == 1


# Crashes


@pytest.mark.parametrize("failure", [Killed, StoreError], ids=["killed", "unreachable"])
@pytest.mark.parametrize("first", [True, False])
def test_a_publish_that_ends_at_any_write_leaves_the_store_whole(
    store: Store, failure: type[BaseException], first: bool
) -> None:
    fleets = {WEB: snapshot("a"), API: snapshot("b")}
    if not first:
        publish(store, candidate(1, snapshot("first")), linear)
    before = store.read_head()
    complete = False
    step = 0
    while not complete:
        step += 1
        assert step < 10
        count = iter(range(1, 100))
        lock = threading.Lock()

        def die(method: str, key: str, step: int = step, count: Iterator[int] = count, lock: Any = lock) -> None:
            with lock:
                if next(count) >= step:
                    raise failure("at this write")

        try:
            publish(Store(Watched(store.objects, die)), candidate(2, fleets), linear)
            complete = True
        except failure:
            assert store.read_head() == before
            _check_whole(store)
    assert step > 3, "each write was one"
    assert publish(store, candidate(2, fleets), linear).changed is False
    _check_whole(store)


def test_the_next_publish_after_a_crash_succeeds(store: Store) -> None:
    def die(method: str, key: str) -> None:
        if key == HEAD:
            raise Killed

    with pytest.raises(Killed):
        publish(Store(Watched(store.objects, die)), candidate(1), linear)
    assert publish(store, candidate(2), linear).serial == 1
    _check_whole(store)


# Damage


def test_a_lost_release_is_told_and_force_goes_on(store: Store) -> None:
    first = publish(store, candidate(1, snapshot("a")), linear)
    store.objects.delete(release_key(first.digest))
    with pytest.raises(Damaged, match=f"release {first.digest} is not in") as raised:
        publish(store, candidate(2, snapshot("a")), linear)
    assert "--force" in raised.value.help
    with pytest.raises(Damaged):
        publish(store, candidate(2, snapshot("a")), linear, Terms(force=True, fleets=(WEB,)))
    published = publish(store, candidate(2, snapshot("a")), linear, Terms(force=True))
    assert (published.serial, published.release.parent) == (2, first.digest)
    assert publish(store, candidate(3, snapshot("a")), linear).serial == 3


def test_force_heals_a_snapshot(store: Store) -> None:
    publish(store, candidate(1, {WEB: snapshot("a"), API: snapshot("b")}), linear)
    store.objects.put(snapshot_key(snapshot("a").digest), b"garbage")
    store.objects.delete(snapshot_key(snapshot("b").digest))
    published = publish(store, candidate(1, {WEB: snapshot("a"), API: snapshot("b")}), linear, Terms(force=True))
    assert published.changed is False, "the same release"
    _check_whole(store)


def test_a_damaged_head_is_told(store: Store) -> None:
    store.objects.put(HEAD, b"garbage")
    with pytest.raises(Damaged, match=r"damaged HEAD\.json"):
        publish(store, candidate(1), linear, Terms(force=True))
    assert store.objects.get(HEAD) == b"garbage"


def test_a_head_that_is_not_its_release_is_told(files: Store) -> None:
    publish(files, candidate(1), linear)
    files.objects.put(HEAD, files.objects.get(HEAD).replace(b'"serial":1', b'"serial":7'))
    with pytest.raises(Damaged, match="names serial 7"):
        publish(files, candidate(2), linear)


def test_a_server_without_conditions_is_refused_at_the_first_publish(files: Store) -> None:
    class Careless(Watched):
        def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
            self._objects.put(key, data)
            return "etag"

    with pytest.raises(StoreError, match="ignores the condition") as raised:
        publish(Store(Careless(files.objects, lambda method, key: None)), candidate(1), linear)
    assert "overwrite each other" in raised.value.help
    assert files.read_head() is None
