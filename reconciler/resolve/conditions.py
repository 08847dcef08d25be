"""Conditions as `metav1.Condition` has them."""

from __future__ import annotations

from typing import Any

from reconciler.manifests.base import Metadata
from reconciler.records import dataclass

Condition = dict[str, Any]

EPOCH = "1970-01-01T00:00:00Z"

_MAX_MESSAGE = 32_768
"""Characters of a message, by the schema of `metav1.Condition`."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all conditions of one object share.

    `time` stands in for the moment of transition, which a pure function of a commit cannot know: it is the object's
    creation, or the epoch.
    """

    generation: int | None
    time: str


def stamp(metadata: Metadata) -> Stamp:
    """The stamp for the conditions of the object with this metadata."""
    return Stamp(metadata.generation, metadata.creation_timestamp or EPOCH)


def condition(kind: str, status: bool, reason: str, message: str, stamp: Stamp) -> Condition:
    """One condition; `observedGeneration` is there where the manifest carries a generation."""
    if len(message) > _MAX_MESSAGE:
        message = f"{message[: _MAX_MESSAGE - 1]}…"
    made: Condition = {
        "type": kind,
        "status": "True" if status else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp.time,
    }
    if stamp.generation is not None:
        made["observedGeneration"] = stamp.generation
    return made
