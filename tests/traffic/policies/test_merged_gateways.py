"""Gateways of a class that share one Envoy (`mergeGateways`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.support.backends import Backends
from tests.support.fleet import CONFIG, RunningFleet
from tests.support.manifests import CLASS, gateway, route, service
from tests.support.ports import free_port
from tests.traffic.policies.objects import envoy_gateway
from tests.traffic.scene import rule

Object = dict[str, Any]

NAMES = ("first", "second", "third", "late")


def edge(name: str, port: int, hostname: str) -> Object:
    made = gateway(port=port)
    made["metadata"]["name"] = name
    made["spec"]["gatewayClassName"] = "shared"
    made["spec"]["listeners"][0]["hostname"] = hostname
    return made


def to(name: str, parent: str) -> Object:
    made = route(name, rule(name))
    made["spec"]["parentRefs"] = [{"name": parent}]
    return made


def patch(port: int) -> Object:
    """A change of the fleet, whose name is that of the class."""
    headers = [{"header": {"key": "x-patched", "value": "yes"}}]
    operation = {"op": "add", "path": "/request_headers_to_add", "value": headers}
    change = {"type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": f"http-{port}"}
    target = {"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "shared"}
    changes = [{**change, "operation": operation}]
    return envoy_gateway("EnvoyPatchPolicy", "patch", targetRef=target, type="JSONPatch", jsonPatches=changes)


def test_one_envoy_for_all(tmp_path: Path) -> None:
    """They may share a port; a host that two of them want is that of the first."""
    port, other = free_port(), free_port()
    shared: Object = {**CLASS, "metadata": {"name": "shared"}}
    parameters = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "all", "namespace": "shop"}
    shared["spec"] = {**shared["spec"], "parametersRef": parameters}
    with Backends() as backends:
        objects = [
            shared,
            envoy_gateway("EnvoyProxy", "all", mergeGateways=True),
            edge("first", port, "a.example"),
            edge("second", port, "b.example"),
            edge("third", other, "a.example"),
            edge("zealous", port, "a.example"),
            *(to(name, name) for name in NAMES[:3]),
            to("late", "zealous"),
            *(one for name in NAMES for one in service(name, backends.start(name).port)),
            patch(port),
        ]
        files = {"all.yaml": yaml.safe_dump_all(objects), "gitway.yaml": CONFIG + "allowEnvoyPatchPolicy: true\n"}
        with RunningFleet(tmp_path, "shared", files) as fleet:
            asked = [(port, "a.example"), (port, "b.example"), (other, "a.example")]
            answers = [fleet.get(at, host=host) for at, host in asked]
            assert [answer.backend for answer in answers] == ["first", "second", "third"]
            assert answers[0].json["headers"]["x-patched"] == "yes"
            assert fleet.get(other, host="b.example").status == 404
