"""Where `gitway gc` has cut the history: `collected.json`. Without it, what is gone would look like damage."""

from __future__ import annotations

import json

from reconciler.store.model import FORMAT, canonical
from reconciler.store.objects import Missing
from reconciler.store.store import Store

COLLECTED = "collected.json"


def read_collected(store: Store) -> int:
    """The serial below which releases have been collected; 0: none have."""
    try:
        before = json.loads(store.objects.get(COLLECTED))["before"]
    except (Missing, ValueError, LookupError, TypeError):
        return 0
    return before if isinstance(before, int) else 0


def write_collected(store: Store, before: int) -> None:
    """Notes that releases below this serial are being collected."""
    if before > read_collected(store):
        store.objects.put(COLLECTED, canonical({"format": FORMAT, "before": before}))
