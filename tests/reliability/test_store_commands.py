"""`history`, `show`, `diff`, `verify` and `gc`: what people and CI read of a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.store.open import open_store
from reconciler.store.publish import publish
from reconciler.store.store import HEAD, Store, compress, release_key, snapshot_key
from tests.reliability.attacks import Bucket, new_key
from tests.store.examples import API, WEB, candidate, commit, linear, snapshot
from tests.support.gitway import gitway, succeed

CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three releases: `a`; `b` and another fleet; `a` again without it."""
    store = open_store((tmp_path / "store").as_uri())
    publish(store, candidate(1, {WEB: snapshot("a")}), linear)
    publish(store, candidate(2, {WEB: snapshot("b", clusters=3), API: snapshot("c")}), linear)
    publish(store, candidate(3, {WEB: snapshot("a")}), linear)
    return store


def digests(store: Store) -> list[str]:
    """Of the releases, newest first."""
    told = succeed("history", "--store", store.url, "-o", "json").json
    return [each["digest"] for each in told["releases"]]


# Names


def test_releases_have_many_names(store: Store) -> None:
    newest, middle, oldest = digests(store)
    names = {"current": newest, "3": newest, "current~1": middle, "2": middle, "3~2": oldest, "CURRENT~2": oldest}
    names |= {middle: middle, middle[:8]: middle, f"{newest[:8]}~1": middle, "current~": middle}
    for name, digest in names.items():
        assert succeed("show", name, "--store", store.url, "-o", "json").json["digest"] == digest, name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("4", "no release '4'"),
        ("current~3", "no release"),
        ("0000000000", "no release"),
        ("abc", "does not name a release"),
        ("main", "does not name a release"),
        ("HEAD", "does not name a release"),
        ("", "does not name a release"),
        ("1;2", "does not name a release"),
    ],
)
def test_a_name_of_nothing_is_told(store: Store, name: str, message: str) -> None:
    done = gitway("show", name, "--store", store.url)
    assert (done.code, message in done.stderr, "gitway history" in done.stderr) == (1, True, True)


def test_a_release_that_was_collected_is_told(store: Store) -> None:
    from reconciler.store.collect import collect
    from tests.reliability.test_gc import later

    collect(later(store), keep=1, keep_days=0)
    done = gitway("diff", "1", "--store", store.url)
    assert (done.code, "before serial 2 have been collected" in done.stderr) == (1, True)
    assert "have been collected" in succeed("history", "--store", store.url).stderr
    assert "releases before serial 2 have been collected" in succeed("verify", "--store", store.url).stdout


def test_an_empty_store_is_told(tmp_path: Path) -> None:
    for command in (("show",), ("diff", "1"), ("verify",)):
        done = gitway(*command, "--store", tmp_path.as_uri())
        assert (done.code, "nothing has been published" in done.stderr) == (1, True)
    assert "nothing is published" in succeed("gc", "--store", tmp_path.as_uri()).stdout


# show and diff


def test_show(store: Store) -> None:
    told = succeed("show", "2", "--store", store.url, "--fleet", "prod/w*", "-o", "json").json
    assert (told["format"], told["serial"], told["current"]) == (1, 2, False)
    assert told["commit"]["sha"] == commit(2).sha
    assert told["fleets"][WEB]["types"][CLUSTER]["count"] == 3
    assert told["resources"][WEB][CLUSTER] == ["cluster-0", "cluster-1", "cluster-2"]
    assert API not in told["resources"]
    text = succeed("show", "--store", store.url, "--fleet", WEB).stdout
    assert "release 3 (current)" in text
    assert "cluster-1" in text
    assert f"fleet {API}: retired with serial 3" in text


def test_diff(store: Store) -> None:
    told = succeed("diff", "1", "2", "--store", store.url, "-o", "json").json
    assert (told["format"], told["from"]["serial"], told["to"]["serial"]) == (1, 1, 2)
    web = told["fleets"][WEB]
    assert web["action"] == "change"
    changes = [("change", "cluster-0"), ("change", "cluster-1"), ("add", "cluster-2")]
    assert [(each["action"], each["name"]) for each in web["resources"]] == changes
    assert told["fleets"][API]["action"] == "add"
    text = succeed("diff", "current~1", "--store", store.url).stdout
    assert f"- fleet {API}" in text
    assert "    - Cluster cluster-2" in text
    assert text.endswith("Diff: 0 added, 2 changed, 5 removed.\n")


def test_a_revert_has_no_difference(store: Store) -> None:
    assert "no changes" in succeed("diff", "1", "3", "--store", store.url, "--detailed-exitcode").stdout
    assert gitway("diff", "1", "2", "--store", store.url, "--detailed-exitcode").code == 2


# verify


def test_a_whole_store_is_said_to_be_whole(store: Store) -> None:
    told = succeed("verify", "--store", store.url, "-o", "json").json
    assert told == {
        "format": 1,
        "serial": 3,
        "signatures": "none",
        "releases": 3,
        "snapshots": 3,
        "unreferenced": 0,
        "cut": None,
        "damage": [],
    }


def _swap_types(store: Store, digest: str) -> None:
    """A snapshot that is whole, and not the one that the release describes."""
    content = store.objects.get(snapshot_key(snapshot("b", clusters=3).digest))
    store.objects.put(snapshot_key(digest), content)


A = snapshot("a").digest
DAMAGES: dict[str, Callable[[Store], None]] = {
    "a snapshot is gone": lambda store: store.objects.delete(snapshot_key(A)),
    "a snapshot is cut off": lambda store: store.objects.put(snapshot_key(A), store.objects.get(snapshot_key(A))[:-3]),
    "a snapshot has a bit flipped": lambda store: store.objects.put(snapshot_key(A), compress(b"\x00" + bytes(100))),
    "a snapshot is another one": lambda store: _swap_types(store, A),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_of_a_snapshot_is_found_and_named(store: Store, damage: Callable[[Store], None]) -> None:
    damage(store)
    done = gitway("verify", "--store", store.url, "-o", "json")
    assert done.code == 1
    (found,) = done.json["damage"]
    assert found["object"] == snapshot_key(A)
    assert f"fleet {WEB} of serial 3 needs it, and 1 more" in found["message"]


@pytest.mark.parametrize("how", ["gone", "garbage", "older", "newer"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_damage_of_a_release_is_found_and_named(store: Store, which: int, how: str) -> None:
    digest = digests(store)[which]
    other = digests(store)[(which + (1 if how == "older" else -1)) % 3]
    if how == "gone":
        store.objects.delete(release_key(digest))
    else:
        store.objects.put(release_key(digest), b"{}" if how == "garbage" else store.objects.get(release_key(other)))
    done = gitway("verify", "--store", store.url)
    assert (done.code, f"damaged: {release_key(digest)}: " in done.stdout) == (1, True)


def test_all_damage_is_found_at_once(store: Store) -> None:
    for text in ("a", "c"):
        store.objects.delete(snapshot_key(snapshot(text).digest))
    assert gitway("verify", "--store", store.url).stdout.count("damaged: snapshots/") == 2


def test_a_head_that_is_gone_or_garbage_is_damage(store: Store) -> None:
    store.objects.put(HEAD, b"<html>")
    assert "damaged: HEAD.json" in gitway("verify", "--store", store.url).stdout
    store.objects.delete(HEAD)
    done = gitway("verify", "--store", store.url)
    assert (done.code, "HEAD.json: it is missing" in done.stdout) == (1, True)


def test_signatures_are_verified(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path / "store", new_key(tmp_path / "key"))
    bucket.publish("one")
    assert "no --verify-key was given" in succeed("verify", "--store", bucket.url).stdout
    right = ("verify", "--store", bucket.url, "--verify-key", tmp_path / "key.pub")
    assert "signature is right" in succeed(*right).stdout
    new_key(tmp_path / "other")
    wrong = gitway("verify", "--store", bucket.url, "--verify-key", tmp_path / "other.pub")
    assert (wrong.code, "damaged: HEAD.json: " in wrong.stdout) == (1, True)
    assert gitway(*right, "--store-name", "another").code == 1


def test_the_leavings_of_a_killed_publish_are_no_damage(store: Store) -> None:
    store.write_snapshot(snapshot("never published"))
    assert "1 objects do not belong" in succeed("verify", "--store", store.url).stdout


# gc


def test_gc(store: Store) -> None:
    from tests.reliability.test_gc import age

    age(store, 3)
    dry = succeed("gc", "--store", store.url, "--keep", "2", "--keep-days", "0", "--dry-run", "-o", "json").json
    assert (dry["format"], dry["dryRun"], dry["kept"], dry["oldest"]) == (1, True, 2, 2)
    done = succeed("gc", "--store", store.url, "--keep", "2", "--keep-days", "0").stdout
    assert all(f"removed {each['object']}" in done for each in dry["removed"])
    assert done.splitlines()[-1].startswith("GC: removed 1 objects of ")
    assert [each["object"] for each in dry["removed"]] == [release_key(_first(store))]


def _first(store: Store) -> str:
    current = store.current()
    assert current
    assert current.parent
    parent = store.release(current.parent).parent
    assert parent
    return parent
