"""HTTPRoutes and GRPCRoutes for the same hosts of a listener: Gateway API, GRPCRouteSpec.hostnames."""

from __future__ import annotations

import random
from typing import cast

import pytest

from reconciler.manifests.base import Loaded
from reconciler.manifests.routes import Route
from reconciler.resolve.rivals import Attached, losers
from reconciler.resolve.routes import ResolvedRoute, resolve_route
from tests.resolve.scene import (
    Object,
    Scene,
    conditions,
    forward,
    gateway,
    grpc_route,
    listener,
    loaded,
    resolve,
    route,
    service,
)

GATEWAY = gateway(
    listener("any"), listener("wide", hostname="*.example.com"), listener("narrow", hostname="a.example.com")
)
RULE = {"backendRefs": [forward()]}


def attached(scene: Scene) -> list[Attached]:
    found = []
    for name, resolved in scene.routes.items():
        unit = resolved.unit
        assert unit
        hosts = tuple((one.fleet, one.table, one.hosts) for one in unit.placements)
        found.append(Attached((unit.created, "app", name, unit.kind), hosts))
    return found


def lost(*routes: Object, seed: int = 0) -> dict[str, dict[str, str]]:
    """Name of a route → host name of a listener → who has it instead."""
    scene = resolve(GATEWAY, service(), *routes)
    shuffled = attached(scene)
    random.Random(seed).shuffle(shuffled)
    found = losers(shuffled, scene.world)
    return {name: {host: to for (_, _, host), to in taken.items()} for (_, _, name, _), taken in found.items()}


def http(name: str, *hostnames: str) -> Object:
    return route(RULE, name=name, hostnames=list(hostnames))


def grpc(name: str, *hostnames: str) -> Object:
    return grpc_route(RULE, name=name, hostnames=list(hostnames))


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ((http("a", "x.test"), http("b", "x.test")), {}),
        ((http("a", "x.test"), grpc("b", "y.test")), {}),
        ((http("a", "x.test"), grpc("b", "x.test")), {"b": {"*": "HTTPRoute app/a"}}),
        ((grpc("a", "x.test"), http("b", "x.test")), {"b": {"*": "GRPCRoute app/a"}}),
        ((grpc("a", "*.test"), http("b", "x.test")), {"b": {"*": "GRPCRoute app/a"}}),
        ((grpc("a", "x.test"), http("b", "*.test")), {"b": {"*": "GRPCRoute app/a"}}),
        ((grpc("a", "x.test"), http("b", "y.test", "x.test"), grpc("c", "y.test")), {"b": {"*": "GRPCRoute app/a"}}),
        # Listeners are apart, whatever their hosts.
        ((grpc("a", "b.example.com"), http("b", "a.example.com")), {}),
        ((grpc("a", "*.example.com"), http("b", "b.example.com")), {"b": {"*.example.com": "GRPCRoute app/a"}}),
        ((grpc("a", "a.example.com"), http("b", "*.example.com")), {"b": {"a.example.com": "GRPCRoute app/a"}}),
        (
            (grpc("a"), http("b")),
            {"b": dict.fromkeys(("*", "*.example.com", "a.example.com"), "GRPCRoute app/a")},
        ),
    ],
)
def test_the_first_of_two_rivals_stays(routes: tuple[Object, ...], expected: dict[str, dict[str, str]]) -> None:
    assert lost(*routes) == expected
    assert lost(*reversed(routes), seed=1) == expected


def test_the_oldest_stays() -> None:
    young = {**grpc("a", "x.test"), "metadata": {"name": "a", "namespace": "app"}}
    young["metadata"]["creationTimestamp"] = "2024-01-02T00:00:00Z"
    old = http("b", "x.test")
    old["metadata"]["creationTimestamp"] = "2024-01-01T00:00:00Z"
    assert lost(young, old) == {"a": {"*": "HTTPRoute app/b"}}


def without_any_host(raw: Object, scene: Scene) -> ResolvedRoute:
    """The route after it has lost the listener for any host."""
    found = cast("Loaded[Route]", loaded(raw))
    return resolve_route(found, scene.world, {("app/gw", "http-80", "*"): "GRPCRoute app/a"})


def test_a_route_that_has_lost_all_is_not_accepted() -> None:
    scene = resolve(gateway(), service(), grpc("a"))
    resolved = without_any_host(http("b"), scene)
    (parent,) = resolved.parents
    assert conditions(parent["conditions"])["Accepted"] == "False/HostnameConflict"
    assert (resolved.unit, resolved.attached) == (None, ())
    (found,) = resolved.diagnostics
    assert (found.code, found.path) == ("GW353", ("spec", "parentRefs", 0))
    assert "GRPCRoute app/a" in found.message


def test_a_route_keeps_the_listeners_that_it_has_not_lost() -> None:
    scene = resolve(GATEWAY, service(), grpc("a"))
    resolved = without_any_host(http("b"), scene)
    (parent,) = resolved.parents
    assert conditions(parent["conditions"])["Accepted"] == "True/Accepted"
    assert [name for *_, name in resolved.attached] == ["wide", "narrow"]
    assert resolved.unit
    assert [one.hosts for one in resolved.unit.placements] == [("*.example.com", "a.example.com")]
    assert [found.code for found in resolved.diagnostics] == ["GW353"]
