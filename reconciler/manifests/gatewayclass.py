"""GatewayClass (gateway.networking.k8s.io)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from reconciler.manifests.base import ClusterResource, Model, Status
from reconciler.manifests.references import GATEWAY_GROUP, ObjectReference
from reconciler.manifests.values import DOMAIN_PREFIXED_PATH


class GatewayClassSpec(Model):
    """Who implements the class."""

    controller_name: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=DOMAIN_PREFIXED_PATH)]
    parameters_ref: ObjectReference | None = None
    description: Annotated[str, StringConstraints(max_length=64)] | None = None


class GatewayClass(ClusterResource):
    """A class of Gateways."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "GatewayClass"

    spec: GatewayClassSpec
    status: Status = None
