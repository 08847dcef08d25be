"""A fleet's resources put together from its skeleton and its routes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import ir
from reconciler.snapshot import model
from reconciler.snapshot.build import build
from reconciler.snapshot.check import check
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, ROUTE_CONFIGURATION
from reconciler.translate.destinations import INVALID_CLUSTER
from reconciler.translate.fleet import assemble, secrets_elsewhere
from reconciler.translate.units import translate
from tests.translate import sample
from tests.translate.build import (
    exact,
    fleet,
    http_listener,
    https_chain,
    https_listener,
    placement,
    prefix,
    rule,
    unit,
)
from tests.translate.decode import assembled


def table(found: dict[str, Any], name: str = "http-80") -> dict[str, list[str]]:
    """Host → names of its routes."""
    configuration = found[ROUTE_CONFIGURATION][name]
    hosts = configuration.get("virtual_hosts", [])
    return {host["domains"][0]: [route["name"] for route in host.get("routes", [])] for host in hosts}


def test_a_route_configuration() -> None:
    found = assembled(fleet(http_listener("*", "a.shop.example")), unit(placements=(placement("*.shop.example"),)))
    configuration = found[ROUTE_CONFIGURATION]["http-80"]
    assert configuration["ignore_port_in_host_matching"] is True
    assert [(host["name"], host["domains"]) for host in configuration["virtual_hosts"]] == [
        ("*", ["*"]),
        ("*_shop_example", ["*.shop.example"]),
        ("a_shop_example", ["a.shop.example"]),
    ]


def test_every_host_of_a_listener_has_a_virtual_host() -> None:
    found = assembled(fleet(http_listener("*", "a.example")), unit(placements=(placement("*"),)))
    assert table(found) == {"*": ["httproute/default/shop/rule/0/match/0/*"], "a.example": []}


def test_what_another_chain_serves_is_misdirected() -> None:
    chains = (https_chain("ns/gw/any"), https_chain("ns/gw/one", "one.example"))
    socket = https_listener(replace(chains[0], elsewhere=("one.example",)), replace(chains[1], elsewhere=("*",)))
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 421}}
    found = assembled(fleet(socket))[ROUTE_CONFIGURATION]
    hosts = {
        name: {host["domains"][0]: host.get("routes", []) for host in table["virtual_hosts"]}
        for name, table in found.items()
    }
    assert hosts == {
        "ns/gw/any": {"*": [], "one.example": [route]},
        "ns/gw/one": {"*": [route], "one.example": []},
    }


def test_a_chain_without_hosts_has_a_route_configuration() -> None:
    socket = ir.Listener("tcp-80", ("0.0.0.0",), 80, (ir.HTTPChain("http-80", ()),))
    assert assembled(fleet(socket))[ROUTE_CONFIGURATION] == {
        "http-80": {"name": "http-80", "ignore_port_in_host_matching": True}
    }


def test_routes_of_a_host_are_in_order_of_precedence() -> None:
    units = (
        unit(rule(prefix("/")), rule(prefix("/deep/er"), index=1), name="a"),
        unit(rule(exact("/deep")), rule(prefix("/"), index=1), name="b"),
        unit(rule(prefix("/")), name="c", created="2020-01-01T00:00:00Z"),
    )
    (routes,) = [names for host, names in table(assembled(fleet(), *units)).items() if host != "*"]
    assert [name.removeprefix("httproute/default/").removesuffix("/match/0/shop_example") for name in routes] == [
        "b/rule/0",
        "a/rule/1",
        "c/rule/0",
        "a/rule/0",
        "b/rule/1",
    ]


def test_tables_of_one_listener_are_apart() -> None:
    chains = (https_chain("infra/gateway/a", "a.example"), https_chain("infra/gateway/b", "b.example"))
    units = [
        unit(placements=(placement(f"{name}.example", table=f"infra/gateway/{name}", port=443),), name=name)
        for name in ("a", "b")
    ]
    found = assembled(fleet(https_listener(*chains)), *units)
    for name in ("a", "b"):
        assert table(found, f"infra/gateway/{name}") == {
            f"{name}.example": [f"httproute/default/{name}/rule/0/match/0/{name}_example"]
        }


def test_routes_of_other_fleets_are_left_out() -> None:
    elsewhere = unit(placements=(placement(fleet="other"), placement(table="http-9999", port=9999)))
    found = assembled(fleet(), elsewhere)
    assert found == assembled(fleet())
    assert found[CLUSTER] == found[CLUSTER_LOAD_ASSIGNMENT] == {}


@pytest.mark.parametrize(
    ("size", "limit"), [(4096, None), (4097, 1_048_576), (1_048_576, 1_048_576), (1_048_577, 1_048_577)]
)
def test_long_bodies_raise_the_limit(size: int, limit: int | None) -> None:
    found = assembled(fleet(), unit(rule(action=ir.DirectResponse(200, "x" * size))))
    assert found[ROUTE_CONFIGURATION]["http-80"].get("max_direct_response_body_size_bytes") == limit


def test_resources_are_named_as_they_name_themselves() -> None:
    for by_name in assembled(sample.FLEET, *sample.ALL_UNITS).values():
        for name, resource in by_name.items():
            assert resource.get("name", resource.get("cluster_name")) == name


ALIKE = tuple(
    translate(
        unit(rule(prefix("/")), rule(exact("/a"), index=1), placements=sample.EVERYWHERE, name=name, created=created)
    )
    for name in ("a", "b", "c")
    for created in ("", "2020-01-01T00:00:00Z")
)
"""Routes that differ in age and name only, with hosts in common."""


@given(st.permutations(range(len(ALIKE))))
def test_the_order_of_routes_means_nothing(order: list[int]) -> None:
    found = assemble(sample.FLEET, [ALIKE[index] for index in order])
    assert build(found) == build(assemble(sample.FLEET, ALIKE))


def test_everything_that_is_referred_to_is_there() -> None:
    snapshot = build(assemble(sample.FLEET, [translate(one) for one in sample.ALL_UNITS]))
    assert check(snapshot, absent_secrets=secrets_elsewhere(sample.FLEET), absent_clusters={INVALID_CLUSTER}) == ()
    assert {types.type_url for types in snapshot.types} == set(model.TYPE_URLS)
