"""Small snapshots, commits and candidates."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, LISTENER, ROUTE_CONFIGURATION, Snapshot
from reconciler.store.decide import Candidate
from reconciler.store.model import CommitInfo

REPOSITORY = "https://github.com/acme/routes"
WEB = "prod/web"
API = "prod/api"


def commit(number: int) -> CommitInfo:
    """The commit of this number in a linear history."""
    return CommitInfo(f"{number:040x}", "Ada Lovelace <ada@example.com>", "2026-01-01T12:00:00Z", f"Commit {number}")


def linear(ancestor: str, descendant: str) -> bool:
    """`is_ancestor` of that history."""
    return int(ancestor, 16) <= int(descendant, 16)


def snapshot(content: str = "a", clusters: int = 2, listeners: int = 1) -> Snapshot:
    """A snapshot whose clusters depend on `content`, and whose listeners do not."""
    return build(
        {
            LISTENER: {f"listener-{index}": b"listener" for index in range(listeners)},
            ROUTE_CONFIGURATION: {f"listener-{index}": b"routes" for index in range(listeners)},
            CLUSTER: {f"cluster-{index}": f"{content} {index}".encode() for index in range(clusters)},
        }
    )


def candidate(
    number: int,
    snapshots: Mapping[str, Snapshot] | Snapshot | None = None,
    *,
    repository: str = REPOSITORY,
    paths: tuple[str, ...] = (),
    routes: Mapping[str, int] | None = None,
) -> Candidate:
    """What the commit of this number holds; one snapshot alone is that of the fleet `WEB`."""
    if snapshots is None:
        snapshots = snapshot(str(number))
    fleets = {WEB: snapshots} if isinstance(snapshots, Snapshot) else snapshots
    return Candidate(commit(number), repository, paths, "1.2.3", fleets, routes or {})
