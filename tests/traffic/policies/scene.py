"""Routes under policies of their own: one Envoy, one route a case, told apart by host name."""

from __future__ import annotations

from typing import Any

from tests.support.manifests import route
from tests.traffic.scene import Object, rule

GROUP = "gateway.networking.k8s.io"


def host(case: str) -> str:
    """The host name of a case's route."""
    return f"{case}.example.com"


def policy(name: str, spec: Object, *, kind: str = "BackendTrafficPolicy", target: Object | None = None) -> Object:
    """A policy attached to the HTTPRoute of its name, or to another target."""
    to = {"group": GROUP, "kind": "HTTPRoute", "name": name, **(target or {})}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"targetRefs": [to], **spec},
    }


def governed(case: str, spec: Object, backend: str = "web", *, rule_name: str = "", **more: Any) -> list[Object]:
    """A route to a Service, of the name of a case, with a policy of its own."""
    named = {"name": rule_name} if rule_name else {}
    return [route(case, rule(backend, **named, **more), hostnames=(host(case),)), policy(case, spec)]
