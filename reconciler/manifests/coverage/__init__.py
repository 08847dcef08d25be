"""What gitway makes of every field of Envoy Gateway's kinds: one module a kind, named like that of its model.

Each has `FIELDS`: the path of a field below `spec`, entries of lists left out, → what becomes of it and of all below it
that is not listed itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import NamedTuple, cast

YES = "yes"
NO_MEANING = "no meaning here"
NOT_YET = "not yet"


class Coverage(NamedTuple):
    """What becomes of a field.

    Attributes:
        state: `YES`, `NO_MEANING` or `NOT_YET`.
        by: of what is translated the tests with traffic, below `tests/traffic`, apart by spaces; of what has no meaning
            the code of its diagnostic; of what is not translated yet why.
    """

    state: str
    by: str


Fields = Mapping[str, Coverage]


def yes(*tests: str) -> Coverage:
    """Translated, as these tests with traffic show (`policies/test_requests.py::test_faults`)."""
    return Coverage(YES, " ".join(tests))


def no_meaning(code: str) -> Coverage:
    """Accepted, without effect, and reported with this code."""
    return Coverage(NO_MEANING, code)


def not_yet(reason: str) -> Coverage:
    """Not translated, and reported as such."""
    return Coverage(NOT_YET, reason)


def fields(kind: str) -> Fields:
    """What is listed for a kind.

    Raises:
        ModuleNotFoundError: nothing is.
    """
    return cast("Fields", import_module(f"reconciler.manifests.coverage.{kind.lower()}").FIELDS)


def coverage(path: str, listed: Fields) -> Coverage | None:
    """What becomes of the field at a path: as it is listed, or the closest of those that it is part of."""
    while path:
        if path in listed:
            return listed[path]
        path = path.rpartition(".")[0]
    return None


def table(kinds: Iterable[str]) -> str:
    """The fields of kinds that are not translated, as a table in Markdown. All others are.

    Raises:
        ModuleNotFoundError: the fields of a kind are not listed.
    """
    lines = [f"| kind | {NO_MEANING} | {NOT_YET} |", "|---|---|---|"]
    for kind in kinds:
        columns = [_named(fields(kind), state) for state in (NO_MEANING, NOT_YET)]
        lines.append(f"| {kind} | {' | '.join(columns)} |")
    return "\n".join(lines)


def _named(listed: Fields, state: str) -> str:
    return ", ".join(f"`{path}`" for path, found in sorted(listed.items()) if found.state == state) or "-"
