"""`publish -o json` → Markdown for the step's summary."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """From stdin to stdout."""
    told = json.load(sys.stdin)
    verb = "is published" if told["changed"] else "was current already"
    print(f"### 🚀 gitway: release {told['serial']} {verb}\n\n`{told['release']}`\n")
    print("| fleet | resources | snapshot |\n|---|---:|---|")
    for name, fleet in sorted(told["fleets"].items()):
        count = sum(entry["count"] for entry in fleet["types"].values())
        print(f"| {name} | {count} | `{fleet['snapshot'][:16]}` |")


if __name__ == "__main__":
    main()
