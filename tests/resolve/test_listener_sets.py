"""ListenerSets: who allows them, whose listener wins, what attaches to them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.resolve.options import Options
from tests.resolve.scene import (
    Object,
    Scene,
    conditions,
    forward,
    gateway,
    https,
    listener,
    listener_set,
    obj,
    resolve,
    route,
    service,
)

CERT = obj("Secret", "cert", type="kubernetes.io/tls")
ALL: Object = {"namespaces": {"from": "All"}}
ACCEPTED = {"Accepted": "True/Accepted", "Programmed": "True/Programmed"}
SET = {"kind": "ListenerSet", "name": "set"}


def host(name: str, hostname: str) -> Object:
    return listener(name, hostname=hostname)


def a_gateway(*listeners: Object, allowed: Object | None = None) -> Object:
    return gateway(*listeners, allowedListeners=ALL if allowed is None else allowed)


def entry(scene: Scene, name: str, of: str = "set") -> dict[str, str]:
    return conditions(scene.set_listener(name, of)["conditions"])


def attached_sets(scene: Scene) -> int:
    return int(scene.status("Gateway", "gw").get("attachedListenerSets", 0))


def test_a_listener_set_adds_listeners() -> None:
    scene = resolve(
        a_gateway(host("own", "a.example.com")), listener_set(host("more", "b.example.com"), listener("alt", 8080))
    )
    assert scene.set_conditions() == ACCEPTED
    assert entry(scene, "more") == {
        "Accepted": "True/Accepted",
        "ResolvedRefs": "True/ResolvedRefs",
        "Programmed": "True/Programmed",
        "Conflicted": "False/NoConflicts",
    }
    assert [item["name"] for item in scene.status("Gateway", "gw")["listeners"]] == ["own"]
    assert attached_sets(scene) == 1
    assert scene.diagnostics == ()
    assert scene.fleets["app/gw"].listeners == (
        ir.Listener("tcp-80", ("0.0.0.0",), 80, (ir.HTTPChain("http-80", ("a.example.com", "b.example.com")),)),
        ir.Listener("tcp-8080", ("0.0.0.0",), 8080, (ir.HTTPChain("http-8080", ("*",)),)),
    )


def test_https_listeners_are_named_after_gateway_and_set() -> None:
    scene = resolve(
        CERT,
        obj("Secret", "cert", type="kubernetes.io/tls", metadata={"namespace": "team"}),
        a_gateway(https("same", "a.example.com")),
        listener_set(
            https("same", "b.example.com"), metadata={"namespace": "team"}, parentRef={"name": "gw", "namespace": "app"}
        ),
    )
    fleet = scene.fleets["app/gw"]
    (socket,) = fleet.listeners
    assert {chain.table: chain.server_names for chain in socket.chains} == {
        "app/gw/same": ("a.example.com",),
        "app/gw/team/set/same": ("b.example.com",),
    }
    assert [secret.name for secret in fleet.secrets] == ["app/cert", "team/cert"]


@pytest.mark.parametrize(
    ("allowed", "attached"),
    [
        (None, []),
        ({}, []),
        ({"namespaces": {"from": "None"}}, []),
        ({"namespaces": {"from": "Same"}}, ["app"]),
        (ALL, ["app", "blue", "green"]),
        ({"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "blue"}}}}, ["blue"]),
    ],
)
def test_namespaces_whose_listener_sets_are_allowed(allowed: Object | None, attached: list[str]) -> None:
    sets = [
        listener_set(
            host("web", f"{name}.example.com"),
            metadata={"namespace": name},
            parentRef={"name": "gw", "namespace": "app"},
        )
        for name in ("app", "blue", "green")
    ]
    spec: dict[str, Any] = {} if allowed is None else {"allowedListeners": allowed}
    parent = gateway(host("own", "own.example.com"), **spec)
    scene = resolve(obj("Namespace", "blue", metadata={"labels": {"team": "blue"}}), parent, *sets)
    found = [name for name in ("app", "blue", "green") if scene.set_conditions(namespace=name) == ACCEPTED]
    assert found == attached
    assert attached_sets(scene) == len(attached)
    refused = [name for name in ("app", "blue", "green") if name not in attached]
    for name in refused:
        assert scene.set_conditions(namespace=name) == {
            "Accepted": "False/NotAllowed",
            "Programmed": "False/NotAllowed",
        }
        assert scene.status("ListenerSet", "set", namespace=name)["listeners"] == []
    assert scene.codes == ["GW205"] * len(refused)


@pytest.mark.parametrize("selector", [None, {"matchExpressions": [{"key": "team", "operator": "Matches"}]}])
def test_selectors_without_meaning_allow_nothing(selector: Object | None) -> None:
    namespaces: Object = {"from": "Selector", **({"selector": selector} if selector else {})}
    scene = resolve(a_gateway(allowed={"namespaces": namespaces}), listener_set(listener(port=81)))
    assert scene.set_conditions()["Accepted"] == "False/NotAllowed"
    assert scene.gateway_conditions() == ACCEPTED
    assert scene.diagnostics[0].path == ("spec", "allowedListeners", "namespaces", "selector")


@pytest.mark.parametrize(
    ("parent", "code", "path"),
    [
        ({"name": "gww"}, "GW203", ("spec", "parentRef", "name")),
        ({"name": "gw", "namespace": "elsewhere"}, "GW203", ("spec", "parentRef", "name")),
        ({"name": "gw", "kind": "Service", "group": ""}, "GW209", ("spec", "parentRef", "kind")),
    ],
)
def test_parents_that_are_no_gateway(parent: Object, code: str, path: tuple[str, ...]) -> None:
    scene = resolve(a_gateway(), listener_set(listener(port=81), parentRef=parent), route(parentRefs=[SET]))
    found = scene.only_diagnostic()
    assert (found.code, found.path) == (code, path)
    assert not [key for key in scene.statuses if key[1] == "ListenerSet"]
    assert scene.routes["route"].parents == ()


def test_sets_of_a_gateway_that_is_not_ours_are_left_alone() -> None:
    scene = resolve(gateway(gatewayClassName="other"), listener_set(listener(port=81)), route(parentRefs=[SET]))
    assert scene.codes == ["GW201"]
    assert scene.routes["route"].parents == ()
    assert not [key for key in scene.statuses if key[1] == "ListenerSet"]


def test_a_gateway_that_is_not_accepted() -> None:
    odd = {"group": "example.com", "kind": "Thing", "name": "settings"}
    scene = resolve(
        gateway(allowedListeners=ALL, infrastructure={"parametersRef": odd}),
        listener_set(listener(port=81)),
        route(parentRefs=[SET]),
    )
    assert scene.set_conditions() == {
        "Accepted": "False/ParentNotAccepted",
        "Programmed": "False/ParentNotAccepted",
    }
    assert attached_sets(scene) == 0
    assert scene.route_conditions()["Accepted"] == "False/Pending"
    assert scene.fleets == {}


def test_a_gateway_without_an_address_programs_no_set() -> None:
    parent = gateway(allowedListeners=ALL, addresses=[{"value": "198.51.100.1"}])
    scene = resolve(parent, listener_set(listener(port=81)), options=Options(addresses=("192.0.2.0/24",)))
    assert scene.set_conditions() == {"Accepted": "True/Accepted", "Programmed": "False/ParentNotProgrammed"}


# ---------------------------------------------------------------- conflicts


def test_the_gateway_wins_then_the_older_set() -> None:
    scene = resolve(
        a_gateway(host("own", "own.example.com")),
        listener_set(
            host("a", "shared.example.com"),
            host("fine", "young.example.com"),
            name="young",
            metadata={"creationTimestamp": "2026-02-01T00:00:00Z"},
        ),
        listener_set(
            host("a", "shared.example.com"),
            host("b", "own.example.com"),
            name="zold",
            metadata={"creationTimestamp": "2026-01-01T00:00:00Z"},
        ),
        listener_set(host("a", "own.example.com"), name="lost"),
    )
    assert scene.listener_conditions("own")["Conflicted"] == "False/NoConflicts"
    assert entry(scene, "a", "zold")["Programmed"] == "True/Programmed"
    for name, of in (("a", "young"), ("b", "zold"), ("a", "lost")):
        found = entry(scene, name, of)
        assert found["Conflicted"] == "True/HostnameConflict"
        assert found["Accepted"] == found["Programmed"] == "False/HostnameConflict"
    assert scene.set_conditions("zold") == {"Accepted": "True/ListenersNotValid", "Programmed": "True/Programmed"}
    assert scene.set_conditions("lost") == {
        "Accepted": "False/ListenersNotValid",
        "Programmed": "False/ListenersNotValid",
    }
    assert attached_sets(scene) == 2
    (socket,) = scene.fleets["app/gw"].listeners
    assert socket.chains[0].hosts == ("own.example.com", "shared.example.com", "young.example.com")
    assert sorted((item.object, item.path) for item in scene.diagnostics) == [
        ("ListenerSet app/lost", ("spec", "listeners", 0, "hostname")),
        ("ListenerSet app/young", ("spec", "listeners", 0, "hostname")),
        ("ListenerSet app/zold", ("spec", "listeners", 1, "hostname")),
    ]


def test_a_set_without_a_timestamp_is_younger_than_one_with() -> None:
    dated = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    scene = resolve(
        a_gateway(listener(port=81)),
        listener_set(host("web", "a.example.com"), name="a"),
        listener_set(host("web", "a.example.com"), name="b", metadata=dated),
    )
    assert scene.set_conditions("b") == ACCEPTED
    assert entry(scene, "web", "a")["Conflicted"] == "True/HostnameConflict"


def test_sets_of_one_time_are_in_the_order_of_their_names() -> None:
    """The order in which they are found makes no difference."""
    first, second = (listener_set(host("web", "a.example.com"), name=name) for name in ("a", "b"))
    for sets in ((first, second), (second, first)):
        scene = resolve(a_gateway(listener(port=81)), *sets)
        assert scene.set_conditions("a") == ACCEPTED
        assert entry(scene, "web", "b")["Conflicted"] == "True/HostnameConflict"


def test_whoever_has_the_port_first_decides_its_protocol() -> None:
    scene = resolve(
        CERT,
        a_gateway(listener(port=443, name="own")),
        listener_set({**https("tls"), "name": "tls"}, listener("other", 8443), name="a"),
        listener_set({**https("tls"), "port": 8443}, {**host("clear", "a.example.com"), "port": 443}, name="b"),
    )
    assert scene.listener_conditions("own")["Accepted"] == "True/Accepted"
    assert entry(scene, "tls", "a")["Programmed"] == "False/ProtocolConflict"
    assert entry(scene, "other", "a")["Programmed"] == "True/Programmed"
    assert entry(scene, "tls", "b")["Conflicted"] == "True/ProtocolConflict"
    assert entry(scene, "clear", "b")["Programmed"] == "True/Programmed"


def test_a_set_does_not_take_what_a_gateway_has_spoilt_for_itself() -> None:
    scene = resolve(
        CERT,
        a_gateway(listener("clear", 443), https("tls"), listener()),
        listener_set({**host("web", "a.example.com"), "port": 443}),
    )
    assert entry(scene, "web")["Conflicted"] == "True/ProtocolConflict"
    assert [item.port for item in scene.fleets["app/gw"].listeners] == [80]


def test_a_conflict_within_a_set_costs_both() -> None:
    scene = resolve(CERT, a_gateway(), listener_set(listener("a", 443), https("b"), listener("c", 81)))
    assert [entry(scene, name)["Accepted"] for name in "abc"] == [
        "False/ProtocolConflict",
        "False/ProtocolConflict",
        "True/Accepted",
    ]


def test_hosts_overlap_across_sets() -> None:
    scene = resolve(CERT, a_gateway(https("wide", "*.example.com")), listener_set(https("narrow", "a.example.com")))
    assert entry(scene, "narrow")["OverlappingTLSConfig"] == "True/OverlappingHostnames"
    (overlap,) = [c for c in scene.set_listener("narrow")["conditions"] if c["type"] == "OverlappingTLSConfig"]
    assert "listener wide of Gateway app/gw" in overlap["message"]


# ---------------------------------------------------------------- references


def grant(kind: str, namespace: str) -> Object:
    spec = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": namespace}],
        "to": [{"group": "", "kind": "Secret"}],
    }
    return obj("ReferenceGrant", f"{kind}-{namespace}".lower(), spec, metadata={"namespace": "certs"})


@pytest.mark.parametrize(
    ("source", "resolved"),
    [
        (grant("ListenerSet", "app"), "True/ResolvedRefs"),
        (grant("Gateway", "app"), "False/RefNotPermitted"),
        (grant("ListenerSet", "elsewhere"), "False/RefNotPermitted"),
    ],
)
def test_grants_are_the_sets_own(source: Object, resolved: str) -> None:
    """Gateway API, ListenerSet: what a Gateway is granted, its ListenerSets do not inherit."""
    tls = {"certificateRefs": [{"name": "cert", "namespace": "certs"}]}
    scene = resolve(
        obj("Secret", "cert", type="kubernetes.io/tls", metadata={"namespace": "certs"}),
        source,
        a_gateway(),
        listener_set(listener("https", 443, "HTTPS", tls=tls)),
    )
    assert entry(scene, "https")["ResolvedRefs"] == resolved
    permitted = resolved == "True/ResolvedRefs"
    assert scene.set_conditions()["Accepted"] == ("True/Accepted" if permitted else "False/ListenersNotValid")
    assert (443 in [item.port for item in scene.fleets["app/gw"].listeners]) == permitted
    if not permitted:
        assert "ListenerSets of app" in scene.only_diagnostic().message


# ---------------------------------------------------------------- routes


def attached(*parents: Object, **spec: Any) -> Scene:
    return resolve(
        service(),
        a_gateway(host("own", "own.example.com")),
        listener_set(host("one", "one.example.com"), {**host("two", "two.example.com"), "port": 8080}),
        route({"backendRefs": [forward()]}, parentRefs=list(parents), **spec),
    )


@pytest.mark.parametrize(
    ("ref", "placed"),
    [
        ({"name": "gw"}, {"http-80": ("own.example.com",)}),
        (SET, {"http-80": ("one.example.com",), "http-8080": ("two.example.com",)}),
        ({**SET, "sectionName": "two"}, {"http-8080": ("two.example.com",)}),
        ({**SET, "port": 80}, {"http-80": ("one.example.com",)}),
        ({**SET, "port": 80, "sectionName": "one", "namespace": "app"}, {"http-80": ("one.example.com",)}),
    ],
)
def test_routes_attach_to_gateways_and_sets_apart(ref: Object, placed: dict[str, tuple[str, ...]]) -> None:
    scene = attached(ref)
    assert {item.table: item.hosts for item in scene.unit().placements} == placed
    (parent,) = scene.routes["route"].parents
    assert parent["parentRef"]["kind"] == ref.get("kind", "Gateway")
    assert scene.route_conditions()["Accepted"] == "True/Accepted"


def test_both_parents_of_a_route_have_their_own_status() -> None:
    scene = attached({"name": "gw", "sectionName": "one"}, {**SET, "sectionName": "one"})
    assert scene.route_conditions(parent=0)["Accepted"] == "False/NoMatchingParent"
    assert scene.route_conditions(parent=1)["Accepted"] == "True/Accepted"
    assert scene.set_listener("one")["attachedRoutes"] == 1
    assert scene.set_listener("two")["attachedRoutes"] == 0
    assert scene.listener("own")["attachedRoutes"] == 0


def test_a_section_that_a_set_does_not_have() -> None:
    scene = attached({**SET, "sectionName": "onee"})
    assert scene.route_conditions()["Accepted"] == "False/NoMatchingParent"
    found = scene.only_diagnostic()
    assert found.message == "ListenerSet app/set has no listener with name onee"
    assert found.help == "Did you mean one?"


def test_a_set_that_does_not_exist() -> None:
    found = attached({"kind": "ListenerSet", "name": "sett"}).only_diagnostic()
    assert found.message == "ListenerSet app/sett does not exist: the route is not attached to it"
    assert found.help == "Did you mean set?"


def test_the_same_namespace_is_that_of_the_set() -> None:
    refs = [{**SET, "namespace": "team"}]
    scene = resolve(
        a_gateway(host("own", "own.example.com")),
        listener_set(
            host("web", "a.example.com"), metadata={"namespace": "team"}, parentRef={"name": "gw", "namespace": "app"}
        ),
        route(name="theirs", metadata={"namespace": "team"}, parentRefs=refs),
        route(name="ours", parentRefs=refs),
    )
    assert scene.route_conditions("theirs")["Accepted"] == "True/Accepted"
    assert scene.route_conditions("ours")["Accepted"] == "False/NotAllowedByListeners"


def test_a_route_of_a_set_that_is_not_allowed_waits() -> None:
    scene = resolve(gateway(), listener_set(listener(port=81)), route(parentRefs=[SET]))
    assert scene.route_conditions()["Accepted"] == "False/Pending"
    assert scene.routes["route"].unit is None


def test_listeners_of_a_set_isolate_those_of_the_gateway() -> None:
    """A host belongs to the most specific listener of its port, whoever brings it."""
    scene = resolve(
        service(),
        a_gateway(host("wide", "*.example.com")),
        listener_set(host("narrow", "a.example.com")),
        route({"backendRefs": [forward()]}, hostnames=["a.example.com", "b.example.com"]),
    )
    (placement,) = scene.unit().placements
    assert placement.hosts == ("b.example.com",)
