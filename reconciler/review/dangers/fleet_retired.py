"""A fleet is no longer part of the release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.diagnostics import FieldPath
from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.source.document import Document

ENTRY: Final = Entry(
    "GW611",
    "fleet retired",
    "The Gateway is gone: its Envoys keep what they have, and no change reaches them any more. New ones start with "
    "nothing.",
    "Take the Envoys out of service first.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each fleet."""
    comparison = scene.comparison
    for fleet in comparison.fleets:
        if fleet not in comparison.after.snapshots:
            place = _gateway(scene, fleet)
            yield scene.danger(ENTRY, Risk.HIGH, f"fleet {fleet} is retired", place, gone=True)


def _gateway(scene: Scene, fleet: str) -> tuple[Document, FieldPath] | None:
    for (_, _, namespace, name), document in scene.comparison.before.of_kinds("Gateway").items():
        if f"{namespace}/{name}" == fleet:
            return document, ()
    return None
