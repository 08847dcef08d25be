"""Gateway (gateway.networking.k8s.io)."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.listeners import Listener, Listeners
from reconciler.manifests.references import (
    GATEWAY_GROUP,
    LabelSelector,
    LocalObjectReference,
    ObjectReference,
    SecretObjectReference,
)
from reconciler.manifests.rules import Violation, check, refused, unique_by
from reconciler.manifests.values import (
    ADDRESS_TYPE,
    LABEL_VALUE,
    PATTERN_WORDS,
    QUALIFIED_NAME,
    WILDCARD_HOSTNAME,
    AnnotationValue,
    Name,
    Port,
    is_ip,
)

__all__ = ["Gateway", "GatewayAddress", "GatewayInfrastructure", "GatewaySpec", "GatewayTLSConfig", "Listener"]

_WILDCARD_HOSTNAME = re.compile(WILDCARD_HOSTNAME.removesuffix("$"))
_QUALIFIED_NAME = re.compile(QUALIFIED_NAME.removesuffix("$"))


class GatewayAddress(Model):
    """An address that the Gateway asks for; without a value any of its type will do."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=ADDRESS_TYPE)] = "IPAddress"
    value: Annotated[str, StringConstraints(max_length=253)] | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        if self.value is None:
            return self
        if self.type == "IPAddress" and not is_ip(self.value):
            raise refused([Violation("must be an IPv4 or IPv6 address where type is IPAddress", ("value",))])
        if self.type == "Hostname" and not _WILDCARD_HOSTNAME.fullmatch(self.value):
            raise refused([Violation(PATTERN_WORDS[WILDCARD_HOSTNAME], ("value",))])
        return self


def _addresses_are_unique(addresses: list[GatewayAddress]) -> list[GatewayAddress]:
    seen: set[tuple[str, str]] = set()
    repeated: list[Violation] = []
    for index, address in enumerate(addresses):
        if address.value is None or address.type not in {"IPAddress", "Hostname"}:
            continue
        key = (address.type, address.value)
        if key in seen:
            repeated.append(Violation(f"{address.type} values must be unique in the Gateway", (index, "value")))
        seen.add(key)
    check(repeated)
    return addresses


def _keys_are_names(values: dict[str, str]) -> dict[str, str]:
    check(
        Violation("the key " + PATTERN_WORDS[QUALIFIED_NAME], (key,))
        for key in values
        if not _QUALIFIED_NAME.fullmatch(key) or len(key.split("/")[0]) >= 253
    )
    return values


_KeysAreNames = AfterValidator(_keys_are_names)


class GatewayInfrastructure(Model):
    """Labels, annotations and parameters for what is made for the Gateway."""

    labels: Annotated[
        dict[str, Annotated[str, StringConstraints(max_length=63, pattern=LABEL_VALUE)]],
        Field(max_length=8),
        _KeysAreNames,
    ] = Field(default_factory=dict)
    annotations: Annotated[dict[str, AnnotationValue], Field(max_length=16), _KeysAreNames] = Field(
        default_factory=dict
    )
    parameters_ref: LocalObjectReference | None = None


class ListenerNamespaces(Model):
    """Namespaces whose ListenerSets may attach."""

    from_: Annotated[Literal["All", "Selector", "Same", "None"], Field(alias="from")] = "None"
    selector: LabelSelector | None = None


class AllowedListeners(Model):
    """ListenerSets that may attach."""

    namespaces: ListenerNamespaces = Field(default_factory=ListenerNamespaces.model_construct)


class FrontendTLSValidation(Model):
    """How client certificates are verified."""

    ca_certificate_refs: Annotated[list[ObjectReference], Field(min_length=1, max_length=16)]
    mode: Literal["AllowValidOnly", "AllowInsecureFallback"] = "AllowValidOnly"


class TLSConfig(Model):
    """TLS towards clients."""

    validation: FrontendTLSValidation | None = None


class TLSPortConfig(Model):
    """TLS towards clients of one port."""

    port: Port
    tls: TLSConfig


class FrontendTLSConfig(Model):
    """TLS towards clients: by default, and for single ports."""

    default: TLSConfig
    per_port: Annotated[list[TLSPortConfig], Field(max_length=64), unique_by("port")] = Field(default_factory=list)


class GatewayBackendTLS(Model):
    """TLS towards backends."""

    client_certificate_ref: SecretObjectReference | None = None


class GatewayTLSConfig(Model):
    """TLS of the whole Gateway."""

    backend: GatewayBackendTLS | None = None
    frontend: FrontendTLSConfig | None = None


class GatewaySpec(Model):
    """What the Gateway serves and where."""

    gateway_class_name: Name
    listeners: Listeners
    addresses: Annotated[list[GatewayAddress], Field(max_length=16), AfterValidator(_addresses_are_unique)] = Field(
        default_factory=list
    )
    infrastructure: GatewayInfrastructure | None = None
    allowed_listeners: AllowedListeners | None = None
    tls: GatewayTLSConfig | None = None
    default_scope: Literal["All", "None"] | None = None


class Gateway(NamespacedResource):
    """Listeners that routes attach to."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "Gateway"

    spec: GatewaySpec
    status: Status = None
