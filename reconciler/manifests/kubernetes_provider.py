"""How Envoy Gateway deploys Envoy to Kubernetes. gitway deploys nothing: all of this is accepted and has no effect.

Structures of Kubernetes' own (`Foreign`: those of pods, containers and autoscalers) are not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import Int32

FOREIGN: Final = "x-gitway-foreign"
"""Marks the JSON schema of what is not looked into."""

Foreign = Annotated[Any, WithJsonSchema({FOREIGN: True})]

_IMAGE = re.compile(r"[a-zA-Z0-9._-]+(:[0-9]+)?(/[a-zA-Z0-9._/-]+)?(:[a-zA-Z0-9._-]+)?(@sha256:[a-z0-9]+)?")
_REPOSITORY = re.compile(r"[a-zA-Z0-9._-]+(:[0-9]+)?[a-zA-Z0-9._/-]+")
_IPV4 = re.compile(r"((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)")


def _matching(pattern: re.Pattern[str], words: str) -> AfterValidator:
    def validate(text: str) -> str:
        if not pattern.fullmatch(text):
            raise refused([Violation(words)])
        return text

    return AfterValidator(validate)


class Container(Model):
    """Envoy's container."""

    env: Foreign = None
    resources: Foreign = None
    security_context: Foreign = None
    image: Annotated[str, _matching(_IMAGE, 'must be an image, such as "envoyproxy/envoy:v1.36"')] | None = None
    image_repository: (
        Annotated[str, _matching(_REPOSITORY, "must be the repository of an image, without a tag")] | None
    ) = None
    volume_mounts: Foreign = None

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if self.image is not None and self.image_repository is not None:
            raise refused([Violation("may have image or imageRepository, not both")])
        return self


class Deployment(Model):
    """A Deployment."""

    container: Container | None = None
    init_containers: Foreign = None
    name: str | None = None
    patch: Foreign = None
    pod: Foreign = None
    replicas: Int32 | None = None
    strategy: Foreign = None


class DaemonSet(Model):
    """A DaemonSet."""

    container: Container | None = None
    name: str | None = None
    patch: Foreign = None
    pod: Foreign = None
    strategy: Foreign = None


def _positive(count: int) -> int:
    if count <= 0:
        raise refused([Violation("must be greater than 0")])
    return count


class HorizontalPodAutoscaler(Model):
    """An autoscaler."""

    behavior: Foreign = None
    max_replicas: Annotated[Int32, AfterValidator(_positive)]
    metrics: Foreign = None
    min_replicas: Annotated[Int32, AfterValidator(_positive)] | None = None
    name: str | None = None
    patch: Foreign = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_replicas is not None and self.max_replicas < self.min_replicas:
            raise refused([Violation(f"must be at least minReplicas, {self.min_replicas}", ("maxReplicas",))])
        return self


class PodDisruptionBudget(Model):
    """How many pods may be missing."""

    max_unavailable: Foreign = None
    min_available: Foreign = None
    name: str | None = None
    patch: Foreign = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if self.max_unavailable is not None and self.min_available is not None:
            raise refused([Violation("may have minAvailable or maxUnavailable, not both")])
        return self


class EnvoyService(Model):
    """The Service in front of Envoy."""

    allocate_load_balancer_node_ports: bool | None = None
    annotations: dict[str, str] = Field(default_factory=dict)
    external_traffic_policy: Literal["Local", "Cluster"] = "Local"
    labels: dict[str, str] = Field(default_factory=dict)
    load_balancer_class: str | None = None
    load_balancer_ip: Annotated[
        Annotated[str, _matching(_IPV4, "must be an IPv4 address")] | None, Field(alias="loadBalancerIP")
    ] = None
    load_balancer_source_ranges: list[str] = Field(default_factory=list)
    name: str | None = None
    patch: Foreign = None
    type: Literal["ClusterIP", "LoadBalancer", "NodePort"] = "LoadBalancer"

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        of_load_balancers = {
            "allocateLoadBalancerNodePorts": self.allocate_load_balancer_node_ports,
            "loadBalancerSourceRanges": self.load_balancer_source_ranges or None,
            "loadBalancerIP": self.load_balancer_ip,
        }
        for name, value in of_load_balancers.items():
            if value is not None and self.type != "LoadBalancer":
                yield Violation("may only be set where type is LoadBalancer", (name,))


class EnvoyServiceAccount(Model):
    """The account that Envoy's pods have."""

    name: str | None = None


class KubernetesProvider(Model):
    """Objects that Envoy Gateway makes."""

    envoy_daemon_set: DaemonSet | None = None
    envoy_deployment: Deployment | None = None
    envoy_hpa: HorizontalPodAutoscaler | None = None
    envoy_pdb: Annotated[PodDisruptionBudget | None, Field(alias="envoyPDB")] = None
    envoy_service: EnvoyService | None = None
    envoy_service_account: EnvoyServiceAccount | None = None
    use_listener_port_as_container_port: bool | None = None

    @model_validator(mode="after")
    def _one_workload(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.envoy_daemon_set is None:
            return
        if self.envoy_deployment is not None:
            yield Violation("may have envoyDeployment or envoyDaemonSet, not both")
        if self.envoy_hpa is not None:
            yield Violation("may not be set where envoyDaemonSet is", ("envoyHpa",))
