"""The listeners of Gateways and ListenerSets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.references import GATEWAY_GROUP, LabelSelector, SecretObjectReference
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import LISTENER_PROTOCOL, AnnotationValue, Group, Hostname, Kind, Port, Subdomain


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
            yield Violation("must be unique among the listeners", (index, "name"))
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


Listeners = Annotated[list[Listener], Field(min_length=1, max_length=64), AfterValidator(_listeners_are_consistent)]
