"""`rollout status -o json` → a table for the step's summary, annotations, and an exit code.

    rollout_summary.py RESULT SUMMARY

Ends with 3 where Envoys have refused the release, or have not acknowledged it in time. A fleet of which no sidecar
reports an Envoy is a warning: nobody is there to be served yet.
"""

from __future__ import annotations

import html
import json
import sys
from pathlib import Path
from typing import Any

SHOWN = 10
"""Annotations of a kind that GitHub shows of a step."""


def main(result: str, summary: str) -> int:
    """Tell it, and give the exit code."""
    told = json.loads(Path(result).read_text(encoding="utf-8"))
    fleets = dict(sorted(told["fleets"].items()))
    with Path(summary).open("a", encoding="utf-8") as file:
        print(*_table(told["serial"], fleets), sep="\n", file=file)
    late = [name for name, fleet in fleets.items() if fleet["outcome"] in {"pending", "refused"}]
    for name in late[:SHOWN]:
        print(f"::error title=gitway rollout::{_line(f'{name} {_said(fleets[name])}')}")
    silent = [name for name, fleet in fleets.items() if fleet["outcome"] == "unreported"]
    if silent:
        print(f"::warning title=gitway rollout::{_line('no sidecar reports an Envoy of ' + ', '.join(silent[:SHOWN]))}")
    return 3 if late else 0


def _table(serial: int, fleets: dict[str, Any]) -> list[str]:
    rows = [f"| {name} | {_cell(_said(fleet))} |" for name, fleet in fleets.items()]
    return ["", f"Rollout of release {serial}:", "", "| fleet | rollout |", "|---|---|", *rows]


def _said(fleet: dict[str, Any]) -> str:
    counted = f"{fleet['acknowledged']} of {fleet['envoys']} Envoys have acknowledged it"
    match fleet["outcome"]:
        case "acknowledged":
            return f"✅ {counted}"
        case "refused":
            refused = "; ".join(f"{one['node']}: {one['message']}" for one in fleet["refused"][:SHOWN])
            return f"❌ refused: {refused}"
        case "pending":
            return f"⏳ {counted}, when waiting ended"
    return "⚪ no sidecar reports an Envoy"


def _cell(text: str) -> str:
    return html.escape(" ".join(text.split())).translate({ord(one): f"&#{ord(one)};" for one in "|`*_[]@~"})


def _line(text: str) -> str:
    return " ".join(text.split()).replace("%", "%25")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
