"""The summary of a job: the comment with more room, for what the comment has left out."""

from __future__ import annotations

from typing import Final

from reconciler.review.formats.markdown import Room, written
from reconciler.review.plan import Plan

ROOM: Final = Room(characters=250_000, part=40_000, rows=300, edges=400)
"""GitHub takes 1 MiB of a step, and a character may have four bytes."""


def plan_text(plan: Plan) -> str:
    """The summary."""
    return written(plan, ROOM)
