"""TCPRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import ClassVar

from reconciler.manifests.base import Status
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import L4Rules, Route, RouteSpec, SingleL4Rule


class TCPRouteSpec(RouteSpec):
    """Where the route attaches, and where its connections go."""

    rules: SingleL4Rule


class TCPRoute(Route):
    """Routes of TCP connections."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "TCPRoute"

    spec: TCPRouteSpec
    status: Status = None


class TCPRouteV1Alpha2Spec(TCPRouteSpec):
    """The spec in v1alpha2, where there may be several rules."""

    rules: L4Rules


class TCPRouteV1Alpha2(TCPRoute):
    """A TCPRoute of version v1alpha2."""

    spec: TCPRouteV1Alpha2Spec
