"""Manifests of Envoy Gateway's kinds."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

ENVOY_GATEWAY = "gateway.envoyproxy.io"
GATEWAY_API = "gateway.networking.k8s.io"


def envoy_gateway(kind: str, name: str, **spec: Any) -> Object:
    """An object of one of its kinds in namespace `shop`."""
    return {
        "apiVersion": f"{ENVOY_GATEWAY}/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def of_route(kind: str, name: str, **spec: Any) -> Object:
    """A policy for the HTTPRoute of the same name."""
    return envoy_gateway(kind, name, targetRefs=[{"group": GATEWAY_API, "kind": "HTTPRoute", "name": name}], **spec)


def secret(name: str, namespace: str = "shop", **content: Any) -> Object:
    """A Secret, by default one that is declared only."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "Opaque",
        **content,
    }


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap; `__` in the name of a key is a dot."""
    values = {key.replace("__", "."): value for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": values}


def host(name: str) -> str:
    """The host of the route of a name."""
    return f"{name}.example.com"
