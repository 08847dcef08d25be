"""`publish --plan`: only what was reviewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.exits import WRONG_INPUT, fail
from reconciler.store.errors import Refused

if TYPE_CHECKING:
    from reconciler.snapshot.model import Snapshot
    from reconciler.store.model import Release
    from reconciler.store.publish import Vet

Promise = Callable[["Release | None", Mapping[str, "Snapshot"]], None]
"""Raises `Refused` where a plan does not hold for what is published and what would be."""


def as_planned(path: Path) -> Promise:
    """The promise of a file that `plan -o json --out` wrote; ends where it is none."""
    from reconciler.review.saved import no_longer_holds, read_plan

    try:
        plan = read_plan(path)
    except ValueError as error:
        fail(WRONG_INPUT, f"--plan {path}: {error}", "make one with gitway plan -o json --out FILE")

    def check(release: Release | None, snapshots: Mapping[str, Snapshot]) -> None:
        reason = no_longer_holds(plan, release, snapshots)
        if reason:
            raise Refused(f"the plan {path} no longer holds: {reason}", "make a new plan, and review that")

    return check


def vetted(vet: Vet | None, promise: Promise | None, snapshots: Mapping[str, Snapshot]) -> Vet | None:
    """Both questions of a publish before it follows a release, as one."""
    if promise is None:
        return vet

    def check(release: Release | None) -> None:
        if vet is not None:
            vet(release)
        promise(release, snapshots)

    return check
