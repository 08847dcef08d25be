"""EnvoyPatchPolicies: changes of finished resources, and what becomes of those that cannot be made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support.gitway import succeed
from tests.support.manifests import route
from tests.traffic.policies.objects import envoy_gateway
from tests.traffic.scene import Object, Scene, rule, running

TYPE = "type.googleapis.com/envoy.config."
LISTENER, CLUSTER = f"{TYPE}listener.v3.Listener", f"{TYPE}cluster.v3.Cluster"
ROUTES, ENDPOINTS = f"{TYPE}route.v3.RouteConfiguration", f"{TYPE}endpoint.v3.ClusterLoadAssignment"
TARGET = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
ALLOWED = "allowEnvoyPatchPolicy: true\n"
HEADER = {"header": {"key": "x-patched", "value": "first"}}


def policy(name: str, *patches: tuple[str, str, dict[str, Any]], **spec: Any) -> Object:
    changes = [{"type": kind, "name": resource, "operation": operation} for kind, resource, operation in patches]
    return envoy_gateway("EnvoyPatchPolicy", name, type="JSONPatch", targetRef=TARGET, jsonPatches=changes, **spec)


def served(scene: Scene) -> dict[str, Any]:
    """Conditions by policy, and diagnostics."""
    repository = scene.fleet.repository.path
    items = succeed("status", "--repo", repository, "-o", "json").json["items"]
    return {
        item["metadata"]["name"]: {
            one["type"]: f"{one['status']}/{one['reason']}" for one in item["status"]["ancestors"][0]["conditions"]
        }
        for item in items
        if item["kind"] == "EnvoyPatchPolicy"
    }


def test_changes(tmp_path: Path) -> None:
    with running(tmp_path, [route("web", rule("web"))], config=ALLOWED) as scene:
        table, cluster = f"http-{scene.port}", "httproute/shop/web/rule/0"
        answer = {
            "name": "answered",
            "domains": ["answered.test"],
            "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 418}}],
        }
        lua = {
            "name": "envoy.filters.http.lua",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "default_source_code": {
                    "inline_string": "function envoy_on_response(h) h:headers():add('x-lua', 'yes') end"
                },
            },
        }
        filters = "/default_filter_chain/filters/0/typed_config/http_filters/0"
        own = {
            "name": "own",
            "type": "STATIC",
            "connect_timeout": "1s",
            "load_assignment": {
                "cluster_name": "own",
                "endpoints": [
                    {
                        "lb_endpoints": [
                            {
                                "endpoint": {
                                    "address": {
                                        "socket_address": {
                                            "address": "127.0.0.1",
                                            "port_value": scene.backends["web"].port,
                                        }
                                    }
                                }
                            }
                        ]
                    }
                ],
            },
        }
        to_own = {
            "name": "own",
            "domains": ["own.test"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "own"}}],
        }
        everywhere = "$.virtual_hosts[*].routes[*]"
        policies = [
            policy(
                "b-second",
                (
                    ROUTES,
                    table,
                    {"op": "replace", "path": "/response_headers_to_add/0/header/value", "value": "second"},
                ),
                priority=2,
            ),
            policy(
                "z-first",
                (ROUTES, table, {"op": "add", "path": "/response_headers_to_add", "value": [HEADER]}),
                priority=1,
            ),
            policy("host", (ROUTES, table, {"op": "add", "path": "/virtual_hosts/-", "value": answer})),
            policy("filter", (LISTENER, f"tcp-{scene.port}", {"op": "add", "path": filters, "value": lua})),
            policy(
                "whole",
                (CLUSTER, "own", {"op": "add", "value": own}),
                (ROUTES, table, {"op": "add", "path": "/virtual_hosts/-", "value": to_own}),
            ),
            policy(
                "selected",
                (
                    ROUTES,
                    table,
                    {
                        "op": "add",
                        "jsonPath": everywhere,
                        "path": "/response_headers_to_add",
                        "value": [{"header": {"key": "x-selected", "value": "yes"}}],
                    },
                ),
            ),
            policy(
                "moved",
                (CLUSTER, cluster, {"op": "test", "path": "/name", "value": cluster}),
                (CLUSTER, cluster, {"op": "copy", "from": "/connect_timeout", "path": "/cleanup_interval"}),
            ),
            policy("missing", (CLUSTER, "not-there", {"op": "remove", "path": "/name"})),
            policy("wrong", (CLUSTER, cluster, {"op": "add", "path": "/connect_timeout", "value": "soon"})),
            policy("unknown", (CLUSTER, cluster, {"op": "add", "path": "/no_such_field", "value": 1})),
            policy(
                "nowhere", (CLUSTER, cluster, {"op": "remove", "jsonPath": "$.load_assignment.endpoints[?@.locality]"})
            ),
            policy(
                "dangling",
                (ROUTES, table, {"op": "replace", "path": "/virtual_hosts/0/routes/0/route/cluster", "value": "gone"}),
            ),
            policy("removing", (ENDPOINTS, cluster, {"op": "test", "path": "/cluster_name", "value": "other"})),
        ]
        scene.fleet.publish("Patch", {"patches.yaml": policies})
        got = scene.get("/")
        assert got.backend == "web"
        assert (got.headers["x-patched"], got.headers["x-lua"], got.headers["x-selected"]) == ("second", "yes", "yes")
        assert scene.get("/", host="answered.test").status == 418
        assert scene.get("/", host="own.test").backend == "web"
        conditions = served(scene)
    good = {"Accepted": "True/Accepted", "Programmed": "True/Programmed"}
    failed = {name: told["Programmed"] for name, told in conditions.items() if told != good}
    assert failed == {
        "missing": "False/ResourceNotFound",
        **dict.fromkeys(("wrong", "unknown", "nowhere", "dangling", "removing"), "False/Invalid"),
    }


def test_policies_are_disabled_until_they_are_allowed(tmp_path: Path) -> None:
    with running(tmp_path, [route("web", rule("web"))]) as scene:
        table = f"http-{scene.port}"
        change = policy("host", (ROUTES, table, {"op": "add", "path": "/response_headers_to_add", "value": [HEADER]}))
        scene.fleet.repository.commit("Patch", {"patches.yaml": yaml.safe_dump(change)})
        repository = scene.fleet.repository.path
        told = succeed("plan", "--repo", repository, "-o", "json").json["diagnostics"]
        assert [(one["code"], one["file"]) for one in told] == [("GW178", "patches.yaml")]
        assert "--allow-envoy-patch-policy" in told[0]["help"]
        assert served(scene) == {"host": {"Accepted": "False/Disabled"}}
        allowed = succeed("plan", "--repo", repository, "--allow-envoy-patch-policy", "-o", "json").json
        assert allowed["diagnostics"] == []
