"""What the sidecar counts, and Prometheus' text format for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.sidecar.board import Board


@dataclass(slots=True, eq=False)
class Metrics:
    """Counters since the start.

    Attributes:
        serial: of the newest release that was loaded; 0: none.
        loaded: whether there was anything to serve yet.
        polls, poll_errors: conditional requests to the store, and those that failed.
        untrusted: polls that found a HEAD without a valid signature, or older than what was accepted before.
        streams: open now, by protocol (`delta`, `sotw`).
        responses, acks, nacks: by type URL.
    """

    serial: int = 0
    loaded: bool = False
    store_ok: bool = False
    polls: int = 0
    poll_errors: int = 0
    untrusted: int = 0
    secret_errors: int = 0
    streams: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    responses: Counter[str] = field(default_factory=Counter)
    acks: int = 0
    nacks: Counter[str] = field(default_factory=Counter)


def prometheus(metrics: Metrics, board: Board) -> str:
    """The text that Prometheus scrapes."""
    return "\n".join((*_lines(metrics, board), ""))


def _lines(metrics: Metrics, board: Board) -> Iterator[str]:
    yield from _metric(
        "gitway_release_serial", "gauge", "Serial of the newest release that was loaded.", metrics.serial
    )
    yield from _metric(
        "gitway_store_up", "gauge", "Whether the last poll of the store succeeded.", int(metrics.store_ok)
    )
    yield from _metric("gitway_store_polls_total", "counter", "Polls of the store.", metrics.polls)
    yield from _metric("gitway_store_errors_total", "counter", "Polls of the store that failed.", metrics.poll_errors)
    yield from _metric(
        "gitway_store_untrusted_total", "counter", "Polls that found a HEAD not to be trusted.", metrics.untrusted
    )
    yield from _metric("gitway_secret_errors_total", "counter", "Secrets held back as unusable.", metrics.secret_errors)
    yield from _metric("gitway_requests_total", "counter", "Discovery requests.", metrics.requests)
    yield from _metric("gitway_acks_total", "counter", "Responses that were acknowledged.", metrics.acks)
    yield from _labelled("gitway_streams", "gauge", "Open streams.", "protocol", metrics.streams)
    yield from _labelled("gitway_responses_total", "counter", "Responses sent.", "type", metrics.responses)
    yield from _labelled("gitway_nacks_total", "counter", "Responses that were refused.", "type", metrics.nacks)
    served = {fleet.name: fleet.newest.serial for fleet in board.fleets.values() if fleet.newest}
    yield from _labelled("gitway_fleet_serial", "gauge", "Serial of a fleet's newest release.", "fleet", served)
    refused = {fleet.name: len(fleet.quarantine) for fleet in board.fleets.values() if fleet.newest}
    yield from _labelled("gitway_fleet_quarantined", "gauge", "Refused versions that are held back.", "fleet", refused)


def _metric(name: str, kind: str, help_: str, value: int) -> Iterator[str]:
    yield from (f"# HELP {name} {help_}", f"# TYPE {name} {kind}", f"{name} {value}")


def _labelled(name: str, kind: str, help_: str, label: str, values: dict[str, int]) -> Iterator[str]:
    yield from (f"# HELP {name} {help_}", f"# TYPE {name} {kind}")
    for key, value in sorted(values.items()):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{name}{{{label}="{escaped}"}} {value}'
