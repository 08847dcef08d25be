"""Service (core)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from reconciler.manifests.base import Labels, Model, NamespacedResource, ServiceMetadata, Status
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import (
    DNS_SUBDOMAIN,
    PATTERN_WORDS,
    Int32,
    LabelOrEmpty,
    Port,
    PortOrZero,
    QualifiedName,
)

_PORT_NAME = re.compile(r"(?=[^a-z]*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?")
_MAX_PORT: Final = 65535


def _target_port(value: object) -> int | str:
    """A port's number or name (`intOrString`; names are IANA service names, RFC 6335)."""
    if isinstance(value, int) and not isinstance(value, bool):
        if 1 <= value <= _MAX_PORT:
            return value
        raise refused([Violation(f"must be between 1 and {_MAX_PORT}")])
    if isinstance(value, str):
        if _PORT_NAME.fullmatch(value):
            return value
        words = 'must be a port\'s number, or its name: at most 15 lower case letters, digits and "-", one a letter'
        help_ = f"Write it without quotes: {value}." if value.isdecimal() else ""
        raise refused([Violation(words, (), help_)])
    raise refused([Violation("must be a port's number or its name")])


def _is_ip(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise refused([Violation("must be an IP address")]) from None
    return text


_IP = Annotated[str, AfterValidator(_is_ip)]
_ClusterIP = Annotated[str, AfterValidator(lambda text: text if text in {"", "None"} else _is_ip(text))]
_IPFamily = Literal["IPv4", "IPv6"]


class ServicePort(Model):
    """A port of the Service. `target_port` is the number or the name of the endpoints' port."""

    name: LabelOrEmpty = ""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    app_protocol: QualifiedName | None = None
    port: Port
    target_port: Annotated[int | str, PlainValidator(_target_port)] = Field(
        default_factory=lambda fields: fields["port"]
    )
    node_port: PortOrZero = 0


class ServiceSpec(Model):
    """Which endpoints, on which ports. `cluster_ip` is `None` (as text) for a headless Service."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = "ClusterIP"
    ports: list[ServicePort] = Field(default_factory=list)
    selector: Labels = Field(default_factory=dict)
    external_name: str = ""
    cluster_ip: Annotated[_ClusterIP, Field(alias="clusterIP")] = ""
    cluster_ips: Annotated[list[_ClusterIP], Field(alias="clusterIPs", max_length=2)] = Field(default_factory=list)
    external_ips: Annotated[list[_IP], Field(alias="externalIPs")] = Field(default_factory=list)
    publish_not_ready_addresses: bool = False
    ip_families: Annotated[list[_IPFamily], Field(max_length=2)] = Field(default_factory=list)
    ip_family_policy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    internal_traffic_policy: Literal["Cluster", "Local"] | None = None
    external_traffic_policy: Literal["Cluster", "Local"] | None = None
    traffic_distribution: Literal["PreferClose", "PreferSameZone", "PreferSameNode"] | None = None
    session_affinity: Literal["None", "ClientIP"] = "None"
    session_affinity_config: Any = None
    load_balancer_ip: Annotated[str, Field(alias="loadBalancerIP")] = ""
    load_balancer_class: QualifiedName | None = None
    load_balancer_source_ranges: list[str] = Field(default_factory=list)
    allocate_load_balancer_node_ports: bool | None = None
    health_check_node_port: Int32 = 0

    @property
    def headless(self) -> bool:
        """Whether clients are given the endpoints' addresses, for want of one of its own."""
        return self.cluster_ip == "None" or "None" in self.cluster_ips

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check((*self._type_violations(), *self._port_violations()))
        return self

    def _type_violations(self) -> Iterator[Violation]:
        external = self.type == "ExternalName"
        if not self.ports and not self.headless and not external:
            yield Violation("must have ports, unless clusterIP is None or type is ExternalName")
        if self.headless and self.type in {"NodePort", "LoadBalancer"}:
            yield Violation(f"must not be None where type is {self.type}", ("clusterIP",))
        if self.cluster_ip and self.cluster_ips and self.cluster_ips[0] != self.cluster_ip:
            yield Violation("the first must be the same as clusterIP", ("clusterIPs",))
        if external and (self.cluster_ip or self.cluster_ips):
            yield Violation("must not be set where type is ExternalName", ("clusterIP",))
        if external and not _EXTERNAL_NAME.fullmatch(self.external_name):
            yield Violation(f"{_EXTERNAL_NAME_WORDS} where type is ExternalName", ("externalName",))

    def _port_violations(self) -> Iterator[Violation]:
        names: set[str] = set()
        numbers: set[tuple[str, int]] = set()
        for index, port in enumerate(self.ports):
            if not port.name and len(self.ports) > 1:
                yield Violation("must have a name where there are several ports", ("ports", index))
            if port.name and port.name in names:
                yield Violation("must be unique within the Service", ("ports", index, "name"))
            if (port.protocol, port.port) in numbers:
                yield Violation("port and protocol together must be unique within the Service", ("ports", index))
            names.add(port.name)
            numbers.add((port.protocol, port.port))


# The name may end with a dot, to say that it is complete.
_EXTERNAL_NAME = re.compile(r"(?=.{1,254}\Z)" + DNS_SUBDOMAIN.removeprefix("^").removesuffix("$") + r"\.?")
_EXTERNAL_NAME_WORDS: Final = PATTERN_WORDS[DNS_SUBDOMAIN]


class Service(NamespacedResource):
    """A name for endpoints."""

    group: ClassVar[str] = ""
    kind_name: ClassVar[str] = "Service"

    metadata: ServiceMetadata
    spec: ServiceSpec
    status: Status = None
