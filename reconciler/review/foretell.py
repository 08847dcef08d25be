"""What a publish of the planned commit would be refused for, said while there is still time to think about it."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.snapshot.model import Snapshot
from reconciler.store.decide import emptied, first_entries
from reconciler.store.model import FleetEntry

GUARDED = "GW503"


def guards(
    published: Mapping[str, FleetEntry] | None, snapshots: Mapping[str, Snapshot], routes: Mapping[str, int]
) -> tuple[Diagnostic, ...]:
    """A warning where a publish needs --allow-empty.

    Args:
        published: the fleets of the release that is current; None where the plan is not about a store.
        snapshots: what would be published, by fleet.
        routes: how many routes are attached, by fleet.
    """
    if published is None:
        return ()
    refusal = emptied(published, first_entries(snapshots, routes))
    if refusal is None:
        return ()
    message = f"a publish would be refused: {refusal.message}"
    guidance = "mend it if this is not meant; else publish with --allow-empty"
    return (Diagnostic(GUARDED, Severity.WARNING, message, help=guidance),)
