"""UDPRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import ClassVar

from reconciler.manifests.base import Status
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import L4Rules, Route, RouteSpec, SingleL4Rule


class UDPRouteSpec(RouteSpec):
    """Where the route attaches, and where its datagrams go."""

    rules: SingleL4Rule


class UDPRoute(Route):
    """Routes of UDP datagrams."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "UDPRoute"

    spec: UDPRouteSpec
    status: Status = None


class UDPRouteV1Alpha2Spec(UDPRouteSpec):
    """The spec in v1alpha2, where there may be several rules."""

    rules: L4Rules


class UDPRouteV1Alpha2(UDPRoute):
    """A UDPRoute of version v1alpha2."""

    spec: UDPRouteV1Alpha2Spec
