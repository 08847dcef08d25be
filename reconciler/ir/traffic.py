"""What a BackendTrafficPolicy asks for, apart from how backends are connected to (`reconciler.ir.clusters`)."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.ir.clusters import ClusterSettings


class Traffic(NamedTuple):
    """What is in force for a rule.

    Attributes:
        policy: `namespace/name` of the policy, for names.
    """

    policy: str
    cluster: ClusterSettings | None = None
