from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, LISTENER, ROUTE_CONFIGURATION, SECRET, Snapshot, type_digest
from reconciler.store.decide import Candidate, Current, NewRelease, Terms, UpToDate, decide
from reconciler.store.errors import Refused
from reconciler.store.model import FleetEntry, Release, TypeEntry, digest_of
from tests.store.examples import API, REPOSITORY, WEB, candidate, commit, linear, snapshot

ANY = Terms(allow_empty=True)


def _unrelated(ancestor: str, descendant: str) -> bool:
    return False


def _never_asked(ancestor: str, descendant: str) -> bool:
    raise AssertionError("git is not to be asked")


def _after(*candidates: Candidate, terms: Terms = ANY) -> Current | None:
    """What is current after these."""
    current = None
    for each in candidates:
        decision = decide(current, each, linear, terms)
        if isinstance(decision, NewRelease):
            current = _current(decision.release)
    return current


def _current(release: Release) -> Current:
    return Current(release.serial, digest_of(release.to_bytes()), release)


def _new(current: Current | None, next_: Candidate, terms: Terms = ANY) -> Release:
    decision = decide(current, next_, linear, terms)
    assert isinstance(decision, NewRelease)
    return decision.release


def _versions(release: Release, fleet: str = WEB) -> dict[str, str]:
    return {url: entry.version for url, entry in release.fleets[fleet].types.items()}


def test_the_first_release() -> None:
    release = _new(None, candidate(7, snapshot("a"), paths=("x",), routes={WEB: 3}), Terms())
    assert release == Release(
        serial=1,
        parent=None,
        commit=commit(7),
        gitway="1.2.3",
        repository=REPOSITORY,
        paths=("x",),
        fleets={
            WEB: FleetEntry(
                snapshot("a").digest,
                commit(7).sha,
                {each.type_url: TypeEntry(f"1.{each.digest}", len(each.resources)) for each in snapshot("a").types},
                routes=3,
            )
        },
    )


def test_a_release_follows_its_parent() -> None:
    current = _after(candidate(1))
    assert current
    release = _new(current, candidate(2))
    assert (release.serial, release.parent) == (2, current.digest)


def test_what_is_current_is_not_published_again() -> None:
    current = _after(candidate(1))
    assert current
    assert decide(current, candidate(1), _never_asked, Terms()) == UpToDate(current.digest, current.release)  # type: ignore[arg-type]
    other_version = replace(candidate(1), gitway="9.9.9")
    assert isinstance(decide(current, other_version, _never_asked, Terms()), UpToDate)


def test_the_same_commit_with_other_content_is_published() -> None:
    current = _after(candidate(1, snapshot("a")))
    assert _new(current, candidate(1, snapshot("b"))).serial == 2


def test_a_later_commit_with_equal_snapshots_moves_on_without_any_push() -> None:
    current = _after(candidate(1, snapshot("a")))
    assert current
    assert current.release
    release = _new(current, candidate(2, snapshot("a")))
    assert release.serial == 2
    assert release.fleets[WEB].commit == commit(2).sha
    assert _versions(release) == _versions(current.release)


def test_only_types_that_change_get_a_version() -> None:
    release = _new(_after(candidate(1, snapshot("a"))), candidate(2, snapshot("b")))
    assert {url: version.split(".")[0] for url, version in _versions(release).items()} == {
        LISTENER: "1",
        ROUTE_CONFIGURATION: "1",
        CLUSTER: "2",
    }


def test_a_revert_gives_the_old_snapshot_under_a_new_serial_and_version() -> None:
    first = _after(candidate(1, snapshot("a")))
    assert first
    assert first.release
    reverted = _new(_after(candidate(1, snapshot("a")), candidate(2, snapshot("b"))), candidate(3, snapshot("a")))
    assert reverted.serial == 3
    assert reverted.fleets[WEB].snapshot == first.release.fleets[WEB].snapshot
    digest = first.release.fleets[WEB].types[CLUSTER].digest
    assert reverted.fleets[WEB].types[CLUSTER] == TypeEntry(f"3.{digest}", 2)
    assert reverted.fleets[WEB].types[LISTENER] == first.release.fleets[WEB].types[LISTENER]


def test_an_emptied_type_keeps_a_version() -> None:
    full = build({LISTENER: {"l": b"l"}, SECRET: {"s": b"s"}})
    less = build({LISTENER: {"l": b"l"}})
    emptied = _new(_after(candidate(1, full)), candidate(2, less))
    assert emptied.fleets[WEB].types[SECRET] == TypeEntry("2." + type_digest(b""), 0)
    assert emptied.fleets[WEB].snapshot == less.digest
    later = _new(_current(emptied), candidate(3, less))
    assert later.fleets[WEB].types == emptied.fleets[WEB].types
    back = _new(_current(later), candidate(4, full))
    assert back.fleets[WEB].types[SECRET].version.startswith("4.")


# Staleness


def test_an_older_commit_is_stale() -> None:
    current = _after(candidate(2))
    with pytest.raises(Refused, match="stale") as raised:
        decide(current, candidate(1), linear, Terms())
    assert commit(1).sha in raised.value.message
    assert commit(2).sha in raised.value.message
    assert WEB in raised.value.message
    assert "rebase" in raised.value.help
    assert "--force" in raised.value.help
    assert isinstance(decide(current, candidate(1), _never_asked, Terms(force=True)), NewRelease)


def test_a_late_run_is_stale_although_nothing_had_changed() -> None:
    current = _after(candidate(1, snapshot("a")), candidate(2, snapshot("a")))
    with pytest.raises(Refused, match="stale"):
        decide(current, candidate(1, snapshot("a")), linear, Terms())


def test_what_git_says_is_passed_on() -> None:
    class Shallow(Exception):
        pass

    def shallow(ancestor: str, descendant: str) -> bool:
        raise Shallow

    with pytest.raises(Shallow):
        decide(_after(candidate(1)), candidate(2), shallow, Terms())


def test_git_is_asked_once_a_commit() -> None:
    asked = []

    def counting(ancestor: str, descendant: str) -> bool:
        asked.append((ancestor, descendant))
        return True

    fleets = {f"ns/{number}": snapshot() for number in range(20)}
    decide(_after(candidate(1, fleets)), candidate(2, fleets), counting, Terms())
    assert asked == [(commit(1).sha, commit(2).sha)]


def test_each_fleet_has_its_own_commit() -> None:
    both = {WEB: snapshot("a"), API: snapshot("a")}
    only_web, only_api = Terms(fleets=(WEB,)), Terms(fleets=("*/api",))
    release = _new(_after(candidate(1, both)), candidate(3, {WEB: snapshot("b"), API: snapshot("b")}), only_web)
    assert release.fleets[WEB].commit == commit(3).sha
    assert release.fleets[API].commit == commit(1).sha
    assert release.fleets[API].snapshot == snapshot("a").digest
    current = _current(release)
    # An older commit is not stale for the fleet that was not published since
    assert _new(current, candidate(2, both), only_api).fleets[API].commit == commit(2).sha
    for terms in (only_web, Terms()):
        with pytest.raises(Refused, match=f"stale.*{WEB}"):
            decide(current, candidate(2, both), linear, terms)


# Which fleets


def test_publishing_some_fleets_twice_writes_once() -> None:
    both = {WEB: snapshot("a"), API: snapshot("a")}
    web = Terms(fleets=("prod/w*",))
    api = Terms(fleets=("prod/a*",))
    current = _current(_new(_current(_new(None, candidate(1, both), web)), candidate(1, both), api))
    assert current.release
    assert set(current.release.fleets) == {WEB, API}
    for terms in (web, api, Terms()):
        assert isinstance(decide(current, candidate(1, both), linear, terms), UpToDate)


def test_a_glob_that_matches_nothing_is_told() -> None:
    for current in (None, _after(candidate(1))):
        with pytest.raises(Refused, match="no fleet matches wbe") as raised:
            decide(current, candidate(1), linear, Terms(fleets=("prod/*", "wbe")))
        assert WEB in raised.value.help


def test_a_fleet_that_left_is_retired() -> None:
    both = {WEB: snapshot(), API: snapshot()}
    current = _after(candidate(1, both))
    decision = decide(current, candidate(2, {WEB: snapshot()}), linear, Terms())
    assert isinstance(decision, NewRelease)
    assert decision.retired == (API,)
    assert set(decision.release.fleets) == {WEB}
    assert decision.release.retired[API].serial == 2

    later = decide(_current(decision.release), candidate(3, {WEB: snapshot()}), linear, Terms())
    assert isinstance(later, NewRelease)
    assert later.retired == (), "it is told once"
    assert later.release.retired[API].serial == 2
    # An old commit does not bring it back, not even alone
    with pytest.raises(Refused, match=f"stale.*{API}"):
        decide(_current(later.release), candidate(2, both), linear, Terms(fleets=(API,)))
    back = _new(_current(later.release), candidate(4, both))
    assert set(back.fleets) == {WEB, API}
    assert back.retired == {}
    assert all(version.startswith("4.") for version in _versions(back, API).values())


def test_a_glob_retires_what_it_matches_only() -> None:
    both = {WEB: snapshot(), API: snapshot()}
    release = _new(_after(candidate(1, both)), candidate(2, {"prod/new": snapshot()}), Terms(fleets=(API, "prod/new")))
    assert set(release.fleets) == {WEB, "prod/new"}
    assert set(release.retired) == {API}


# Another repository, other paths


def test_another_repository_is_refused() -> None:
    current = _after(candidate(1))
    for git in (linear, _unrelated):
        with pytest.raises(Refused, match=r"belongs to the repository https://github\.com/acme/routes") as raised:
            decide(current, candidate(2, repository="https://github.com/acme/other"), git, Terms())
        assert "prefix of its own" in raised.value.help
    assert _new(current, candidate(2, repository="https://github.com/acme/other"), Terms(force=True))


def test_retiring_a_fleet_by_its_name_can_be_repeated() -> None:
    both, web = {WEB: snapshot(), API: snapshot()}, {WEB: snapshot()}
    terms = Terms(fleets=(API,))
    current = _current(_new(_after(candidate(1, both)), candidate(2, web), terms))
    assert isinstance(decide(current, candidate(2, web), linear, terms), UpToDate)


@pytest.mark.parametrize("name", ["clone", "git@github.com:acme/routes.git", "/srv/git/routes"])
def test_another_clone_is_the_same_repository(name: str) -> None:
    assert _new(_after(candidate(1)), candidate(2, repository=name), Terms()).repository == name


def test_a_name_without_an_address_needs_a_common_history() -> None:
    current = _after(candidate(1, repository="one"))
    with pytest.raises(Refused, match="belongs to the repository one, and this is two"):
        decide(current, candidate(2, repository="two"), _unrelated, Terms())


def test_other_paths_are_refused() -> None:
    current = _after(candidate(1, paths=("a", "b")))
    assert _new(current, candidate(2, paths=("b", "a")), Terms())
    with pytest.raises(Refused, match="holds what is in a, b, not the whole repository") as raised:
        decide(current, candidate(2), linear, Terms())
    assert "prefix of their own" in raised.value.help
    assert _new(current, candidate(2), Terms(force=True)).paths == ()


# Guards


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (snapshot(clusters=10), snapshot(clusters=5), None),
        (snapshot(clusters=10), snapshot(clusters=4), "would lose 6 of its 10 clusters"),
        (snapshot(clusters=1), snapshot(clusters=0), "would lose 1 of its 1 clusters"),
        (snapshot(clusters=0), snapshot(clusters=0), None),
        (snapshot(listeners=4), snapshot(listeners=2), None),
        (snapshot(listeners=4), snapshot(listeners=1), "would lose 3 of its 4 listeners"),
        (snapshot(), build({}), "would lose 1 of its 1 listeners.*would lose 2 of its 2 clusters"),
    ],
)
def test_what_would_mostly_go_is_guarded(old: Snapshot, new: Snapshot, problem: str | None) -> None:
    current = _after(candidate(1, old))
    if problem:
        for force in (False, True):
            with pytest.raises(Refused, match=f"{WEB} {problem}") as raised:
                decide(current, candidate(2, new), linear, Terms(force=force))
            assert "--allow-empty" in raised.value.help
    else:
        assert _new(current, candidate(2, new), Terms())
    assert _new(current, candidate(2, new), Terms(allow_empty=True))


@pytest.mark.parametrize(("old", "new", "refused"), [(10, 5, False), (10, 4, True), (1, 0, True), (0, 0, False)])
def test_routes_are_counted_where_they_are_known(old: int, new: int, refused: bool) -> None:
    current = _after(candidate(1, snapshot(clusters=10), routes={WEB: old}))
    following = candidate(2, snapshot(clusters=1), routes={WEB: new})
    if refused:
        with pytest.raises(Refused, match=f"would lose {old - new} of its {old} routes"):
            decide(current, following, linear, Terms())
    else:
        assert _new(current, following, Terms())


def test_guards_look_at_what_is_written_only() -> None:
    current = _after(candidate(1, {WEB: snapshot(), API: snapshot()}))
    emptied = {WEB: snapshot(), API: build({})}
    assert _new(current, candidate(2, emptied), Terms(fleets=(WEB,)))
    with pytest.raises(Refused, match=API):
        decide(current, candidate(2, emptied), linear, Terms())


def test_a_release_without_any_fleet_is_guarded() -> None:
    with pytest.raises(Refused, match="no fleet to publish"):
        decide(None, candidate(1, {}), linear, Terms())
    current = _after(candidate(1))
    with pytest.raises(Refused, match="no fleet would be left") as raised:
        decide(current, candidate(2, {}), linear, Terms())
    assert "--allow-empty" in raised.value.help
    assert set(_new(current, candidate(2, {}), Terms(allow_empty=True)).retired) == {WEB}


# After a release that is lost


def test_a_lost_release_is_followed() -> None:
    release = _new(Current(41, "f" * 64, None), candidate(1), Terms(force=True))
    assert (release.serial, release.parent) == (42, "f" * 64)
    assert all(version.startswith("42.") for version in _versions(release).values())


# Laws

contents = st.fixed_dictionaries(
    {},
    optional={
        url: st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([b"1", b"2"]), min_size=1)
        for url in (CLUSTER, LISTENER, SECRET)
    },
).map(build)
states = st.dictionaries(st.sampled_from(["x/a", "x/b", "y/a"]), contents, max_size=3)
globs = st.sampled_from([(), ("x/*",), ("*",), ("x/a", "y/*")])


def _matchable(current: Current | None, fleets: Mapping[str, Snapshot], terms: Terms) -> bool:
    known = set(fleets)
    if current and current.release:
        known |= current.release.fleets.keys() | current.release.retired.keys()
    return all(any(Terms(fleets=(glob,)).select(name) for name in known) for glob in terms.fleets)


@given(st.lists(st.tuples(states, globs), max_size=8))
def test_versions_change_exactly_when_content_does(history: list[tuple[dict[str, Snapshot], tuple[str, ...]]]) -> None:
    current: Current | None = None
    for number, (fleets, selection) in enumerate(history, start=1):
        terms = Terms(allow_empty=True, force=True, fleets=selection)
        if not _matchable(current, fleets, terms):
            continue
        decision = decide(current, candidate(number, fleets), linear, terms)
        old = current.release if current else None
        if isinstance(decision, UpToDate):
            assert decision.release == old
            continue
        new = decision.release
        assert new.serial == (old.serial + 1 if old else 1)
        assert new.parent == (current.digest if current else None)
        assert not new.fleets.keys() & new.retired.keys()
        for name, entry in new.fleets.items():
            before = old.fleets.get(name) if old else None
            if not terms.select(name):
                assert entry is before
                continue
            assert entry.snapshot == fleets[name].digest
            _check_types(entry, before, fleets[name], new.serial)
        following = _current(new)
        assert following.digest
        assert decide(following, candidate(number, fleets), _never_asked, terms) == UpToDate(following.digest, new)
        current = following


def _check_types(entry: FleetEntry, before: FleetEntry | None, content: Snapshot, serial: int) -> None:
    digests = {type_set.type_url: type_set.digest for type_set in content.types}
    for url, type_entry in entry.types.items():
        assert type_entry.digest == digests.get(url, type_digest(b""))
        old = before.types.get(url) if before else None
        if old and old.digest == type_entry.digest:
            assert type_entry == old
        else:
            assert type_entry.version.startswith(f"{serial}.")
    assert digests.keys() <= entry.types.keys()
    assert entry.types.keys() <= digests.keys() | (before.types.keys() if before else set())
