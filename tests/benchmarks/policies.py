"""Policies over the HTTPRoutes of `manifests`: for each kind 50, half of them on Gateways and so over every route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from tests.benchmarks import manifests

EACH = 50
GATEWAYS = EACH // 2
"""With two listeners each: a ClientTrafficPolicy has a listener of its own."""

_ENVOY_GATEWAY = "gateway.envoyproxy.io"
_API = f"{_ENVOY_GATEWAY}/v1alpha1"

Object = dict[str, Any]


def files(routes: int) -> Iterator[tuple[str, str]]:
    """Paths and contents: those of `manifests.files`, and the policies, one file a kind."""
    yield from manifests.files(routes, GATEWAYS)
    yield "gitway.yaml", "allowEnvoyPatchPolicy: true\nallowLua: true\n"
    teams = [f"team-{number:03}" for number in range(routes // manifests.ROUTES_PER_FILE)]
    for kind, spec in (
        ("BackendTrafficPolicy", _traffic),
        ("SecurityPolicy", _security),
        ("EnvoyExtensionPolicy", _lua),
    ):
        yield _file(kind, [_attached(kind, number, teams, spec(number)) for number in range(EACH)])
    yield _file("ClientTrafficPolicy", [_clients(number) for number in range(EACH)])
    yield _file("EnvoyPatchPolicy", [_patch(number) for number in range(EACH)])
    yield _file("HTTPRouteFilter", [_filter(number, teams[number % len(teams)]) for number in range(EACH)])
    yield _file("Backend", [_backend(number, teams[number % len(teams)]) for number in range(EACH)])
    yield _file("HTTPRoute", [_route(number, teams[number % len(teams)]) for number in range(EACH)])


def _file(kind: str, objects: list[Object]) -> tuple[str, str]:
    return f"policies/{kind.lower()}.yaml", yaml.safe_dump_all(objects, sort_keys=False)


def _object(kind: str, namespace: str, number: int, spec: Object) -> Object:
    metadata = {"name": f"policy-{number}", "namespace": namespace}
    return {"apiVersion": _API, "kind": kind, "metadata": metadata, "spec": spec}


def _target(kind: str, name: str, section: str = "") -> Object:
    target = {"group": "gateway.networking.k8s.io", "kind": kind, "name": name}
    return {**target, "sectionName": section} if section else target


def _attached(kind: str, number: int, teams: list[str], spec: Object) -> Object:
    """A policy of a whole Gateway, or of all HTTPRoutes of a team."""
    if number < GATEWAYS:
        return _object(kind, "edge", number, {"targetRefs": [_target("Gateway", f"public-{number}")], **spec})
    team = teams[number % len(teams)]
    selector = {
        "group": "gateway.networking.k8s.io",
        "kind": "HTTPRoute",
        "matchLabels": {"app.kubernetes.io/part-of": team},
    }
    return _object(kind, team, number, {"targetSelectors": [selector], **spec})


def _traffic(number: int) -> Object:
    return {
        "retry": {"numRetries": 1 + number % 5, "retryOn": {"triggers": ["connect-failure", "retriable-status-codes"]}},
        "timeout": {"tcp": {"connectTimeout": f"{1 + number % 9}s"}},
        "circuitBreaker": {"maxConnections": 1000 + number},
        "healthCheck": {"passive": {"consecutive5XxErrors": 3, "baseEjectionTime": "30s"}},
        "rateLimit": {"local": {"rules": [{"limit": {"requests": 1000 + number, "unit": "Minute"}}]}},
    }


def _security(number: int) -> Object:
    allowed = {
        "name": "inside",
        "action": "Allow",
        "principal": {"clientCIDRs": [f"10.{number}.0.0/16", "127.0.0.0/8"]},
    }
    return {
        "cors": {"allowOrigins": [f"https://app-{number}.example.com"], "allowMethods": ["GET", "POST"]},
        "authorization": {"defaultAction": "Deny", "rules": [allowed]},
    }


def _lua(number: int) -> Object:
    source = f'function envoy_on_request(request)\n  request:headers():replace("x-policy", "{number}")\nend\n'
    return {"lua": [{"type": "Inline", "inline": source}]}


def _clients(number: int) -> Object:
    listener = "https" if number % 2 else "http"
    spec = {
        "targetRefs": [_target("Gateway", f"public-{number // 2}", listener)],
        "clientIPDetection": {"xForwardedFor": {"numTrustedHops": 1 + number % 3}},
        "headers": {"earlyRequestHeaders": {"remove": ["x-internal"]}},
        "timeout": {"http": {"requestReceivedTimeout": f"{10 + number}s"}},
        "connection": {"connectionLimit": {"value": 1000 + number}},
    }
    return _object("ClientTrafficPolicy", "edge", number, spec)


def _patch(number: int) -> Object:
    operation = {
        "op": "add",
        "path": "/max_direct_response_body_size_bytes",
        "value": 4096 + number,
    }
    patched = {
        "type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": "http-10080",
        "operation": operation,
    }
    target = _target("Gateway", f"public-{number // 2}")
    spec = {"type": "JSONPatch", "targetRef": target, "priority": number, "jsonPatches": [patched]}
    return _object("EnvoyPatchPolicy", "edge", number, spec)


def _filter(number: int, team: str) -> Object:
    regex = {"pattern": "^/v([0-9]+)/(.*)$", "substitution": rf"/\2?version=\1&policy={number}"}
    rewrite = {"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": regex}}
    return _object("HTTPRouteFilter", team, number, {"urlRewrite": rewrite})


def _backend(number: int, team: str) -> Object:
    return _object("Backend", team, number, {"endpoints": [{"ip": {"address": f"192.0.2.{1 + number}", "port": 8080}}]})


def _route(number: int, team: str) -> Object:
    """A route by way of the filter and the Backend of the same number."""
    name = f"policy-{number}"
    rule = {
        "filters": [
            {"type": "ExtensionRef", "extensionRef": {"group": _ENVOY_GATEWAY, "kind": "HTTPRouteFilter", "name": name}}
        ],
        "backendRefs": [{"group": _ENVOY_GATEWAY, "kind": "Backend", "name": name}],
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": team},
        "spec": {
            "parentRefs": [{"name": f"public-{number // 2}", "namespace": "edge"}],
            "hostnames": [f"{name}.example.com"],
            "rules": [rule],
        },
    }
