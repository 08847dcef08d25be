"""ClientTrafficPolicies: which are in force, which are refused, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resolve.scene import Scene, gateway, resolve

Object = dict[str, Any]

HTTP = {"protocol": "HTTP", "port": 80}


def policy(name: str, section: str = "", **spec: Any) -> Object:
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "ClientTrafficPolicy",
        "metadata": {"name": name, "namespace": "app"},
        "spec": {"targetRefs": [target | ({"sectionName": section} if section else {})], **spec},
    }


def conditions(scene: Scene, name: str) -> dict[str, str]:
    status = scene.status("ClientTrafficPolicy", name, group="gateway.envoyproxy.io")
    (ancestor,) = status["ancestors"]
    return {one["type"]: f"{one['status']}/{one['reason']}" for one in ancestor["conditions"]}


def two_listeners(second: int) -> Object:
    return gateway(
        {"name": "one", "hostname": "one.example", **HTTP},
        {"name": "two", "hostname": "two.example", **HTTP, "port": second},
    )


def test_a_policy_for_one_of_the_listeners_that_share_a_port_is_refused() -> None:
    scene = resolve(two_listeners(80), policy("one", "one", http3={}))
    assert conditions(scene, "one") == {"Accepted": "False/Invalid"}
    found = scene.only_diagnostic()
    assert (found.code, found.path) == ("GW372", ("spec", "targetRefs", 0))
    assert "two of Gateway app/gw" in found.message


@pytest.mark.parametrize(("port", "section"), [(81, "one"), (80, "")])
def test_policies_of_all_listeners_of_a_port_are_accepted(port: int, section: str) -> None:
    scene = resolve(two_listeners(port), policy("one", section))
    assert conditions(scene, "one") == {"Accepted": "True/Accepted"}
    assert scene.codes == []


def test_the_policy_of_a_listener_beats_that_of_its_gateway() -> None:
    scene = resolve(two_listeners(81), policy("all"), policy("one", "one"))
    assert conditions(scene, "all") == {"Accepted": "True/Accepted", "Overridden": "True/Overridden"}
    assert conditions(scene, "one") == {"Accepted": "True/Accepted"}


def test_of_two_policies_for_one_target_the_first_wins() -> None:
    scene = resolve(two_listeners(81), policy("a"), policy("b"))
    assert conditions(scene, "b") == {"Accepted": "False/Conflicted"}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"headers": {"maxRequestHeaderLimit": "1"}}, ("headers", "maxRequestHeaderLimit")),
        ({"http2": {"initialStreamWindowSize": "1Ki"}}, ("http2", "initialStreamWindowSize")),
        ({"http2": {"onInvalidMessage": "Panic"}}, ("http2", "onInvalidMessage")),
        (
            {"http1": {"ignoredUpgradeTypes": [{"type": "RegularExpression", "value": "("}]}},
            ("http1", "ignoredUpgradeTypes", 0, "value"),
        ),
        (
            {"clientIPDetection": {"xForwardedFor": {"trustedCIDRs": ["10.0.0.0/99"]}}},
            ("clientIPDetection", "xForwardedFor", "trustedCIDRs", 0),
        ),
        ({"tls": {"clientValidation": {"spkiHashes": ["short"]}}}, ("tls", "clientValidation", "spkiHashes", 0)),
        (
            {"tls": {"clientValidation": {"caCertificateRefs": [{"name": "gone"}]}}},
            ("tls", "clientValidation", "caCertificateRefs", 0, "name"),
        ),
        ({"tls": {"clientValidation": {}}}, ("tls", "clientValidation")),
    ],
)
def test_errors(spec: Object, path: tuple[str | int, ...]) -> None:
    scene = resolve(gateway(), policy("one", **spec))
    assert conditions(scene, "one") == {"Accepted": "False/Invalid"}
    assert scene.only_diagnostic().path == ("spec", *path)


@pytest.mark.parametrize("spec", [{"enableProxyProtocol": True}, {"headers": {"preserveXRequestID": True}}])
def test_deprecated_fields(spec: Object) -> None:
    scene = resolve(gateway(), policy("one", **spec))
    assert conditions(scene, "one") == {"Accepted": "True/Accepted", "Warning": "True/DeprecatedField"}
    assert scene.codes == ["GW174"]
