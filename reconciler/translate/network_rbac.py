"""Authorization of connections, by the client's address."""

from __future__ import annotations

from reconciler.ir.security import Authorization
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.permissions import matcher

NAME = "envoy.filters.network.rbac"


def network_filter(authorization: Authorization) -> bytes:
    """The encoded filter, which comes before the proxy of a chain."""
    rbac = s.NetworkRbac(stat_prefix="rbac", matcher=matcher(authorization))
    return encode(m.Filter(name=NAME, typed_config=to_any(rbac)))
