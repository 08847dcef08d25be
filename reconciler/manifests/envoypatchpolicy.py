"""EnvoyPatchPolicy (gateway.envoyproxy.io)."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.json_patch import JSONPatchOperation
from reconciler.manifests.references import LocalObjectReference
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.values import Int32

ResourceType = Literal[
    "type.googleapis.com/envoy.config.listener.v3.Listener",
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
]


class EnvoyJSONPatch(Model):
    """A change of one of Envoy's resources."""

    type: ResourceType
    name: str
    operation: JSONPatchOperation


class EnvoyPatchPolicySpec(Model):
    """What is changed, and of whom; the lowest priority (0 without one) is applied first."""

    type: Literal["JSONPatch"]
    json_patches: list[EnvoyJSONPatch] = Field(default_factory=list)
    target_ref: LocalObjectReference
    priority: Int32 | None = None


class EnvoyPatchPolicy(NamespacedResource):
    """Changes of Envoy's configuration, as it was made of everything else."""

    group: ClassVar[str] = ENVOY_GATEWAY
    kind_name: ClassVar[str] = "EnvoyPatchPolicy"

    spec: EnvoyPatchPolicySpec
    status: Status = None
