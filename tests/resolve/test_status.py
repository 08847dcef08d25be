"""Statuses as a whole: generations, times, and independence of the order of objects."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.resolve.scene import Object, forward, gateway, gateway_class, https, listener, obj, resolve, route, service

STAMPED = {"generation": 7, "creationTimestamp": "2026-01-02T03:04:05Z"}


def conditions(value: Any) -> Iterator[Object]:
    """All conditions anywhere in a status."""
    if isinstance(value, dict):
        if "lastTransitionTime" in value:
            yield value
        for item in value.values():
            yield from conditions(item)
    elif isinstance(value, list):
        for item in value:
            yield from conditions(item)


def test_conditions_carry_the_generation_and_the_creation() -> None:
    objects = [gateway_class(), gateway(), route(), obj("Backend", "ext", {})]
    for item in objects:
        item["metadata"].update(STAMPED)
    scene = resolve(*objects, with_class=False)
    found = list(conditions(list(scene.statuses.values())))
    assert len(found) == 1 + 2 + 4 + 2 + 1
    assert {item["observedGeneration"] for item in found} == {7}
    assert {item["lastTransitionTime"] for item in found} == {"2026-01-02T03:04:05Z"}


def test_without_metadata_there_is_no_generation_and_the_time_is_fixed() -> None:
    found = list(conditions(list(resolve(gateway(), route()).statuses.values())))
    assert not any("observedGeneration" in item for item in found)
    assert {item["lastTransitionTime"] for item in found} == {"1970-01-01T00:00:00Z"}


def test_features_of_the_class_are_sorted() -> None:
    features = resolve().status("GatewayClass", "gitway", namespace="")["supportedFeatures"]
    assert features == sorted(features, key=lambda item: item["name"])


def endpoints(name: str, address: str) -> Object:
    return obj(
        "EndpointSlice",
        name,
        metadata={"labels": {"kubernetes.io/service-name": "web"}},
        addressType="IPv4",
        ports=[{"port": 8080}],
        endpoints=[{"addresses": [address], "zone": name}],
    )


REPOSITORY = [
    gateway_class(),
    gateway_class("second", "example.com/other"),
    gateway(listener(hostname="*.example.com"), listener("any"), https("https"), name="one"),
    gateway(listener("a", 99, "TCP"), name="two"),
    gateway(name="lost", gatewayClassName="gone"),
    obj("Secret", "cert", type="kubernetes.io/tls"),
    service(),
    endpoints("web-a", "10.0.0.1"),
    endpoints("web-b", "10.0.0.1"),
    endpoints("web-c", "10.0.0.2"),
    obj("Backend", "ext", {"endpoints": [{"fqdn": {"hostname": "a.example.com", "port": 80}}]}),
    route({"backendRefs": [forward(), forward("gone")]}, name="r1", parentRefs=[{"name": "one"}, {"name": "two"}]),
    route({"backendRefs": [forward("wbe")]}, name="r2", parentRefs=[{"name": "one"}], hostnames=["a.example.com"]),
    route({"backendRefs": [forward()]}, name="r3", parentRefs=[{"name": "lost"}, {"name": "nowhere"}]),
]
EXPECTED = resolve(*REPOSITORY, with_class=False)


@given(st.permutations(REPOSITORY))
@settings(max_examples=30, deadline=None)
def test_the_order_of_objects_does_not_matter(objects: list[Object]) -> None:
    scene = resolve(*objects, with_class=False)
    assert scene.statuses == EXPECTED.statuses
    assert scene.fleets == EXPECTED.fleets
    assert scene.world.diagnostics == EXPECTED.world.diagnostics
    assert scene.routes == EXPECTED.routes


def test_resolving_a_route_again_gives_the_same() -> None:
    assert resolve(*REPOSITORY, with_class=False).routes == EXPECTED.routes


def test_results_are_plain_data() -> None:
    json.dumps(list(EXPECTED.statuses.values()))
    assert pickle.loads(pickle.dumps(EXPECTED.routes)) == EXPECTED.routes
