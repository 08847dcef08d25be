"""Gateways and GatewayClasses: whose they are, addresses, parameters."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.resolve.options import Options
from tests.resolve.scene import Object, gateway, gateway_class, listener, obj, resolve, route

OWNED = Options(addresses=("192.0.2.0/24", "2001:db8::/64"))


def address(value: str | None = None, kind: str | None = None) -> Object:
    return {key: item for key, item in (("type", kind), ("value", value)) if item is not None}


@pytest.mark.parametrize(
    ("addresses", "bound", "status"),
    [
        ([], ("0.0.0.0",), ["0.0.0.0"]),
        ([address()], ("0.0.0.0",), ["0.0.0.0"]),
        ([address("192.0.2.1")], ("192.0.2.1",), ["192.0.2.1"]),
        ([address("192.0.2.9"), address("192.0.2.1")], ("192.0.2.9", "192.0.2.1"), ["192.0.2.9", "192.0.2.1"]),
        ([address("2001:db8::1")], ("2001:db8::1",), ["2001:db8::1"]),
        ([address("2001:db8::1"), address("2001:DB8:0::1")], ("2001:db8::1",), ["2001:db8::1", "2001:DB8:0::1"]),
    ],
)
def test_addresses_that_the_fleets_own(addresses: list[Object], bound: tuple[str, ...], status: list[str]) -> None:
    scene = resolve(gateway(addresses=addresses), options=OWNED)
    assert scene.fleets["app/gw"].listeners[0].addresses == bound
    assert scene.status("Gateway", "gw")["addresses"] == [{"type": "IPAddress", "value": value} for value in status]
    assert scene.gateway_conditions() == {"Accepted": "True/Accepted", "Programmed": "True/Programmed"}
    assert scene.diagnostics == ()


def test_an_address_that_the_fleets_do_not_own() -> None:
    scene = resolve(gateway(addresses=[address("198.51.100.1"), address("192.0.2.1")]), options=OWNED)
    assert scene.gateway_conditions() == {"Accepted": "True/Accepted", "Programmed": "False/AddressNotUsable"}
    assert scene.fleets["app/gw"].listeners[0].addresses == ("192.0.2.1",)
    assert scene.only_diagnostic().path == ("spec", "addresses", 0)


def test_no_usable_address_leaves_nothing_to_bind() -> None:
    scene = resolve(gateway(addresses=[address("198.51.100.1")]), options=OWNED)
    assert scene.fleets["app/gw"].listeners == ()
    assert scene.listener_conditions("http")["Programmed"] == "False/Invalid"
    assert "addresses" not in scene.status("Gateway", "gw")


def test_without_configuration_addresses_are_a_load_balancers() -> None:
    scene = resolve(gateway(addresses=[address("203.0.113.7")]))
    assert scene.fleets["app/gw"].listeners[0].addresses == ("0.0.0.0",)
    assert scene.status("Gateway", "gw")["addresses"] == [{"type": "IPAddress", "value": "203.0.113.7"}]
    assert scene.only_diagnostic().severity == "notice"


@pytest.mark.parametrize("kind", ["Hostname", "example.com/special"])
def test_other_types_of_addresses(kind: str) -> None:
    scene = resolve(gateway(addresses=[address("a.example.com", kind)]), route())
    assert scene.gateway_conditions() == {"Accepted": "False/UnsupportedAddress", "Programmed": "False/Invalid"}
    assert scene.fleets == {}
    assert scene.route_conditions()["Accepted"] == "False/Pending"
    assert scene.routes["route"].unit is None


def test_a_class_that_is_not_there() -> None:
    scene = resolve(gateway(gatewayClassName="gitwya"), route())
    found = scene.only_diagnostic()
    assert (found.code, found.path, found.help) == ("GW201", ("spec", "gatewayClassName"), "Did you mean gitway?")
    assert scene.fleets == {}
    assert set(scene.statuses) == {("gateway.networking.k8s.io", "GatewayClass", "", "gitway")}


def test_the_class_of_another_controller() -> None:
    scene = resolve(gateway(), route(), gateway_class(controller="example.com/other"), with_class=False)
    assert scene.only_diagnostic().severity == "notice"
    assert scene.statuses == {}
    assert scene.fleets == {}


def test_controllers_are_configured() -> None:
    options = Options(controller_names=("example.com/other",))
    scene = resolve(
        gateway(), route(), gateway_class(controller="example.com/other"), with_class=False, options=options
    )
    assert list(scene.fleets) == ["app/gw"]
    assert scene.routes["route"].parents[0]["controllerName"] == "example.com/other"


def parameters(group: str, kind: str) -> dict[str, Any]:
    return {"group": group, "kind": kind, "name": "settings"}


def test_parameters_of_unknown_kinds() -> None:
    scene = resolve(gateway(infrastructure={"parametersRef": parameters("example.com", "Thing")}))
    assert scene.gateway_conditions()["Accepted"] == "False/InvalidParameters"
    assert scene.only_diagnostic().path == ("spec", "infrastructure", "parametersRef", "kind")


def test_an_envoy_proxy_that_does_not_exist() -> None:
    scene = resolve(gateway(infrastructure={"parametersRef": parameters("gateway.envoyproxy.io", "EnvoyProxy")}))
    assert scene.gateway_conditions()["Accepted"] == "False/InvalidParameters"
    assert scene.only_diagnostic().path == ("spec", "infrastructure", "parametersRef", "name")


def test_a_class_with_unknown_parameters_refuses_its_gateways() -> None:
    broken = gateway_class()
    broken["spec"]["parametersRef"] = parameters("example.com", "Thing")
    scene = resolve(gateway(), broken, with_class=False)
    (condition,) = scene.status("GatewayClass", "gitway", namespace="")["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "InvalidParameters")
    assert scene.gateway_conditions()["Accepted"] == "False/InvalidParameters"


def test_one_fleet_for_each_gateway_sorted() -> None:
    elsewhere = obj(
        "Gateway", "gw", {"gatewayClassName": "gitway", "listeners": [listener()]}, metadata={"namespace": "aaa"}
    )
    assert list(resolve(gateway(name="b"), gateway(name="a"), elsewhere).fleets) == ["aaa/gw", "app/a", "app/b"]
