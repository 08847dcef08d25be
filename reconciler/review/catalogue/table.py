"""All codes, and what is made of them: explanations for `gitway explain` and the README's table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import chain
from textwrap import indent
from typing import Final

from reconciler.review.catalogue import changes, conflicts, guardrails, references, schema, security, values, xds
from reconciler.review.catalogue.entry import Entry

_CATALOGUES: Final = (schema, values, references, conflicts, security, xds, changes, guardrails)


@cache
def entries() -> Mapping[str, Entry]:
    """Every code with its entry, in the order of codes.

    Raises:
        ValueError: two entries have one code.
    """
    found = sorted(chain.from_iterable(catalogue.ENTRIES for catalogue in _CATALOGUES))
    by_code = {entry.code: entry for entry in found}
    if len(by_code) != len(found):
        raise ValueError("two entries of the catalogue have one code")
    return by_code


def explanation(entry: Entry) -> str:
    """An entry for people."""
    parts = [f"{entry.code}: {entry.title}", entry.why]
    if entry.example:
        parts.append("Example:\n\n" + indent(entry.example.strip("\n"), "    "))
    parts.append(f"What to do: {entry.remedy}")
    return "\n\n".join(parts) + "\n"


def as_markdown() -> str:
    """The README's table."""
    return "\n".join(
        ["| code | meaning |", "|---|---|", *(f"| {one.code} | {one.title} |" for one in entries().values())]
    )
