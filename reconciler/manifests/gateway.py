"""Gateway (gateway.networking.k8s.io)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, NamespacedResource, Status
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
    LISTENER_PROTOCOL,
    PATTERN_WORDS,
    QUALIFIED_NAME,
    WILDCARD_HOSTNAME,
    AnnotationValue,
    Group,
    Hostname,
    Kind,
    Name,
    Port,
    Subdomain,
)

_WILDCARD_HOSTNAME = re.compile(WILDCARD_HOSTNAME.removesuffix("$"))
_QUALIFIED_NAME = re.compile(QUALIFIED_NAME.removesuffix("$"))


def _is_ip(text: str) -> bool:
    """Whether Go's `net.ParseIP` takes it: no zone, no leading zeros."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


class GatewayAddress(Model):
    """An address that the Gateway asks for; without a value any of its type will do."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=ADDRESS_TYPE)] = "IPAddress"
    value: Annotated[str, StringConstraints(max_length=253)] | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        if self.value is None:
            return self
        if self.type == "IPAddress" and not _is_ip(self.value):
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


class RouteNamespaces(Model):
    """Namespaces whose routes may attach."""

    from_: Annotated[Literal["All", "Selector", "Same"], Field(alias="from")] = "Same"
    selector: LabelSelector | None = None


class RouteGroupKind(Model):
    """A kind of route."""

    group: Group = GATEWAY_GROUP
    kind: Kind


@cache
def _same_namespace() -> RouteNamespaces:
    return RouteNamespaces.model_construct()


class AllowedRoutes(Model):
    """Routes that may attach to a listener. Without `kinds`: those of the listener's protocol."""

    namespaces: RouteNamespaces = Field(default_factory=_same_namespace)
    kinds: Annotated[list[RouteGroupKind], Field(max_length=8)] = Field(default_factory=list)


class ListenerTLSConfig(Model):
    """How a listener deals with TLS."""

    mode: Literal["Terminate", "Passthrough"] = "Terminate"
    certificate_refs: Annotated[list[SecretObjectReference], Field(max_length=64)] = Field(default_factory=list)
    options: Annotated[dict[str, AnnotationValue], Field(max_length=16)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _terminate_has_certificates(self) -> Self:
        if self.mode == "Terminate" and not self.certificate_refs and not self.options:
            message = "must have certificateRefs or options where mode is Terminate"
            raise refused([Violation(message, (), "Name the Secret with the certificate in certificateRefs.")])
        return self


@cache
def _routes_of_same_namespace() -> AllowedRoutes:
    return AllowedRoutes.model_construct(namespaces=_same_namespace(), kinds=[])


class Listener(Model):
    """A port, protocol and hostname that the Gateway serves."""

    name: Subdomain
    hostname: Hostname | None = None
    port: Port
    protocol: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=LISTENER_PROTOCOL)]
    tls: ListenerTLSConfig | None = None
    allowed_routes: AllowedRoutes = Field(default_factory=_routes_of_same_namespace)


_NO_TLS: Final = frozenset({"HTTP", "TCP", "UDP"})
_NO_HOSTNAME: Final = frozenset({"TCP", "UDP"})


def _protocol_violations(index: int, listener: Listener) -> Iterator[Violation]:
    protocol, tls = listener.protocol, listener.tls
    if protocol in _NO_TLS and tls is not None:
        yield Violation(f"must not be specified for protocol {protocol}", (index, "tls"))
    if protocol == "HTTPS" and tls is not None and tls.mode != "Terminate":
        yield Violation("must be Terminate for protocol HTTPS", (index, "tls", "mode"))
    if protocol == "TLS" and tls is None:
        yield Violation("must have tls with a mode for protocol TLS", (index,))
    if protocol in _NO_HOSTNAME and listener.hostname is not None:
        yield Violation(f"must not be specified for protocol {protocol}", (index, "hostname"))


def _uniqueness_violations(listeners: list[Listener]) -> Iterator[Violation]:
    names: set[str] = set()
    sockets: dict[tuple[int, str, str | None], str] = {}
    for index, listener in enumerate(listeners):
        if listener.name in names:
            yield Violation("must be unique within the Gateway", (index, "name"))
        names.add(listener.name)
        first = sockets.setdefault((listener.port, listener.protocol, listener.hostname), listener.name)
        if first != listener.name:
            message = f"port, protocol and hostname together must be unique; listener {first!r} has the same"
            yield Violation(message, (index,))


def _listeners_are_consistent(listeners: list[Listener]) -> list[Listener]:
    found = [v for index, listener in enumerate(listeners) for v in _protocol_violations(index, listener)]
    found.extend(_uniqueness_violations(listeners))
    check(found)
    return listeners


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
    listeners: Annotated[list[Listener], Field(min_length=1, max_length=64), AfterValidator(_listeners_are_consistent)]
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
