"""What a publish does: a pure function of what is current, what is to be published, and git's history.

The rules, in the order in which they are applied:

- another repository, or other paths of it, need a prefix of their own (or `force`);
- the commit must be, or descend from, the commit of every fleet that is written or retired (or `force`);
- publishing what is current writes nothing; a later commit writes a release even where nothing else differs, so that
  a late run of an older commit is seen to be stale;
- a fleet that loses most of its routes or listeners, or a release without any fleet, needs `allow_empty`;
- the serial grows by one; a type keeps its version while its resources stay the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from fnmatch import fnmatchcase

from reconciler.records import dataclass
from reconciler.snapshot.model import CLUSTER, LISTENER, Snapshot, type_digest
from reconciler.store.errors import Refused
from reconciler.store.model import MAX_SERIAL, CommitInfo, FleetEntry, Release, Retired, TypeEntry
from reconciler.store.repositories import same_repository

IsAncestor = Callable[[str, str], bool]
"""Whether the first commit is the second or one of its ancestors. What it raises is passed on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be published.

    Attributes:
        repository: its name, without credentials.
        paths: the roots that were read, empty for the whole tree.
        gitway: the version that translated it.
        snapshots: by fleet, all fleets of the commit.
        routes: by fleet, how many routes are attached; without it, clusters are counted for the guard.
    """

    commit: CommitInfo
    repository: str
    paths: tuple[str, ...]
    gitway: str
    snapshots: Mapping[str, Snapshot]
    routes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to publish.

    Attributes:
        force: although the commit is stale, or of another repository or other paths; snapshots are written anew even
            where they are there, and a release that is lost or not to be trusted is followed without taking anything
            over from it.
        allow_empty: although a fleet loses most of what it has.
        fleets: globs (`*` matches `/` too); only what they match is written, empty: everything.
        min_serial: the new release has at least this serial, for a store that has lost its newest ones.
    """

    force: bool = False
    allow_empty: bool = False
    fleets: tuple[str, ...] = ()
    min_serial: int = 1

    def select(self, name: str) -> bool:
        """Whether a fleet is to be written."""
        return not self.fleets or any(fnmatchcase(name, glob) for glob in self.fleets)


@dataclass(frozen=True, slots=True)
class Current:
    """What HEAD names. `release` is None where it is lost and a new one has to follow it all the same.

    `digest` is None where nothing must lead back to that release, as it is not to be trusted.
    """

    serial: int
    digest: str | None
    release: Release | None


@dataclass(frozen=True, slots=True)
class NewRelease:
    """This release is to be made current. `retired`: the fleets that it no longer has."""

    release: Release
    retired: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpToDate:
    """What is to be published is current already: this release."""

    digest: str
    release: Release


def decide(
    current: Current | None, candidate: Candidate, is_ancestor: IsAncestor, terms: Terms
) -> NewRelease | UpToDate:
    """Decides what a publish does.

    Raises:
        Refused: nothing must be published.
    """
    before = current.release if current else None
    _check_selection(before, candidate, terms)
    if before and not terms.force:
        _check_repository(before, candidate, is_ancestor)
        _check_stale(before, candidate, is_ancestor, terms)
    release = _release(current, candidate, terms)
    if current and current.digest and before and _equal(before, release, terms) and current.serial >= terms.min_serial:
        return UpToDate(current.digest, before)
    refusal = None if terms.allow_empty else emptied(before.fleets if before else {}, release.fleets)
    if refusal is not None:
        raise refusal
    gone = before.fleets.keys() - release.fleets.keys() if before else ()
    return NewRelease(release, tuple(sorted(gone)))


def emptied(before: Mapping[str, FleetEntry], after: Mapping[str, FleetEntry]) -> Refused | None:
    """Why a release with the fleets `after` is not published without `allow_empty`; None where it is."""
    if not after:
        said = "no fleet would be left" if before else "there is no fleet to publish"
        return Refused(
            said,
            "check that the Gateways are where they are looked for (--path) and of a known class; "
            "if this is meant: --allow-empty",
        )
    losses = [
        f"{name} would lose {old - new} of its {old} {what}"
        for name, entry in sorted(before.items())
        if name in after
        for what, old, new in _measures(entry, after[name])
        if 2 * new < old
    ]
    if not losses:
        return None
    return Refused("; ".join(losses), "check with `gitway plan` what would go; if this is meant: --allow-empty")


def first_entries(snapshots: Mapping[str, Snapshot], routes: Mapping[str, int]) -> dict[str, FleetEntry]:
    """The fleets of a release without history, of no commit: for comparisons (`emptied`)."""
    return {
        name: FleetEntry(snapshot.digest, "", _types(None, snapshot, 0), routes.get(name))
        for name, snapshot in snapshots.items()
    }


def _release(current: Current | None, candidate: Candidate, terms: Terms) -> Release:
    before = current.release if current else None
    old_fleets = before.fleets if before else {}
    old_retired = before.retired if before else {}
    serial = _next_serial(current, terms)
    sha = candidate.commit.sha

    fleets = {name: entry for name, entry in old_fleets.items() if not terms.select(name)}
    for name, snapshot in candidate.snapshots.items():
        if terms.select(name):
            types = _types(old_fleets.get(name), snapshot, serial)
            fleets[name] = FleetEntry(snapshot.digest, sha, types, candidate.routes.get(name))

    retired = {name: entry for name, entry in old_retired.items() if name not in fleets}
    for name in (old_fleets.keys() | retired.keys()) - fleets.keys():
        if terms.select(name):
            retired[name] = Retired(sha, retired[name].serial if name in retired else serial)

    return Release(
        serial=serial,
        parent=current.digest if current else None,
        commit=candidate.commit,
        gitway=candidate.gitway,
        repository=candidate.repository,
        paths=candidate.paths,
        fleets=fleets,
        retired=retired,
    )


def _next_serial(current: Current | None, terms: Terms) -> int:
    serial = max(current.serial + 1 if current else 1, terms.min_serial)
    if serial > MAX_SERIAL:
        raise Refused("serials have come to their end", "somebody has set HEAD.json's: bring back its previous content")
    return serial


def _types(old: FleetEntry | None, snapshot: Snapshot, serial: int) -> dict[str, TypeEntry]:
    before = old.types if old else {}
    digests = {url: (type_digest(b""), 0) for url in before}
    digests |= {type_set.type_url: (type_set.digest, len(type_set.resources)) for type_set in snapshot.types}
    return {
        url: before[url] if url in before and before[url].digest == digest else TypeEntry(f"{serial}.{digest}", count)
        for url, (digest, count) in digests.items()
    }


def _equal(before: Release, after: Release, terms: Terms) -> bool:
    """Whether a release says nothing new: the same commits and snapshots for the fleets that it writes."""
    if not terms.fleets and before.commit.sha != after.commit.sha:
        return False
    old = {name: (entry.commit, entry.snapshot) for name, entry in before.fleets.items()}
    new = {name: (entry.commit, entry.snapshot) for name, entry in after.fleets.items()}
    return old == new and before.retired == after.retired


def _check_selection(before: Release | None, candidate: Candidate, terms: Terms) -> None:
    names = candidate.snapshots.keys() | (before.fleets.keys() | before.retired.keys() if before else set())
    unmatched = [glob for glob in terms.fleets if not any(fnmatchcase(name, glob) for name in names)]
    if unmatched:
        known = (
            f"the fleets are {_list(names)}" if names else "there are no fleets: is there a Gateway of a known class?"
        )
        raise Refused(f"no fleet matches {_list(unmatched)}", known)


def _check_repository(before: Release, candidate: Candidate, is_ancestor: IsAncestor) -> None:
    if before.repository != candidate.repository:
        same = same_repository(before.repository, candidate.repository)
        if same is None:  # at least one has no address: a common history says the same
            same = _descends(candidate.commit.sha, before.commit.sha, is_ancestor)
        if not same:
            raise Refused(
                f"this store belongs to the repository {before.repository}, and this is {candidate.repository}",
                "publish another repository under a prefix of its own; if the repository was renamed: --force",
            )
    if sorted(before.paths) != sorted(candidate.paths):
        raise Refused(
            f"this store holds what is in {_paths(before.paths)}, not {_paths(candidate.paths)}",
            "publish other paths under a prefix of their own; if the layout of the repository has changed: --force",
        )


def _check_stale(before: Release, candidate: Candidate, is_ancestor: IsAncestor, terms: Terms) -> None:
    sha = candidate.commit.sha
    commits = {name: retired.commit for name, retired in before.retired.items()}
    commits |= {name: entry.commit for name, entry in before.fleets.items()}
    written: dict[str, list[str]] = {}
    for name in sorted(filter(terms.select, commits)):
        written.setdefault(commits[name], []).append(name)
    for published, names in written.items():
        if not _descends(sha, published, is_ancestor):
            raise Refused(
                f"stale: commit {sha} is not a descendant of {published}, from which {_list(names)} "
                f"{'was' if len(names) == 1 else 'were'} published",
                "publish the newest commit of the branch, or rebase onto what is published; "
                "if the branch was rewritten on purpose: --force",
            )


def _descends(sha: str, published: str, is_ancestor: IsAncestor) -> bool:
    return sha == published or is_ancestor(published, sha)


def _measures(old: FleetEntry, new: FleetEntry) -> Iterable[tuple[str, int, int]]:
    """What must not mostly go, before and after."""
    yield "listeners", _count(old, LISTENER), _count(new, LISTENER)
    if old.routes is not None and new.routes is not None:
        yield "routes", old.routes, new.routes
    else:  # each rule of a route has a cluster of its own
        yield "clusters", _count(old, CLUSTER), _count(new, CLUSTER)


def _count(entry: FleetEntry, url: str) -> int:
    return entry.types[url].count if url in entry.types else 0


def _paths(paths: tuple[str, ...]) -> str:
    return _list(paths) if paths else "the whole repository"


def _list(names: Iterable[str], most: int = 5) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return ", ".join(ordered[:most]) + more
