"""A small valid repository, to be varied."""

from __future__ import annotations

from typing import Any

CLASS = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "GatewayClass",
    "metadata": {"name": "gitway"},
    "spec": {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller"},
}


def gateway(*, port: int = 10080, name: str = "edge", **listener: Any) -> dict[str, Any]:
    """A Gateway with one HTTP listener called `http`."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "gatewayClassName": "gitway",
            "addresses": [{"type": "IPAddress", "value": "127.0.0.1"}],
            "listeners": [{"name": "http", "protocol": "HTTP", "port": port, **listener}],
        },
    }


def service(name: str, port: int) -> list[dict[str, Any]]:
    """A Service on port 80 and the EndpointSlice that leads to a port of 127.0.0.1."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"ports": [{"name": "http", "port": 80}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": port}],
            "endpoints": [{"addresses": ["127.0.0.1"]}],
        },
    ]


def route(name: str = "web", *rules: dict[str, Any], hostnames: tuple[str, ...] = (), **spec: Any) -> dict[str, Any]:
    """An HTTPRoute of the Gateway `edge`; without rules, one to the Service `web`."""
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "parentRefs": [{"name": "edge"}],
            "hostnames": list(hostnames),
            "rules": list(rules) or [{"backendRefs": [{"name": "web", "port": 80}]}],
            **spec,
        },
    }


def repository(port: int = 10080, backend: int = 10081, **more: Any) -> dict[str, Any]:
    """The files of a repository with a Gateway, a Service and a route; more files by keyword, `.` as `__`."""
    return {
        "gitway.yaml": "addresses: [127.0.0.0/8]\n",
        "gateway.yaml": [CLASS, gateway(port=port)],
        "services.yaml": service("web", backend),
        "route.yaml": route(),
        **{name.replace("__", "."): content for name, content in more.items()},
    }
