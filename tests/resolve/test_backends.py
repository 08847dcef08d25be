"""What backendRefs lead to, weights, and what becomes of invalid ones."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.resolve.options import Options
from tests.resolve.scene import Object, Scene, forward, gateway, obj, resolve, route, service

STATIC, DNS = ir.Discovery.STATIC, ir.Discovery.DNS


def endpoint(address: str, *, zone: str | None = None, conditions: Object | None = None) -> Object:
    made: Object = {"addresses": [address]}
    if conditions:
        made["conditions"] = conditions
    return made if zone is None else {**made, "zone": zone}


def slice_of(
    *endpoints: Object, name: str = "web-1", service: str = "web", family: str = "IPv4", ports: Any = None
) -> Object:
    return obj(
        "EndpointSlice",
        name,
        metadata={"labels": {"kubernetes.io/service-name": service}},
        addressType=family,
        ports=[{"port": 8080}] if ports is None else ports,
        endpoints=list(endpoints),
    )


def backend(name: str = "ext", **spec: Any) -> Object:
    return obj("Backend", name, spec)


def to_backend(name: str = "ext", **fields: Any) -> Object:
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, **fields}


def scene(*objects: Object, refs: list[Object] | None = None, options: Options | None = None) -> Scene:
    return resolve(gateway(), *objects, route({"backendRefs": refs or [forward()]}), options=options)


def addresses(found: Scene) -> list[tuple[str, int]]:
    return [(item.address, item.port) for item in found.forwarded().backends[0].endpoints]


# ------------------------------------------------------------------- Services


def test_endpoint_slices_are_static_endpoints() -> None:
    found = scene(service(), slice_of(endpoint("10.0.0.2", zone="b"), endpoint("10.0.0.1", zone="a")))
    (made,) = found.forwarded().backends
    assert made == ir.Backend(
        0, 1, STATIC, (ir.Endpoint("10.0.0.1", 8080, zone="a"), ir.Endpoint("10.0.0.2", 8080, zone="b"))
    )
    assert found.diagnostics == ()


def test_slices_are_merged_without_repetition() -> None:
    found = scene(
        service(),
        slice_of(endpoint("10.0.0.1"), endpoint("10.0.0.2")),
        slice_of(endpoint("10.0.0.1"), name="web-2"),
        slice_of(endpoint("fd00::1"), name="web-6", family="IPv6"),
        slice_of(endpoint("web.example.com"), name="web-n", family="FQDN"),
        slice_of(endpoint("10.0.0.9"), name="other", service="other"),
    )
    assert addresses(found) == [("10.0.0.1", 8080), ("10.0.0.2", 8080), ("fd00::1", 8080)]


def test_ports_match_by_name_and_protocol() -> None:
    named = obj("Service", "web", {"ports": [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]})
    ports = [
        {"name": "http", "port": 3000},
        {"name": "admin", "port": 3001},
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "any"},
    ]
    found = scene(named, slice_of(endpoint("10.0.0.1"), ports=ports), refs=[forward(port=81)])
    assert addresses(found) == [("10.0.0.1", 3001)]


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        ({}, "used"),
        ({"ready": True}, "used"),
        ({"ready": False}, "left out"),
        ({"ready": False, "serving": False, "terminating": True}, "left out"),
        ({"ready": False, "serving": True, "terminating": True}, "draining"),
        ({"ready": True, "serving": True, "terminating": False}, "used"),
    ],
)
def test_conditions_of_endpoints(conditions: dict[str, bool], outcome: str) -> None:
    found = scene(service(), slice_of(endpoint("10.0.0.1", conditions=conditions)))
    (made,) = found.forwarded().backends
    draining = [item.draining for item in made.endpoints]
    assert draining == {"used": [False], "draining": [True], "left out": []}[outcome]


def test_a_service_without_slices_is_found_by_dns() -> None:
    found = scene(service(), options=Options(service_domain="example.internal"))
    (made,) = found.forwarded().backends
    assert (made.discovery, made.endpoints) == (DNS, (ir.Endpoint("web.app.svc.example.internal", 80),))


def test_a_headless_service_is_found_at_its_target_port() -> None:
    assert addresses(scene(service(clusterIP="None"))) == [("web.app.svc.cluster.local", 8080)]


def test_a_named_target_port_cannot_be_resolved_by_dns() -> None:
    found = scene(obj("Service", "web", {"clusterIP": "None", "ports": [{"port": 80, "targetPort": "http"}]}))
    assert found.route_conditions()["ResolvedRefs"] == "False/UnsupportedValue"


def test_external_names_are_asked_for() -> None:
    external = obj("Service", "web", {"type": "ExternalName", "externalName": "www.example.com."})
    found = scene(external)
    assert found.route_conditions()["ResolvedRefs"] == "False/UnsupportedValue"
    assert "Backend" in found.only_diagnostic().help
    found = scene(external, options=Options(allow_external_name=True))
    assert addresses(found) == [("www.example.com", 80)]


@pytest.mark.parametrize(
    ("app_protocol", "protocol"),
    [
        ("kubernetes.io/h2c", ir.Protocol.H2C),
        ("kubernetes.io/ws", ir.Protocol.WEBSOCKET),
        ("grpc", ir.Protocol.H2C),
        ("http", ir.Protocol.HTTP),
        ("example.com/unheard-of", ir.Protocol.HTTP),
    ],
)
def test_app_protocols(app_protocol: str, protocol: ir.Protocol) -> None:
    found = scene(obj("Service", "web", {"ports": [{"port": 80, "appProtocol": app_protocol}]}))
    assert found.forwarded().backends[0].protocol is protocol


# ------------------------------------------------------------------- Backends


def test_backend_with_addresses() -> None:
    endpoints = [{"ip": {"address": "192.0.2.1", "port": 80}, "hostname": "one.example.com", "zone": "a"}]
    found = scene(backend(endpoints=endpoints, fallback=True), refs=[to_backend(weight=3)])
    assert found.forwarded().backends == (
        ir.Backend(0, 3, STATIC, (ir.Endpoint("192.0.2.1", 80, "one.example.com", "a"),), fallback=True),
    )
    assert found.status("Backend", "ext", "gateway.envoyproxy.io")["conditions"][0]["reason"] == "Accepted"


def test_backend_with_names() -> None:
    endpoints = [
        {"fqdn": {"hostname": "b.example.com.", "port": 80}},
        {"fqdn": {"hostname": "a.example.com", "port": 81}},
    ]
    found = scene(backend(endpoints=endpoints, appProtocols=["gateway.envoyproxy.io/h2c"]), refs=[to_backend()])
    (made,) = found.forwarded().backends
    assert (made.discovery, made.protocol) == (DNS, ir.Protocol.H2C)
    assert made.endpoints == (ir.Endpoint("a.example.com", 81), ir.Endpoint("b.example.com", 80))


def test_backend_with_a_socket() -> None:
    found = scene(backend(endpoints=[{"unix": {"path": "/run/app.sock"}}]), refs=[to_backend()])
    assert addresses(found) == [("/run/app.sock", 0)]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"type": "DynamicResolver"}, "UnsupportedValue"),
        ({}, "InvalidBackendRef"),
        ({"endpoints": [{"ip": {"address": "192.0.2.1", "port": 0}}]}, "InvalidAddress"),
        ({"endpoints": [{"ip": {"address": "1:2:3", "port": 80}}]}, "InvalidAddress"),
    ],
)
def test_backends_that_are_refused(spec: Object, reason: str) -> None:
    found = scene(backend(**spec), refs=[to_backend()])
    assert found.route_conditions()["ResolvedRefs"] == f"False/{reason}"
    assert found.status("Backend", "ext", "gateway.envoyproxy.io")["conditions"][0]["reason"] == "Invalid"
    assert found.codes == ["GW158", "GW210"]


# ------------------------------------------------------- references that lead nowhere

UDP = obj("Service", "web", {"ports": [{"port": 80, "protocol": "UDP"}]})


@pytest.mark.parametrize(
    ("ref", "reason", "field"),
    [
        (forward("gone"), "BackendNotFound", "name"),
        (forward(port=81), "PortNotFound", "port"),
        (to_backend("gone"), "BackendNotFound", "name"),
        (forward(group="example.com", kind="Thing"), "InvalidKind", "kind"),
        (forward(kind="ConfigMap"), "InvalidKind", "kind"),
    ],
)
def test_dangling_references(ref: Object, reason: str, field: str) -> None:
    found = scene(service(), refs=[ref])
    assert found.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": f"False/{reason}"}
    assert found.rule().action == ir.DirectResponse(500)
    assert found.only_diagnostic().path == ("spec", "rules", 0, "backendRefs", 0, field)


def test_udp_ports_are_not_for_http() -> None:
    assert scene(UDP).route_conditions()["ResolvedRefs"] == "False/PortNotFound"


def test_did_you_mean() -> None:
    assert scene(service("catalogue"), refs=[forward("catalog")]).only_diagnostic().help == "Did you mean catalogue?"
    elsewhere = {**service("web"), "metadata": {"name": "web", "namespace": "other"}}
    assert "namespace other" in scene(elsewhere).only_diagnostic().help


def test_did_you_mean_among_very_many() -> None:
    many = [service(f"service-{number:04}") for number in range(300)]
    assert "service-0150?" in scene(*many, refs=[forward("service-0150x")]).only_diagnostic().help


# ------------------------------------------------------------------------ weights


@pytest.mark.parametrize(
    ("refs", "weights", "invalid"),
    [
        ([forward(weight=9), forward(weight=1)], [(0, 9), (1, 1)], 0),
        ([forward(weight=0), forward(weight=1)], [(1, 1)], 0),
        ([forward(), forward("gone", weight=3)], [(0, 1)], 3),
        ([forward(), forward("gone", weight=0)], [(0, 1)], 0),
        ([forward("gone", weight=2), forward("lost", weight=3), forward(weight=5)], [(2, 5)], 5),
    ],
)
def test_weights(refs: list[Object], weights: list[tuple[int, int]], invalid: int) -> None:
    action = scene(service(), refs=refs).forwarded()
    assert [(item.index, item.weight) for item in action.backends] == weights
    assert action.invalid_weight == invalid


@pytest.mark.parametrize("refs", [[forward(weight=0)], [forward("gone")], [forward("gone"), forward(weight=0)]])
def test_no_backend_left_answers_500(refs: list[Object]) -> None:
    assert scene(service(), refs=refs).rule().action == ir.DirectResponse(500)


def test_no_backend_at_all_answers_500() -> None:
    found = resolve(gateway(), route({}))
    assert found.rule().action == ir.DirectResponse(500)
    assert found.route_conditions()["ResolvedRefs"] == "True/ResolvedRefs"


def test_a_service_without_endpoints_resolves() -> None:
    found = scene(service(), slice_of())
    assert found.forwarded().backends == (ir.Backend(0, 1, STATIC, ()),)
    assert found.route_conditions() == {
        "Accepted": "True/Accepted",
        "ResolvedRefs": "True/ResolvedRefs",
        "BackendsAvailable": "False/EndpointsNotFound",
    }
    assert found.codes == ["GW211"]
