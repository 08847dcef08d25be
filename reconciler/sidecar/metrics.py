"""What the sidecar counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from reconciler.records import dataclass


@dataclass(slots=True, eq=False)
class Metrics:
    """Counters since the start, and what is the case now.

    Attributes:
        serial: of the newest release that was loaded; 0: none.
        loaded: whether there was anything to serve yet.
        draining: whether the sidecar is about to end.
        polls, poll_errors: conditional requests to the store, and those that failed.
        untrusted: polls that found a HEAD without a valid signature, or older than what was accepted before.
        problem: what is wrong with the store; empty: nothing.
        secret_errors: secrets that could not be used.
        streams: open now, by protocol (`delta`, `sotw`).
        responses, nacks: by type URL.
        rejected: streams that were ended for breaking a rule, by reason.
    """

    serial: int = 0
    loaded: bool = False
    draining: bool = False
    store_ok: bool = False
    polls: int = 0
    poll_errors: int = 0
    untrusted: int = 0
    problem: str = ""
    secret_errors: int = 0
    streams: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    responses: Counter[str] = field(default_factory=Counter)
    acks: int = 0
    nacks: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
