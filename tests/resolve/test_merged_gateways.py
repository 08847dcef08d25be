"""`mergeGateways`: all Gateways of a class are one fleet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resolve.scene import Scene, gateway, gateway_class, https, listener, resolve

Object = dict[str, Any]

REF = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "proxy"}


def merged(*gateways: Object) -> Scene:
    """The Gateways of a class whose EnvoyProxy merges them."""
    of_class = gateway_class()
    of_class["spec"]["parametersRef"] = {**REF, "namespace": "app"}
    proxy = {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyProxy",
        "metadata": {"name": "proxy", "namespace": "app"},
        "spec": {"mergeGateways": True},
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cert", "namespace": "app"},
        "type": "kubernetes.io/tls",
    }
    return resolve(of_class, proxy, secret, *gateways, with_class=False)


def conditions(scene: Scene, name: str) -> dict[str, str]:
    """The conditions of the only listener of a Gateway."""
    (found,) = scene.world.gateways["app", name].listeners
    return {each["type"]: f"{each['status']}/{each['reason']}" for each in found.conditions}


def test_one_fleet_with_the_name_of_the_class() -> None:
    scene = merged(
        gateway(listener("a", 80, hostname="a.example"), name="first"),
        gateway(listener("b", 80, hostname="b.example"), listener("c", 81), name="second"),
    )
    (fleet,) = scene.fleets.values()
    assert fleet.name == "gitway"
    assert [(one.name, one.chains[0].hosts) for one in fleet.listeners] == [
        ("tcp-80", ("a.example", "b.example")),
        ("tcp-81", ("*",)),
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (listener("a", 80), listener("b", 80), "HostnameConflict"),
        (listener("a", 443), https("b"), "ProtocolConflict"),
        (listener("a", 80, "TCP"), listener("b", 80, "TCP"), "ProtocolConflict"),
    ],
)
def test_the_listeners_of_the_first_win(ours: Object, theirs: Object, reason: str) -> None:
    scene = merged(gateway(ours, name="first"), gateway(theirs, name="second"))
    assert conditions(scene, "first")["Accepted"] == "True/Accepted"
    assert conditions(scene, "second")["Conflicted"] == f"True/{reason}"
    assert scene.world.gateways["app", "second"].problem
    (found,) = (one for one in scene.diagnostics if one.object == "Gateway app/second")
    assert "Gateway app/first comes first" in found.message


def test_hosts_of_several_gateways_that_overlap() -> None:
    scene = merged(gateway(https("a", "*.example"), name="first"), gateway(https("b", "b.example"), name="second"))
    for name in ("first", "second"):
        assert conditions(scene, name)["OverlappingTLSConfig"] == "True/OverlappingHostnames"
    (socket,) = scene.fleets["gitway"].listeners
    assert [chain.elsewhere for chain in socket.chains] == [("b.example",), ("*.example",)]


def test_a_gateway_with_an_envoy_proxy_of_its_own() -> None:
    """It is refused, and takes no listener from the others."""
    own = gateway(name="first", infrastructure={"parametersRef": REF})
    scene = merged(own, gateway(name="second"))
    assert scene.world.gateways["app", "first"].problem.startswith("parametersRef cannot be used")
    assert [one.name for one in scene.fleets["gitway"].listeners] == ["tcp-80"]
