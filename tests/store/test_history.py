from __future__ import annotations

import pytest

from reconciler.store.errors import Damaged
from reconciler.store.history import Cut, Entry, history
from reconciler.store.model import Head
from reconciler.store.publish import Published, publish
from reconciler.store.store import HEAD, Store, release_key
from tests.store.examples import candidate, linear


def _publish(store: Store, count: int) -> list[Published]:
    """Releases, newest first."""
    return [publish(store, candidate(number), linear) for number in range(1, count + 1)][::-1]


def test_an_empty_store_has_no_history(store: Store) -> None:
    assert list(history(store)) == []


def test_releases_come_newest_first(store: Store) -> None:
    published = _publish(store, 3)
    assert list(history(store)) == [
        Entry(each.digest, each.release, current=index == 0) for index, each in enumerate(published)
    ]


def test_a_release_is_read_when_it_is_asked_for(files: Store) -> None:
    published = _publish(files, 3)
    entries = history(files)
    assert next(entries) == Entry(published[0].digest, published[0].release, current=True)
    files.objects.delete(release_key(published[2].digest))
    assert list(entries) == [
        Entry(published[1].digest, published[1].release, current=False),
        Cut(published[2].digest, serial=2, collected=False),
    ]


def test_the_json_that_others_rely_on(files: Store) -> None:
    published = _publish(files, 1)[0]
    (entry,) = history(files)
    assert isinstance(entry, Entry)
    release = published.release.to_json()
    assert entry.to_json() == {
        "serial": 1,
        "digest": published.digest,
        "commit": release["commit"],
        "fleets": release["fleets"],
        "current": True,
    }


def test_a_damaged_release_is_told(files: Store) -> None:
    published = _publish(files, 3)
    files.objects.put(release_key(published[1].digest), b"garbage")
    entries = history(files)
    next(entries)
    with pytest.raises(Damaged, match=f"damaged release {published[1].digest}"):
        next(entries)


def test_the_current_release_must_be_there(files: Store) -> None:
    files.objects.put(HEAD, Head(1, "f" * 64).to_bytes())
    with pytest.raises(Damaged, match="is not in"):
        list(history(files))
