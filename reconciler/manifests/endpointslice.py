"""EndpointSlice (discovery.k8s.io)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model, NamespacedResource
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import DNS_SUBDOMAIN, Int32, Label, LabelOrEmpty, QualifiedName

DISCOVERY_GROUP = "discovery.k8s.io"
SERVICE_NAME_LABEL: Final = "kubernetes.io/service-name"
"""The label that says whose endpoints a slice has."""


class EndpointConditions(Model):
    """The state of an endpoint; None is not known, which counts as ready."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Model):
    """A backend with one or more addresses that mean the same."""

    addresses: Annotated[list[str], Field(min_length=1, max_length=100)]
    conditions: EndpointConditions = Field(default_factory=EndpointConditions.model_construct)
    hostname: Label | None = None
    node_name: str | None = None
    zone: str | None = None
    hints: Any = None
    target_ref: Any = None
    deprecated_topology: dict[str, str] = Field(default_factory=dict)


class EndpointPort(Model):
    """A port of all endpoints of the slice. `port` None: any."""

    name: LabelOrEmpty = ""
    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    port: Int32 | None = None
    app_protocol: QualifiedName | None = None


_FQDN = re.compile(DNS_SUBDOMAIN.removeprefix("^").removesuffix("$") + r"\.?")


def _is_fqdn(text: str) -> bool:
    return "." in text.rstrip(".") and bool(_FQDN.fullmatch(text))


def _is_ip(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version and "%" not in text
    except ValueError:
        return False


class EndpointSlice(NamespacedResource):
    """Endpoints of a Service.

    Unlike the API server gitway takes loopback and link-local addresses: a fleet outside of a cluster may need them.
    """

    group: ClassVar[str] = DISCOVERY_GROUP
    kind_name: ClassVar[str] = "EndpointSlice"

    address_type: Literal["IPv4", "IPv6", "FQDN"]
    endpoints: Annotated[list[Endpoint], Field(max_length=1000)] = Field(default_factory=list)
    ports: Annotated[list[EndpointPort], Field(max_length=20_000)] = Field(default_factory=list)

    @property
    def service(self) -> str:
        """The name of the Service whose endpoints these are, or an empty string."""
        return self.metadata.labels.get(SERVICE_NAME_LABEL, "")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check((*self._address_violations(), *self._port_violations()))
        return self

    def _address_violations(self) -> Iterator[Violation]:
        for index, endpoint in enumerate(self.endpoints):
            for position, address in enumerate(endpoint.addresses):
                if self.address_type == "FQDN":
                    valid, words = _is_fqdn(address), "a complete DNS name in lower case"
                else:
                    valid = _is_ip(address, 4 if self.address_type == "IPv4" else 6)
                    words = f"an {self.address_type} address"
                if not valid:
                    message = f"must be {words} where addressType is {self.address_type}"
                    yield Violation(message, ("endpoints", index, "addresses", position))

    def _port_violations(self) -> Iterator[Violation]:
        names: set[str] = set()
        for index, port in enumerate(self.ports):
            if port.name in names:
                yield Violation("must be unique within the slice", ("ports", index, "name"))
            names.add(port.name)
