"""A plan that was saved, and whether it still holds: what was reviewed is what ships.

It is about content, not commits: a merge makes another commit of the same manifests, and the plan still holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from reconciler.review.plan import FORMAT

if TYPE_CHECKING:
    from reconciler.snapshot.model import Snapshot
    from reconciler.store.model import Release


class SavedPlan(NamedTuple):
    """What a plan said: digests of snapshots by fleet, of its base and of its head."""

    refused: bool
    base: Mapping[str, str]
    head: Mapping[str, str]


def read_plan(path: Path) -> SavedPlan:
    """A file that `plan -o json --out` wrote.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no plan; says why.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is no plan of format {FORMAT}")
    base, head = document.get("baseSnapshots"), document.get("snapshots")
    if not _digests(base) or not _digests(head):
        raise ValueError("it has no digests of snapshots")
    errors: Any = document.get("diagnostics")
    refused = not isinstance(errors, list) or any(
        not isinstance(one, dict) or one.get("severity") == "error" for one in errors
    )
    return SavedPlan(refused, base, head)


def no_longer_holds(plan: SavedPlan, release: Release | None, snapshots: Mapping[str, Snapshot]) -> str:
    """Why a plan does not hold for what is published now and what would be; empty where it does."""
    if plan.refused:
        return "the plan has errors"
    current = {name: entry.snapshot for name, entry in release.fleets.items()} if release else {}
    moved = _differing(plan.base, current)
    if moved:
        return f"something else has been published since the plan was made, which is another base for {_named(moved)}"
    made = {name: snapshot.digest for name, snapshot in snapshots.items()}
    if made == current:
        return ""
    other = _differing(plan.head, made)
    return f"this commit gives something else than the plan for {_named(other)}" if other else ""


def _digests(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _named(fleets: Sequence[str]) -> str:
    return ("fleet " if len(fleets) == 1 else "fleets ") + ", ".join(fleets)
