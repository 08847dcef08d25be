"""All dangers."""

from __future__ import annotations

from typing import Final

from reconciler.review.dangers import (
    auth_removed,
    backends_gone,
    catch_all_added,
    certificates_changed,
    fleet_changed,
    fleet_retired,
    hostname_dropped,
    listener_dropped,
    precedence_changed,
    redirect_loop,
    requests_unanswered,
    tls_removed,
)
from reconciler.review.dangers.danger import Danger, in_order
from reconciler.review.dangers.scene import Scene

DANGERS: Final = (
    listener_dropped,
    hostname_dropped,
    precedence_changed,
    backends_gone,
    tls_removed,
    auth_removed,
    catch_all_added,
    redirect_loop,
    requests_unanswered,
    certificates_changed,
    fleet_changed,
    fleet_retired,
)


def dangers(scene: Scene) -> tuple[Danger, ...]:
    """All that are found, the worst first."""
    return in_order(danger for module in DANGERS for danger in module.find(scene))
