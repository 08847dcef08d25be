"""GW5xx: what is wrong with the produced configuration."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW501",
        "snapshot inconsistent",
        "A resource refers to another one that is not there. This is a defect of gitway, found before it could do "
        "harm.",
        "Please report it with the manifests that lead to it.",
    ),
    Entry(
        "GW502",
        "refused by Envoy",
        "envoy --mode validate does not accept the configuration of a fleet: published, it would be refused by "
        "every Envoy.",
        "Mend what Envoy names; --envoy-validate says when it is asked.",
    ),
    Entry(
        "GW503",
        "publish would be refused",
        "A fleet would lose most or all of what it serves, which is more often a mistake than meant: a publish asks "
        "for "
        "--allow-empty.",
        "Look for what has gone missing; if it is meant, publish with --allow-empty.",
    ),
)
