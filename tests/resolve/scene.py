"""A repository in a few lines, resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import yaml

from reconciler import ir
from reconciler.diagnostics import Diagnostic, Origin
from reconciler.manifests.base import Loaded, Resource
from reconciler.manifests.load import load
from reconciler.manifests.routes import Route
from reconciler.resolve.fleets import fleets
from reconciler.resolve.options import Options
from reconciler.resolve.routes import ResolvedRoute, resolve_route
from reconciler.resolve.status import statuses
from reconciler.resolve.world import World, build_world

Object = dict[str, Any]

_API_VERSIONS = {
    "Backend": "gateway.envoyproxy.io/v1alpha1",
    "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "EnvoyExtensionPolicy": "gateway.envoyproxy.io/v1alpha1",
    "HTTPRouteFilter": "gateway.envoyproxy.io/v1alpha1",
    "SecurityPolicy": "gateway.envoyproxy.io/v1alpha1",
    "ConfigMap": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "Namespace": "v1",
    "Secret": "v1",
    "Service": "v1",
}


def obj(kind: str, name: str, spec: Object | None = None, *, metadata: Object | None = None, **fields: Any) -> Object:
    """An object in namespace `app`; `fields` stand beside its spec."""
    made: Object = {
        "apiVersion": _API_VERSIONS.get(kind, "gateway.networking.k8s.io/v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": "app", **(metadata or {})},
        **fields,
    }
    return made if spec is None else {**made, "spec": spec}


def gateway_class(name: str = "gitway", controller: str = "gateway.envoyproxy.io/gatewayclass-controller") -> Object:
    return obj("GatewayClass", name, {"controllerName": controller})


def listener(name: str = "http", port: int = 80, protocol: str = "HTTP", **fields: Any) -> Object:
    return {"name": name, "port": port, "protocol": protocol, **fields}


def https(name: str, hostname: str | None = None, *, secret: str = "cert", **fields: Any) -> Object:
    made = listener(name, 443, "HTTPS", tls={"certificateRefs": [{"name": secret}]}, **fields)
    return made if hostname is None else {**made, "hostname": hostname}


def gateway(*listeners: Object, name: str = "gw", **spec: Any) -> Object:
    return obj("Gateway", name, {"gatewayClassName": "gitway", "listeners": list(listeners) or [listener()], **spec})


def listener_set(*listeners: Object, name: str = "set", metadata: Object | None = None, **spec: Any) -> Object:
    made: Object = {"parentRef": {"name": "gw"}, "listeners": list(listeners), **spec}
    return obj("ListenerSet", name, made, metadata=metadata)


def route(*rules: Object, name: str = "route", metadata: Object | None = None, **spec: Any) -> Object:
    made: Object = {"parentRefs": [{"name": "gw"}], **spec}
    if rules:
        made["rules"] = list(rules)
    return obj("HTTPRoute", name, made, metadata=metadata)


def grpc_route(*rules: Object, name: str = "route", **spec: Any) -> Object:
    return {**route(*rules, name=name, **spec), "kind": "GRPCRoute"}


def service(name: str = "web", port: int = 80, **spec: Any) -> Object:
    return obj("Service", name, {"ports": [{"port": port, "targetPort": 8080}], **spec})


def forward(name: str = "web", port: int = 80, **fields: Any) -> Object:
    """A backendRef."""
    return {"name": name, "port": port, **fields}


def loaded(raw: Object) -> Loaded[Resource]:
    result = load(raw, Origin("app.yaml"))
    assert not isinstance(result, tuple), [f"{item.path}: {item.message}" for item in result]
    return result


@dataclass(frozen=True)
class Scene:
    """What comes of some objects."""

    world: World
    routes: dict[str, ResolvedRoute]
    statuses: dict[tuple[str, str, str, str], Object]
    fleets: dict[str, ir.Fleet]

    def unit(self, name: str = "route") -> ir.RouteUnit:
        unit = self.routes[name].unit
        assert isinstance(unit, ir.RouteUnit)
        return unit

    def l4(self, name: str = "route") -> ir.L4Unit:
        unit = self.routes[name].unit
        assert isinstance(unit, ir.L4Unit)
        return unit

    def rule(self, index: int = 0) -> ir.Rule:
        return self.unit().rules[index]

    def forwarded(self, index: int = 0) -> ir.Forward:
        action = self.rule(index).action
        assert isinstance(action, ir.Forward)
        return action

    def status(self, kind: str, name: str, group: str = "gateway.networking.k8s.io", namespace: str = "app") -> Object:
        return self.statuses[group, kind, namespace, name]

    def set_conditions(self, name: str = "set", namespace: str = "app") -> dict[str, str]:
        return conditions(self.status("ListenerSet", name, namespace=namespace)["conditions"])

    def set_listener(self, listener: str, name: str = "set", namespace: str = "app") -> Object:
        status = self.status("ListenerSet", name, namespace=namespace)
        found: Object = next(item for item in status["listeners"] if item["name"] == listener)
        return found

    def gateway_conditions(self, name: str = "gw") -> dict[str, str]:
        return conditions(self.status("Gateway", name)["conditions"])

    def listener_conditions(self, listener: str, name: str = "gw") -> dict[str, str]:
        return conditions(self.listener(listener, name)["conditions"])

    def listener(self, listener: str, name: str = "gw") -> Object:
        found: Object = next(item for item in self.status("Gateway", name)["listeners"] if item["name"] == listener)
        return found

    def route_conditions(self, name: str = "route", parent: int = 0) -> dict[str, str]:
        return conditions(self.routes[name].parents[parent]["conditions"])

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return (*self.world.diagnostics, *(item for found in self.routes.values() for item in found.diagnostics))

    @property
    def codes(self) -> list[str]:
        return [item.code for item in self.diagnostics]

    def only_diagnostic(self) -> Diagnostic:
        (found,) = self.diagnostics
        return found


def conditions(items: Iterable[Object]) -> dict[str, str]:
    """Type → `Status/Reason`."""
    return {item["type"]: f"{item['status']}/{item['reason']}" for item in items}


def resolve(*objects: Object | str, options: Options | None = None, with_class: bool = True) -> Scene:
    """Resolve objects, or YAML of them, beside a GatewayClass `gitway`."""
    raws: list[Object] = [gateway_class()] if with_class else []
    for item in objects:
        raws += yaml.load_all(item, yaml.CSafeLoader) if isinstance(item, str) else [item]
    resources = [loaded(raw) for raw in raws]
    world = build_world((item for item in resources if not isinstance(item.resource, Route)), options or Options())
    found = cast("list[Loaded[Route]]", [item for item in resources if isinstance(item.resource, Route)])
    routes = [(item, resolve_route(item, world)) for item in found]
    return Scene(
        world,
        {item.resource.metadata.name: resolved for item, resolved in routes},
        statuses(world, routes),
        {fleet.name: fleet for fleet in fleets(world)},
    )
