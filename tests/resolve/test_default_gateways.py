"""Default Gateways, which routes attach to without naming them."""

from __future__ import annotations

import pytest

from tests.resolve.scene import Object, Scene, forward, gateway, gateway_class, listener, obj, resolve, route, service

DEFAULT = {"defaultScope": "All"}


def scene(*gateways: Object, parents: list[Object] | None = None, scope: str = "All", namespace: str = "app") -> Scene:
    made = route({"backendRefs": [forward()]}, parentRefs=parents or [], useDefaultGateways=scope)
    made["metadata"]["namespace"] = namespace
    return resolve(*gateways, service(), made)


def claimed(found: Scene) -> list[str]:
    return [f"{one['parentRef']['namespace']}/{one['parentRef']['name']}" for one in found.routes["route"].parents]


def test_all_defaults_claim_a_route() -> None:
    gateways = (gateway(name="b", **DEFAULT), gateway(name="a", **DEFAULT), gateway(name="c"))
    found = scene(*gateways)
    assert claimed(found) == ["app/a", "app/b"]
    assert {found.route_conditions(parent=index)["Accepted"] for index in (0, 1)} == {"True/Accepted"}
    unit = found.routes["route"].unit
    assert unit is not None
    assert [one.fleet for one in unit.placements] == ["app/a", "app/b"]
    assert found.diagnostics == ()


@pytest.mark.parametrize(("scope", "parents"), [("None", []), ("None", [{"name": "named"}])])
def test_who_does_not_ask_is_not_claimed(scope: str, parents: list[Object]) -> None:
    found = scene(gateway(name="a", **DEFAULT), gateway(name="named"), scope=scope, parents=parents)
    assert [one["parentRef"]["name"] for one in found.routes["route"].parents] == [one["name"] for one in parents]
    assert found.diagnostics == ()


def test_a_default_that_is_named_is_attached_to_as_it_is_named() -> None:
    made = gateway(listener("one"), listener("two", 81), name="a", **DEFAULT)
    found = scene(made, gateway(name="b", **DEFAULT), parents=[{"name": "a", "sectionName": "two"}])
    assert [one["parentRef"]["name"] for one in found.routes["route"].parents] == ["a", "b"]
    unit = found.routes["route"].unit
    assert unit is not None
    assert [(one.fleet, one.port) for one in unit.placements] == [("app/a", 81), ("app/b", 80)]


def test_a_default_does_not_speak_of_routes_that_it_does_not_allow() -> None:
    found = scene(gateway(name="a", **DEFAULT), namespace="other")
    assert claimed(found) == []
    assert [one.code for one in found.diagnostics if one.path[-1] == "useDefaultGateways"] == []


def test_without_a_default_it_is_said() -> None:
    found = scene(gateway(name="a"))
    assert found.only_diagnostic().path == ("spec", "useDefaultGateways")
    assert claimed(found) == []


def test_a_default_of_another_controller_is_none_of_ours() -> None:
    other = gateway_class("other", "example.com/other")
    foreign = gateway(name="a", **DEFAULT)
    foreign["spec"]["gatewayClassName"] = "other"
    assert claimed(scene(other, foreign)) == []


def test_options_of_listeners_are_reported() -> None:
    tls = {"certificateRefs": [{"name": "cert"}], "options": {"example.com/minimum": "1.2"}}
    cert = obj("Secret", "cert", type="kubernetes.io/tls")
    found = resolve(cert, gateway({"name": "https", "port": 443, "protocol": "HTTPS", "tls": tls}))
    assert found.only_diagnostic().path == ("spec", "listeners", 0, "tls", "options")
