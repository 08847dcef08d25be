"""GW6xx: dangers of a change. Each has its entry beside what finds it."""

from __future__ import annotations

from typing import Final

from reconciler.review.dangers.table import DANGERS

ENTRIES: Final = tuple(module.ENTRY for module in DANGERS)
