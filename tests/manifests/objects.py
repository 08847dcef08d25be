"""Objects to begin with, and ways to load them."""

from __future__ import annotations

from typing import Any

from reconciler.diagnostics import Diagnostic, FieldPath, Origin
from reconciler.manifests.load import load

ORIGIN = Origin("test.yaml")
API_VERSIONS = {
    "GatewayClass": "gateway.networking.k8s.io/v1",
    "Gateway": "gateway.networking.k8s.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1",
    "GRPCRoute": "gateway.networking.k8s.io/v1",
    "TLSRoute": "gateway.networking.k8s.io/v1",
    "TCPRoute": "gateway.networking.k8s.io/v1",
    "UDPRoute": "gateway.networking.k8s.io/v1",
    "ListenerSet": "gateway.networking.k8s.io/v1",
    "BackendTLSPolicy": "gateway.networking.k8s.io/v1",
    "Backend": "gateway.envoyproxy.io/v1alpha1",
    "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "EnvoyExtensionPolicy": "gateway.envoyproxy.io/v1alpha1",
    "HTTPRouteFilter": "gateway.envoyproxy.io/v1alpha1",
    "SecurityPolicy": "gateway.envoyproxy.io/v1alpha1",
    "ClientTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
    "EnvoyPatchPolicy": "gateway.envoyproxy.io/v1alpha1",
    "EnvoyProxy": "gateway.envoyproxy.io/v1alpha1",
    "Namespace": "v1",
    "Service": "v1",
    "Secret": "v1",
    "ConfigMap": "v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "ValidatingAdmissionPolicy": "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding": "admissionregistration.k8s.io/v1",
    "XdsPolicy": "gitway.dev/v1alpha1",
}

Object = dict[str, Any]


def make(kind: str, /, metadata: Object | None = None, **fields: Any) -> Object:
    """An object of a kind, `make("Service", spec={...})`; its name is `sample`."""
    return {
        "apiVersion": API_VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": "sample"} | (metadata or {}),
        **fields,
    }


def accept(raw: object) -> Any:
    """Load an object that is valid."""
    result = load(raw, ORIGIN)
    assert not isinstance(result, tuple), [f"{each.message} {each.help}" for each in result]
    assert result.raw is raw
    return result.resource


def refuse(raw: object) -> tuple[Diagnostic, ...]:
    """Load an object that is not valid."""
    result = load(raw, ORIGIN)
    assert isinstance(result, tuple), "accepted"
    assert result
    assert all(each.origin == ORIGIN and each.severity == "error" for each in result)
    return result


def refusal(raw: object) -> tuple[str, FieldPath, str, str]:
    """Load an object in which one thing is wrong: code, path, message and help."""
    (found,) = refuse(raw)
    return found.code, found.path, found.message, found.help
