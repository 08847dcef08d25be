"""UDPRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import ClassVar

from reconciler.manifests.base import Status
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import L4RouteSpec, L4RouteV1Alpha2Spec, Route


class UDPRoute(Route):
    """Routes of UDP datagrams."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "UDPRoute"

    spec: L4RouteSpec
    status: Status = None


class UDPRouteV1Alpha2(UDPRoute):
    """A UDPRoute of version v1alpha2, where there may be several rules."""

    spec: L4RouteV1Alpha2Spec
