"""parentRefs, placements and the status of routes."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, https, listener, obj, resolve, route, service

CERT = obj("Secret", "cert", type="kubernetes.io/tls")
GATEWAY = gateway(
    listener("http", hostname="*.example.com"),
    listener("named", hostname="a.example.com"),
    listener("alt", 8080),
    https("https", "*.example.com"),
)


def scene(hostnames: list[str], *parents: Object) -> Scene:
    return resolve(
        CERT, GATEWAY, service(), route({"backendRefs": [forward()]}, hostnames=hostnames, parentRefs=list(parents))
    )


def ref(**fields: Any) -> Object:
    return {"name": "gw", **fields}


def placed(found: Scene) -> dict[str, tuple[str, ...]]:
    unit = found.routes["route"].unit
    return {item.table: item.hosts for item in unit.placements} if unit else {}


@pytest.mark.parametrize(
    ("hostnames", "parents", "expected"),
    [
        (
            ["b.example.com"],
            [ref()],
            {"http-80": ("b.example.com",), "http-8080": ("b.example.com",), "app/gw/https": ("b.example.com",)},
        ),
        (["b.example.com"], [ref(sectionName="http")], {"http-80": ("b.example.com",)}),
        (["b.example.com"], [ref(port=8080)], {"http-8080": ("b.example.com",)}),
        (["b.example.com"], [ref(sectionName="https", port=443)], {"app/gw/https": ("b.example.com",)}),
        ([], [ref(sectionName="http"), ref(sectionName="named")], {"http-80": ("*.example.com", "a.example.com")}),
        (["a.example.com"], [ref(sectionName="named")], {"http-80": ("a.example.com",)}),
        ([], [ref(sectionName="alt")], {"http-8080": ("*",)}),
    ],
)
def test_placements(hostnames: list[str], parents: list[Object], expected: dict[str, tuple[str, ...]]) -> None:
    found = scene(hostnames, *parents)
    assert placed(found) == expected
    assert {found.route_conditions(parent=index)["Accepted"] for index in range(len(parents))} == {"True/Accepted"}
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("hostnames", "parent", "reason", "path"),
    [
        ([], ref(sectionName="htpp"), "NoMatchingParent", ("spec", "parentRefs", 0, "sectionName")),
        ([], ref(port=81), "NoMatchingParent", ("spec", "parentRefs", 0, "port")),
        ([], ref(sectionName="http", port=8080), "NoMatchingParent", ("spec", "parentRefs", 0, "sectionName")),
        (["a.example.org"], ref(sectionName="http"), "NoMatchingListenerHostname", ("spec", "hostnames")),
        (["a.example.com"], ref(sectionName="http"), "NoMatchingListenerHostname", ("spec", "hostnames")),
    ],
)
def test_parents_that_do_not_take_the_route(
    hostnames: list[str], parent: Object, reason: str, path: tuple[Any, ...]
) -> None:
    found = scene(hostnames, parent)
    assert found.route_conditions() == {"Accepted": f"False/{reason}", "ResolvedRefs": "True/ResolvedRefs"}
    assert found.routes["route"].attached == ()
    assert found.routes["route"].unit is None
    assert found.only_diagnostic().path == path


def test_a_misspelt_listener_is_suggested() -> None:
    assert scene([], ref(sectionName="https2")).only_diagnostic().help == "Did you mean https?"


def test_one_parent_of_two_may_refuse() -> None:
    found = scene(["b.example.com"], ref(sectionName="http"), ref(sectionName="named"))
    assert found.route_conditions(parent=0)["Accepted"] == "True/Accepted"
    assert found.route_conditions(parent=1)["Accepted"] == "False/NoMatchingListenerHostname"
    assert placed(found) == {"http-80": ("b.example.com",)}


def test_the_listeners_port_goes_with_the_placement() -> None:
    found = scene([], ref(sectionName="alt"))
    assert found.unit().placements == (ir.Placement("app/gw", "http-8080", ("*",), 8080),)


@pytest.mark.parametrize(
    ("parent", "codes"),
    [
        ({"name": "gone"}, ["GW203"]),
        ({"name": "gw", "namespace": "elsewhere"}, ["GW203"]),
        ({"name": "web", "kind": "Service", "group": ""}, []),
        ({"name": "set", "kind": "ListenerSet"}, ["GW203"]),
        ({"name": "thing", "kind": "Thing", "group": "example.com"}, []),
    ],
)
def test_parents_that_are_not_our_gateways_get_no_status(parent: Object, codes: list[str]) -> None:
    found = scene([], parent)
    assert found.routes["route"].parents == ()
    assert found.codes == codes
    assert ("gateway.networking.k8s.io", "HTTPRoute", "app", "route") not in found.statuses


def test_a_dangling_parent_says_where_there_is_one() -> None:
    found = scene([], {"name": "gw", "namespace": "elsewhere"}).only_diagnostic()
    assert found.path == ("spec", "parentRefs", 0, "name")
    assert "namespace app" in found.help


def test_the_parent_ref_is_as_written_with_defaults() -> None:
    (parent,) = scene([], ref(sectionName="alt", port=8080, namespace="app")).routes["route"].parents
    assert parent["parentRef"] == {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": "gw",
        "namespace": "app",
        "sectionName": "alt",
        "port": 8080,
    }
    assert parent["controllerName"] == "gateway.envoyproxy.io/gatewayclass-controller"


def test_the_unit_carries_what_orders_and_names_it() -> None:
    stamped = {"creationTimestamp": "2026-01-02T05:04:05+02:00"}
    found = resolve(gateway(), service(), route({"backendRefs": [forward()]}, metadata=stamped))
    unit = found.unit()
    assert (unit.kind, unit.namespace, unit.name, unit.created) == ("httproute", "app", "route", "2026-01-02T03:04:05Z")


def test_attached_routes_are_counted_once_for_each_listener() -> None:
    found = scene(["a.example.com"], ref(port=80), ref(port=443))
    assert found.routes["route"].attached == (("Gateway", "app", "gw", "named"), ("Gateway", "app", "gw", "https"))
    assert {item["name"]: item["attachedRoutes"] for item in found.status("Gateway", "gw")["listeners"]} == {
        "http": 0,
        "named": 1,
        "alt": 0,
        "https": 1,
    }
