"""What dangers are looked for in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.diagnostics import FieldPath
from reconciler.review.behaviour import Answer
from reconciler.review.catalogue.entry import Entry
from reconciler.review.comparison import Comparison, HostChange
from reconciler.review.dangers.danger import Danger, Risk, severity
from reconciler.review.places import finding
from reconciler.review.served.tables import Route
from reconciler.source.document import Document


class Scene(NamedTuple):
    """Both sides, and what sample requests come to on them."""

    comparison: Comparison
    answers: tuple[Answer, ...]

    def danger(
        self,
        entry: Entry,
        risk: Risk,
        message: str,
        place: tuple[Document, FieldPath] | None,
        *,
        gone: bool = False,
    ) -> Danger:
        """A danger at a place of the head, or with `gone` of the base."""
        version = self.comparison.before if gone else self.comparison.after
        return Danger(risk, finding(entry.code, severity(risk), message, entry.remedy, version, place, gone=gone))

    def pairs(self) -> Iterator[tuple[HostChange, Route, Route]]:
        """Routes of one match before and after, of the virtual hosts that differ."""
        for change in self.comparison.hosts:
            old = {route.match: route for route in reversed(change.routes(after=False))}
            for route in change.routes(after=True):
                if route.match in old:
                    yield change, old[route.match], route
