"""What policies are attached to, which one is in force, how two are merged, and what is said about them.

BackendTrafficPolicies stand for all kinds; they are told apart by the connections that they allow.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.resolve.policies.effective import Effective
from reconciler.resolve.policies.targets import facts, route_findings
from tests.resolve.scene import (
    Object,
    Scene,
    conditions,
    forward,
    gateway,
    listener,
    listener_set,
    obj,
    resolve,
    route,
    service,
)

GROUP = "gateway.networking.k8s.io"
ENVOY_GATEWAY = "gateway.envoyproxy.io"


def target(kind: str, name: str, section: str = "") -> Object:
    made = {"group": GROUP, "kind": kind, "name": name}
    return {**made, "sectionName": section} if section else made


def policy(name: str, connections: int, *targets: Object, metadata: Object | None = None, **spec: Any) -> Object:
    refs = {"targetRefs": list(targets)} if targets else {}
    made = {"circuitBreaker": {"maxConnections": connections}, **refs, **spec}
    return obj("BackendTrafficPolicy", name, made, metadata=metadata)


SETS = {"namespaces": {"from": "All"}}
GATEWAY = gateway(listener("a", 8001), listener("b", 8002), allowedListeners=SETS)
SET = listener_set(listener("c", 8003), listener("d", 8004))
RULES: list[Object] = [{"name": "one", "backendRefs": [forward()]}, {"backendRefs": [forward()]}]
TO_GATEWAY, TO_SET = {"name": "gw"}, {"name": "set", "kind": "ListenerSet"}


def scene(*policies: Object, **spec: Any) -> Scene:
    return resolve(GATEWAY, SET, service(), route(*RULES, **{"parentRefs": [TO_GATEWAY, TO_SET], **spec}), *policies)


def connections(found: Scene, name: str = "route") -> dict[str, tuple[int, ...]]:
    """Route configuration → the connections that each rule allows, 0 where no policy is in force."""
    made = {}
    for unit in found.routes[name].units:
        assert isinstance(unit, ir.RouteUnit)
        for placement in unit.placements:
            made[placement.table] = tuple(_connections(rule) for rule in unit.rules)
    return made


def _connections(rule: ir.Rule) -> int:
    action = rule.action
    if not isinstance(action, ir.Forward) or action.settings is None or action.settings.circuit_breakers is None:
        return 0
    return action.settings.circuit_breakers.connections or 0


LEVELS = {
    1: target("Gateway", "gw"),
    2: target("Gateway", "gw", "a"),
    3: target("ListenerSet", "set"),
    4: target("ListenerSet", "set", "c"),
    5: target("HTTPRoute", "route"),
    6: target("HTTPRoute", "route", "one"),
}


@pytest.mark.parametrize(
    ("levels", "a", "b", "c", "d"),
    [
        ([1], (1, 1), (1, 1), (1, 1), (1, 1)),
        ([2], (2, 2), (0, 0), (0, 0), (0, 0)),
        ([1, 2], (2, 2), (1, 1), (1, 1), (1, 1)),
        ([1, 3], (1, 1), (1, 1), (3, 3), (3, 3)),
        ([1, 3, 4], (1, 1), (1, 1), (4, 4), (3, 3)),
        ([1, 2, 3, 4, 5], (5, 5), (5, 5), (5, 5), (5, 5)),
        ([1, 2, 3, 4, 6], (6, 2), (6, 1), (6, 4), (6, 3)),
        ([5, 6], (6, 5), (6, 5), (6, 5), (6, 5)),
    ],
)
def test_the_most_specific_policy_is_in_force(levels: list[int], a: Any, b: Any, c: Any, d: Any) -> None:
    found = scene(*(policy(f"p{level}", level, LEVELS[level]) for level in levels))
    assert connections(found) == {"http-8001": a, "http-8002": b, "http-8003": c, "http-8004": d}
    assert found.diagnostics == ()


def test_a_route_without_differences_is_one_unit() -> None:
    assert len(scene(policy("p", 1, LEVELS[1])).routes["route"].units) == 1
    assert len(scene(policy("p", 1, LEVELS[2])).routes["route"].units) == 2


def test_clusters_that_differ_within_a_fleet_have_names_of_their_own() -> None:
    units = scene(policy("p", 7, LEVELS[2])).routes["route"].units
    assert [[rule.variant for rule in unit.rules] for unit in units if isinstance(unit, ir.RouteUnit)] == [
        ["", ""],
        ["/policy/app/p", "/policy/app/p"],
    ]


def test_clusters_of_different_fleets_may_differ_under_one_name() -> None:
    other = gateway(listener("x", 8005), name="other")
    found = resolve(
        gateway(listener("a", 8001)),
        other,
        service(),
        route(*RULES, parentRefs=[{"name": "gw"}, {"name": "other"}]),
        policy("p", 7, target("Gateway", "other")),
    )
    assert connections(found) == {"http-8001": (0, 0), "http-8005": (7, 7)}
    assert {rule.variant for unit in found.routes["route"].units for rule in unit.rules} == {""}  # type: ignore[union-attr]  # no L4Unit


def test_one_route_configuration_with_two_policies() -> None:
    found = resolve(
        gateway(listener("a", 80, hostname="a.example"), listener("b", 80, hostname="b.example")),
        service(),
        route(*RULES),
        policy("p", 1, target("Gateway", "gw", "a")),
    )
    placed = {unit.placements[0].hosts: unit.placements[0].table for unit in found.routes["route"].units}
    assert placed == {("a.example",): "http-80", ("b.example",): "http-80"}


# ---------------------------------------------------------------- conflicts


@pytest.mark.parametrize("kept", [target("Gateway", "gw"), target("HTTPRoute", "route"), target("Gateway", "gw", "a")])
def test_the_first_of_several_wins(kept: Object) -> None:
    found = scene(policy("b", 2, kept), policy("a", 1, kept))
    assert connections(found)["http-8001"] == (1, 1)
    assert conditions(ancestor(found, "b")["conditions"])["Accepted"] == "False/Conflicted"
    assert conditions(ancestor(found, "a")["conditions"])["Accepted"] == "True/Accepted"
    assert [(item.code, item.object) for item in all_findings(found)] == [("GW371", "BackendTrafficPolicy app/b")]


def test_the_oldest_wins() -> None:
    old = {"creationTimestamp": "2020-01-01T00:00:00Z"}
    found = scene(policy("b", 2, LEVELS[1], metadata=old), policy("a", 1, LEVELS[1]))
    assert connections(found)["http-8001"] == (2, 2)


def test_a_conflict_about_one_of_two_targets() -> None:
    other = route(*RULES, name="other")
    found = resolve(
        gateway(),
        service(),
        route(*RULES),
        other,
        policy("a", 1, target("HTTPRoute", "route")),
        policy("b", 2, target("HTTPRoute", "route"), target("HTTPRoute", "other")),
    )
    assert (connections(found)["http-80"], connections(found, "other")["http-80"]) == ((1, 1), (2, 2))
    assert conditions(ancestor(found, "b")["conditions"])["Accepted"] == "True/Accepted"


# ---------------------------------------------------------------- selectors


def selector(kind: str = "HTTPRoute", **fields: Any) -> Object:
    return {"kind": kind, "matchLabels": {"team": "x"}, **fields}


LABELLED = {"labels": {"team": "x"}}
GRANT = obj(
    "ReferenceGrant",
    "grant",
    {
        "from": [{"group": ENVOY_GATEWAY, "kind": "BackendTrafficPolicy", "namespace": "policies"}],
        "to": [{"group": GROUP, "kind": "HTTPRoute"}],
    },
)
ELSEWHERE = {"namespace": "policies"}
NAMESPACE = obj("Namespace", "app", metadata={"labels": {"env": "prod"}, "namespace": ""})


@pytest.mark.parametrize(
    ("metadata", "choice", "granted", "expected"),
    [
        ({}, {}, False, 1),
        ({}, {"matchLabels": {"team": "y"}}, False, 0),
        ({}, {"matchLabels": {}, "matchExpressions": [{"key": "team", "operator": "Exists"}]}, False, 1),
        ({}, {"kind": "GRPCRoute"}, False, 0),
        (ELSEWHERE, {}, True, 0),
        (ELSEWHERE, {"namespaces": {"from": "All"}}, True, 1),
        (ELSEWHERE, {"namespaces": {"from": "All"}}, False, 0),
        (ELSEWHERE, {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"env": "prod"}}}}, True, 1),
        (ELSEWHERE, {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"env": "test"}}}}, True, 0),
    ],
)
def test_routes_by_their_labels(metadata: Object, choice: Object, granted: bool, expected: int) -> None:
    made = policy("p", 1, metadata=metadata, targetSelectors=[selector(**choice)])
    found = resolve(
        gateway(),
        service(),
        NAMESPACE,
        route(*RULES, metadata={**LABELLED, "namespace": "app"}),
        made,
        *([GRANT] if granted else []),
    )
    assert connections(found)["http-80"] == (expected, expected)


@pytest.mark.parametrize("kind", ["Gateway", "ListenerSet"])
def test_parents_by_their_labels(kind: str) -> None:
    gate, one_set = (
        {**GATEWAY, "metadata": {**GATEWAY["metadata"], **LABELLED}},
        {
            **SET,
            "metadata": {**SET["metadata"], **LABELLED},
        },
    )
    made = policy("p", 1, targetSelectors=[selector(kind)])
    found = resolve(gate, one_set, service(), route(*RULES, parentRefs=[TO_GATEWAY, TO_SET]), made)
    of_set = (1, 1)
    of_gateway = (1, 1) if kind == "Gateway" else (0, 0)
    assert connections(found) == {
        "http-8001": of_gateway,
        "http-8002": of_gateway,
        "http-8003": of_set,
        "http-8004": of_set,
    }


def test_selectors_and_names_are_in_one_order() -> None:
    made = [
        policy("a", 1, targetSelectors=[selector()]),
        policy("b", 2, target("HTTPRoute", "route")),
        policy("c", 3, targetSelectors=[selector()]),
    ]
    labelled = route(*RULES, metadata=LABELLED)
    assert connections(resolve(gateway(), service(), labelled, *made))["http-80"] == (1, 1)
    assert connections(resolve(gateway(), service(), labelled, *made[1:]))["http-80"] == (2, 2)


# ---------------------------------------------------------------- merging


def effective(found: Scene) -> Effective[Any]:
    assert found.world.policies is not None
    policies = found.world.policies
    (attachments,) = policies.attachments.values()
    child = next(one for one in attachments.policies if one.resource.metadata.name == "child")
    parent = next(one for one in attachments.policies if one.resource.metadata.name == "parent")
    made = policies.outcome(child, parent).effective
    assert made is not None
    return made


ANYONE: Object = {"clientSelectors": [{"headers": [{"name": "x-user", "type": "Distinct"}]}]}
PARENT: Object = {
    "retry": {"numRetries": 7, "retryOn": {"httpStatusCodes": [500]}},
    "timeout": {"tcp": {"connectTimeout": "1s"}},
    "rateLimit": {"local": {"rules": [{**ANYONE, "limit": {"requests": 1, "unit": "Second"}}]}},
    "telemetry": {"tracing": {"tags": {"a": "1", "b": "1"}}},
}
CHILD: Object = {
    "retry": {"retryOn": {"httpStatusCodes": [502]}},
    "timeout": {"http": {"requestTimeout": "2s"}},
    "rateLimit": {"local": {"rules": [{**ANYONE, "limit": {"requests": 2, "unit": "Second"}}]}},
    "telemetry": {"tracing": {"tags": {"b": "2"}}},
}


@pytest.mark.parametrize(("merge_type", "rules"), [("StrategicMerge", [1, 2]), ("JSONMerge", [2])])
def test_merging(merge_type: str, rules: list[int]) -> None:
    found = scene(
        policy("parent", 1, LEVELS[1], **PARENT), policy("child", 2, LEVELS[5], mergeType=merge_type, **CHILD)
    )
    made = effective(found)
    spec = made.spec
    assert connections(found)["http-8001"] == (2, 2)
    assert spec.retry.num_retries == 2  # the CRD's default, which the API server fills in before
    assert spec.retry.retry_on.http_status_codes == [502]
    assert (spec.timeout.tcp.connect_timeout, spec.timeout.http.request_timeout) == ("1s", "2s")
    assert spec.telemetry.tracing.tags == {"a": "1", "b": "2"}
    assert [rule.limit.requests for rule in spec.rate_limit.local.rules] == rules
    names = {
        path: made.owner(*path).policy.resource.metadata.name for path in (("timeout", "tcp"), ("timeout", "http"))
    }
    assert names == {("timeout", "tcp"): "parent", ("timeout", "http"): "child"}
    owners = [made.owner("rateLimit", "local", "rules", index) for index in range(len(rules))]
    assert [(one.policy.resource.metadata.name, one.path[-1]) for one in owners] == (
        [("parent", 0), ("child", 0)] if len(rules) == 2 else [("child", 0)]
    )
    assert conditions(ancestor(found, "child")["conditions"])["Merged"] == "True/Merged"
    assert conditions(ancestor(found, "parent")["conditions"])["Merged"] == "True/Merged"


def test_a_policy_is_merged_with_the_closest_one_of_each_listener() -> None:
    levels = [
        policy(f"p{level}", level, LEVELS[level], timeout={"tcp": {"connectTimeout": f"{level}s"}})
        for level in (1, 2, 3, 4)
    ]
    found = scene(*levels, policy("child", 9, LEVELS[5], mergeType="StrategicMerge"))
    assert found.world.policies is not None
    merged_with = {
        one.effective.parent.resource.metadata.name if one.effective.parent else ""
        for one in found.world.policies._outcomes.values()
        if one.effective is not None and one.effective.policy.resource.metadata.name == "child"
    }
    assert merged_with == {"", "p1", "p2", "p3", "p4"}
    assert set(connections(found).values()) == {(9, 9)}


# ---------------------------------------------------------------- status and findings


def ancestor(found: Scene, name: str) -> Object:
    made: Object = found.status("BackendTrafficPolicy", name, ENVOY_GATEWAY)["ancestors"][0]
    return made


def all_findings(found: Scene) -> list[Any]:
    """Those of the policies and of their routes."""
    documents = [
        {"kind": "HTTPRoute", "metadata": {"name": "route", "namespace": "app"}, "spec": {"rules": RULES}},
    ]
    routes = [made for raw in documents if (made := facts(raw)) is not None]
    return [*found.diagnostics, *route_findings(found.world, routes)]


@pytest.mark.parametrize(
    ("to", "words", "guidance"),
    [
        (target("Gateway", "gww"), "Gateway app/gww does not exist", "Did you mean gw?"),
        (target("Gateway", "gw", "e"), "has no listener named e; it has a, b", ""),
        (target("ListenerSet", "sets"), "ListenerSet app/sets does not exist", "Did you mean set?"),
        (target("HTTPRoute", "routes"), "HTTPRoute app/routes does not exist", "Did you mean route?"),
        (target("HTTPRoute", "route", "ones"), "has no rule named ones; it has one", "Did you mean one?"),
        (target("TCPRoute", "route"), "TCPRoute app/route does not exist", ""),
    ],
)
def test_targets_that_do_not_exist_are_reported(to: Object, words: str, guidance: str) -> None:
    (found,) = all_findings(scene(policy("p", 1, to)))
    assert (found.code, found.help) == ("GW217", guidance)
    assert words in found.message
    assert found.path[:3] == ("spec", "targetRefs", 0)


def test_a_section_that_does_not_exist() -> None:
    for to in (target("Gateway", "gw", "e"), target("HTTPRoute", "route", "two")):
        found = ancestor(scene(policy("p", 1, to)), "p")
        assert conditions(found["conditions"])["Accepted"] == "False/TargetNotFound"


@pytest.mark.parametrize(
    "choice", [selector(), selector("Gateway"), selector("ListenerSet"), selector(namespaces={"from": "All"})]
)
def test_selectors_that_select_nothing_are_reported(choice: Object) -> None:
    (found,) = all_findings(scene(policy("p", 1, targetSelectors=[choice])))
    assert (found.code, found.path) == ("GW217", ("spec", "targetSelectors", 0))


def test_bad_selectors_are_reported() -> None:
    bad = {"kind": "HTTPRoute", "matchExpressions": [{"key": "a", "operator": "Is"}]}
    assert [item.code for item in all_findings(scene(policy("p", 1, targetSelectors=[bad])))] == ["GW173"]
    other = {"kind": "Service", "matchLabels": {"a": "b"}}
    assert "GW209" in [item.code for item in all_findings(scene(policy("p", 1, targetSelectors=[other])))]


def test_ancestors() -> None:
    found = scene(policy("p", 1, LEVELS[2]), policy("q", 1, LEVELS[5]))
    refs = found.status("BackendTrafficPolicy", "p", ENVOY_GATEWAY)["ancestors"]
    own = {"group": GROUP, "kind": "Gateway", "namespace": "app", "name": "gw"}
    assert [item["ancestorRef"] for item in refs] == [{**own, "sectionName": "a"}]
    refs = found.status("BackendTrafficPolicy", "q", ENVOY_GATEWAY)["ancestors"]
    assert [item["ancestorRef"] for item in refs] == [own, {**own, "kind": "ListenerSet", "name": "set"}]
    assert {item["controllerName"] for item in refs} == {"gateway.envoyproxy.io/gatewayclass-controller"}


def test_at_most_sixteen_ancestors() -> None:
    gateways = [gateway(listener("a", 8000 + index), name=f"gw{index:02}") for index in range(20)]
    found = resolve(*gateways, policy("p", 1, *(target("Gateway", f"gw{index:02}") for index in range(20))))
    ancestors = found.status("BackendTrafficPolicy", "p", ENVOY_GATEWAY)["ancestors"]
    assert len(ancestors) == 16
    assert [index for index, one in enumerate(ancestors) if "Aggregated" in conditions(one["conditions"])] == [15]


def test_what_is_overridden() -> None:
    found = scene(*(policy(f"p{level}", level, LEVELS[level]) for level in LEVELS))
    told = {
        level: [item["message"] for item in ancestor(found, f"p{level}")["conditions"] if item["type"] == "Overridden"]
        for level in LEVELS
    }
    words = "Other policies of its kind are in force for"
    assert told == {
        1: [f"{words} listeners app/gw/a, app/set/c; routes app/route."],
        2: [f"{words} routes app/route."],
        3: [f"{words} listeners app/set/c; routes app/route."],
        4: [f"{words} routes app/route."],
        5: [f"{words} rules app/route/one."],
        6: [],
    }


def test_without_policies_there_is_no_engine() -> None:
    assert scene().world.policies is None
