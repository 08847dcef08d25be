"""Kubernetes' lists library, and the sets of cel-go."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def is_sorted(items: list[Any]) -> bool:
    """`isSorted`."""
    return all(before <= after for before, after in pairwise(items))


def total(items: list[Any]) -> Any:
    """`sum`."""
    return sum(items)


def least(items: list[Any]) -> Any:
    """`min`."""
    return min(items)


def greatest(items: list[Any]) -> Any:
    """`max`."""
    return max(items)


def index_of(found_in: Sequence[Any], sought: Any, start: int = 0) -> int:
    """`indexOf` of a list or a string; -1: it is not there."""
    if isinstance(found_in, str):
        return found_in.find(sought, start)
    return next((index for index in range(start, len(found_in)) if found_in[index] == sought), -1)


def last_index_of(found_in: Sequence[Any], sought: Any, end: int | None = None) -> int:
    """`lastIndexOf` of a list or a string; -1: it is not there."""
    if isinstance(found_in, str):
        return found_in.rfind(sought) if end is None else found_in.rfind(sought, 0, end + len(sought))
    return next((index for index in reversed(range(len(found_in))) if found_in[index] == sought), -1)


def contains(_: Any, items: list[Any], others: list[Any]) -> bool:
    """`sets.contains`: all of the others are among the items."""
    return all(other in items for other in others)


def equivalent(sets: Any, items: list[Any], others: list[Any]) -> bool:
    """`sets.equivalent`."""
    return contains(sets, items, others) and contains(sets, others, items)


def intersects(_: Any, items: list[Any], others: list[Any]) -> bool:
    """`sets.intersects`."""
    return any(other in items for other in others)


def size(value: Any) -> int:
    """`size`: of a string in characters (the engine would count bytes)."""
    return len(value)
