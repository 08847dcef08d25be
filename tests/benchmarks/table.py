"""The table that is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `bound` is empty where there is none and `ok` says nothing."""

    what: str
    figure: str
    bound: str = ""
    ok: bool = True


def ratio(what: str, value: float, base: float, bound: float, detail: str = "") -> Row:
    """A row for `value` / `base` (seconds), which may be at most `bound`."""
    figure = f"{value / base:.2f} ({value:.3f} s / {base:.3f} s)"
    return Row(what, f"{figure} {detail}".rstrip(), f"<= {bound:.2f}", value / base <= bound)


def memory(what: str, mib: float, bound: float) -> Row:
    """A row for a memory figure, which must be below `bound` MiB."""
    return Row(what, f"{mib:.0f} MiB", f"< {bound:.0f} MiB", mib < bound)


def rendered(rows: Iterable[Row]) -> str:
    """The rows as aligned text."""
    cells = [("what", "figure", "bound", "ok")]
    cells += [(row.what, row.figure, row.bound, ("yes" if row.ok else "NO") if row.bound else "") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
