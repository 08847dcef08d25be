"""Durations of the Gateway API (GEP-2257)."""

from __future__ import annotations

import re
from functools import lru_cache

_PART = re.compile(r"(\d+)(ms|h|m|s)")
_MILLISECONDS = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


@lru_cache(maxsize=1024)
def milliseconds(duration: str) -> int:
    """A valid duration such as `1m30s` in milliseconds."""
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(duration))
