"""`gc` takes what nobody needs, and nothing else, whatever else happens at the time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.store.collect import collect
from reconciler.store.errors import Damaged, StoreError
from reconciler.store.history import Cut, Entry, history
from reconciler.store.open import open_store
from reconciler.store.publish import Terms, publish
from reconciler.store.status import STATUS
from reconciler.store.store import HEAD, Store, release_key, snapshot_key
from reconciler.store.verify import verify_store
from tests.reliability.turns import Memory, Worker
from tests.store.examples import API, WEB, candidate, linear, snapshot


def later(store: Store, days: float = 2.0) -> Store:
    """The same store, so many days later."""
    return Store(store.objects, lambda: datetime.now(UTC) + timedelta(days=days))


def keys(store: Store) -> set[str]:
    """All that is in it."""
    return {each.key for each in store.objects.list("")}


def serials(store: Store) -> list[int]:
    """Of the history, newest first."""
    return [entry.release.serial for entry in history(store) if isinstance(entry, Entry)]


def is_whole(store: Store) -> bool:
    """Whether `verify` finds nothing."""
    found = verify_store(store)
    assert found
    assert found.damage == []
    return True


def test_old_releases_go_with_what_only_they_need(store: Store) -> None:
    for number, text in enumerate("abacd", start=1):
        publish(store, candidate(number, snapshot(text)), linear)
    before = keys(store)
    found = collect(later(store), keep=3, keep_days=0)
    assert serials(store) == [5, 4, 3]
    assert (found.kept, found.oldest) == (3, 3)
    gone = before - keys(store)
    assert gone == {each.key for each in found.removed}
    assert snapshot_key(snapshot("b").digest) in gone
    assert snapshot_key(snapshot("a").digest) not in gone, "serial 3 needs it"
    assert len(gone) == 3
    assert is_whole(store)
    assert list(history(store))[-1] == Cut(_parent(store, 3), 3, collected=True)


def _parent(store: Store, serial: int) -> str:
    (found,) = [entry for entry in history(store) if isinstance(entry, Entry) and entry.release.serial == serial]
    assert found.release.parent
    return found.release.parent


@pytest.mark.parametrize("days", [0.0, 0.9])
def test_nothing_within_the_grace_period_goes(files: Store, days: float) -> None:
    for number in range(1, 5):
        publish(files, candidate(number), linear)
    before = keys(files)
    assert collect(later(files, days), keep=1, keep_days=0).removed == ()
    assert keys(files) == before | {"collected.json"}


def test_what_is_current_and_its_parent_never_go(files: Store) -> None:
    for number in range(1, 5):
        publish(files, candidate(number), linear)
    collect(later(files, 1000), keep=1, keep_days=0)
    assert serials(files) == [4, 3]
    assert is_whole(files)


def test_what_was_current_in_the_last_days_stays(files: Store) -> None:
    """A release is current until the next one, so that age counts from then."""
    for number, days in enumerate((40, 20, 10, 0), start=1):
        publish(files, candidate(number), linear)
        age(files, days)
    collect(later(files, 1.5), keep=1, keep_days=15)
    assert serials(files) == [4, 3, 2]
    assert is_whole(files)


def age(store: Store, days: float) -> None:
    """Makes objects that are younger so many days old."""
    root = Path(store.url.removeprefix("file://"))
    then = time.time() - days * 86400
    for path in (root / each.key for each in store.objects.list("") if each.key != HEAD):
        if path.stat().st_mtime > time.time() - 60:
            os.utime(path, (then, then))


def test_a_dry_run_only_says_so(files: Store) -> None:
    for number in range(1, 5):
        publish(files, candidate(number), linear)
    before = keys(files)
    told = collect(later(files), keep=2, keep_days=0, dry_run=True)
    assert keys(files) == before
    assert told.to_json()["dryRun"] is True
    assert collect(later(files), keep=2, keep_days=0).removed == told.removed


def test_what_a_killed_publish_left_goes_and_what_is_not_ours_stays(files: Store) -> None:
    publish(files, candidate(1), linear)
    files.write_snapshot(snapshot("never published"))
    lost = files.write_release(publish(open_store(files.url + "-other"), candidate(9), linear).release).digest
    files.objects.put(f"{STATUS}{WEB}/gone.json", b"{}")
    files.objects.put("README.txt", b"somebody's")
    found = collect(later(files), keep=5, keep_days=5)
    assert {each.key for each in found.removed} == {
        release_key(lost),
        snapshot_key(snapshot("never published").digest),
        f"{STATUS}{WEB}/gone.json",
    }
    assert files.objects.get("README.txt") == b"somebody's"


def test_an_empty_store_and_one_without_head_lose_nothing(files: Store) -> None:
    assert collect(later(files), keep=1, keep_days=0).removed == ()
    publish(files, candidate(1), linear)
    files.objects.delete(HEAD)
    assert collect(later(files), keep=1, keep_days=0).removed == ()


def test_a_damaged_history_loses_nothing(files: Store) -> None:
    published = [publish(files, candidate(number), linear) for number in range(1, 6)]
    files.objects.delete(release_key(published[2].digest))
    before = keys(files)
    with pytest.raises(Damaged, match="is lost"):
        collect(later(files), keep=10, keep_days=0)
    files.objects.put(release_key(published[3].digest), b"garbage")
    with pytest.raises(StoreError, match="damaged"):
        collect(later(files), keep=1, keep_days=0)
    assert keys(files) == before


def test_fleets_that_were_published_alone_keep_what_they_fall_back_on(files: Store) -> None:
    publish(files, candidate(1, {WEB: snapshot("a"), API: snapshot("b")}), linear)
    publish(files, candidate(2, {WEB: snapshot("c"), API: snapshot("b")}), linear)
    for number in range(3, 8):
        changed = {WEB: snapshot("c"), API: snapshot(str(number))}
        publish(files, candidate(number, changed), linear, Terms(fleets=(API,)))
    collect(later(files, 20), keep=2, keep_days=30)
    assert serials(files)[-1] == 1, "all of them were current within 30 days"
    collect(later(files, 40), keep=2, keep_days=30)
    assert serials(files) == [7, 6]
    assert is_whole(files)


# Beside a publisher


def _old_store() -> Memory:
    """A history `a`, `b`, `c` of two days ago, and the leavings of a publish of `d` that was killed then."""
    killed = Memory()
    for number, text in enumerate("abc", start=1):
        publish(Store(killed), candidate(number, snapshot(text)), linear)
    head = killed.get(HEAD)
    publish(Store(killed), candidate(4, snapshot("d")), linear)
    killed.put(HEAD, head)
    then = datetime.now(UTC) - timedelta(days=2)
    return Memory({key: (data, then) for key, (data, _) in killed.objects.items()})


@pytest.mark.parametrize("text", ["a", "d"], ids=["a revert", "again after a kill"])
@pytest.mark.parametrize("first", ["gc", "publish"])
def test_a_publish_beside_it_always_finds_what_it_uses_again(text: str, first: str) -> None:
    """Every way in which one of them is overtaken by a part of the other: what is published is whole."""
    old = _old_store()
    overtakes = 0
    for before in range(40):
        for meanwhile in range(1, 40):
            store = Store(Memory(old.objects))
            gc = Worker(store.objects, lambda objects: collect(Store(objects), keep=2, keep_days=0))
            publisher = Worker(
                store.objects, lambda objects: publish(Store(objects), candidate(4, snapshot(text)), linear)
            )
            one, other = (gc, publisher) if first == "gc" else (publisher, gc)
            ended = one.step(before) < before
            over = other.step(meanwhile) < meanwhile
            one.finish()
            other.finish()
            assert publisher.outcome.serial == 4
            assert is_whole(store), f"{first} {before}, then {meanwhile}"
            overtakes += 1
            if over or ended:
                break
        if ended:
            break
    assert overtakes > 100


def test_ended_at_any_moment_it_leaves_the_store_whole() -> None:
    old = _old_store()
    ended = False
    operations = 0
    while not ended:
        operations += 1
        store = Store(Memory(old.objects))
        gc = Worker(store.objects, lambda objects: collect(Store(objects), keep=2, keep_days=0))
        ended = gc.step(operations) < operations  # and never more
        assert is_whole(store)
        collect(store, keep=2, keep_days=0)
        assert serials(store) == [3, 2]
        assert is_whole(store)
    assert operations > 10
