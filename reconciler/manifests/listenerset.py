"""ListenerSet (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import ClassVar

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.listeners import Listeners
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.values import Group, Kind, Name, Namespace


class ParentGatewayReference(Model):
    """The Gateway that a ListenerSet attaches to. `namespace` None: the ListenerSet's own."""

    group: Group = GATEWAY_GROUP
    kind: Kind = "Gateway"
    name: Name
    namespace: Namespace | None = None


class ListenerSetSpec(Model):
    """Which Gateway the listeners are added to."""

    parent_ref: ParentGatewayReference
    listeners: Listeners


class ListenerSet(NamespacedResource):
    """More listeners for a Gateway."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "ListenerSet"

    spec: ListenerSetSpec
    status: Status = None
