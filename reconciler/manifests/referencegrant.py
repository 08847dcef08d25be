"""ReferenceGrant (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from reconciler.manifests.base import Model, NamespacedResource
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.values import Group, Kind, Name, Namespace


class ReferenceGrantFrom(Model):
    """Objects that may refer."""

    group: Group
    kind: Kind
    namespace: Namespace


class ReferenceGrantTo(Model):
    """Objects of the grant's namespace that may be referred to. `name` None: all of the kind."""

    group: Group
    kind: Kind
    name: Name | None = None


class ReferenceGrantSpec(Model):
    """Any `from` may refer to any `to`."""

    from_: Annotated[list[ReferenceGrantFrom], Field(alias="from", min_length=1, max_length=16)]
    to: Annotated[list[ReferenceGrantTo], Field(min_length=1, max_length=16)]


class ReferenceGrant(NamespacedResource):
    """Permission to refer to objects of its namespace from others."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "ReferenceGrant"

    spec: ReferenceGrantSpec
