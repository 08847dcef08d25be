"""What the sidecar serves, to whom, and what became of it: as JSON."""

from __future__ import annotations

import time
from typing import Any

from reconciler import __version__
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Envoy, Roster
from reconciler.sidecar.protocol import Fleet, Refusal, View
from reconciler.store.status import timestamp

FORMAT = 1


def not_ready(metrics: Metrics) -> str:
    """Why Envoys had better connect elsewhere, or an empty string."""
    if metrics.draining:
        return "draining"
    return "" if metrics.loaded else "no release has been loaded yet"


def overview(board: Board, metrics: Metrics, roster: Roster) -> dict[str, Any]:
    """All that fits on a page."""
    return {
        "format": FORMAT,
        "gitway": __version__,
        "time": timestamp(time.time()),
        "serial": metrics.serial,
        "ready": not not_ready(metrics),
        "release": _release(board),
        "store": {
            "url": board.store,
            "up": metrics.store_ok,
            "polls": metrics.polls,
            "errors": metrics.poll_errors,
            "problem": metrics.problem,
        },
        "streams": dict(metrics.streams),
        "fleets": {
            name: {
                **_fleet(fleet, fleet.newest),
                "types": {
                    url: {"version": each.version, "count": len(each.resources)}
                    for url, each in fleet.newest.contents.items()
                },
                "secrets": [problem._asdict() for problem in board.secret_problems(fleet)],
            }
            for name, fleet in sorted(board.fleets.items())
            if fleet.newest is not None
        },
        "unknown": sorted(name for name, fleet in board.fleets.items() if fleet.newest is None),
        "secrets": dict(sorted(board.broken.items())),
        "nodes": nodes(roster)["nodes"],
    }


def snapshot(board: Board, only: str | None = None) -> dict[str, Any]:
    """What each fleet is given: all names and versions."""
    return {
        "format": FORMAT,
        "release": _release(board),
        "fleets": {
            name: {
                **_fleet(fleet, fleet.newest),
                "types": {
                    url: {
                        "version": content.version,
                        "resources": {each.name: each.version for each in content.all},
                    }
                    for url, content in fleet.newest.contents.items()
                },
            }
            for name, fleet in sorted(board.fleets.items())
            if fleet.newest is not None and only in {None, name}
        },
    }


def nodes(roster: Roster, only: str | None = None) -> dict[str, Any]:
    """The Envoys that are connected."""
    return {"format": FORMAT, "nodes": [_node(each) for each in roster.envoys() if only in {None, each.fleet}]}


def _release(board: Board) -> dict[str, Any] | None:
    current = board.current
    if current is None:
        return None
    return {
        "serial": current.serial,
        "digest": current.digest,
        "commit": current.commit.to_json(),
        "repository": current.repository,
        "loaded": timestamp(current.loaded),
    }


def _fleet(fleet: Fleet, newest: View) -> dict[str, Any]:
    fallback = fleet.fallback() if fleet.quarantined(newest) else None
    return {
        "serial": newest.serial,
        "snapshot": newest.snapshot,
        "release": newest.release,
        "acknowledged": fleet.good.serial if fleet.good is not None else None,
        "fallback": fallback.serial if fallback is not None else None,
        "quarantined": fleet.quarantined(newest),
        "streams": len(fleet.on_change),
        "refused": [_refusal(each) for each in fleet.quarantine.values()],
    }


def _node(envoy: Envoy) -> dict[str, Any]:
    return {
        "node": envoy.node,
        "fleet": envoy.fleet,
        "protocol": envoy.protocol,
        "peer": envoy.peer,
        "since": timestamp(envoy.since),
        "serial": envoy.serial,
        "lag": envoy.lag,
        "types": {url: each._asdict() for url, each in envoy.types.items()},
        "refused": _refusal(envoy.refusal) if envoy.refusal is not None else None,
    }


def _refusal(refusal: Refusal) -> dict[str, str]:
    return {
        "type": refusal.type_url,
        "version": refusal.version,
        "node": refusal.node,
        "snapshot": refusal.snapshot,
        "message": refusal.message,
    }
