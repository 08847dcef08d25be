"""The filters that rules ask for: CORS, sessions, external authorization, and those for gRPC."""

from __future__ import annotations

import re
from typing import Any

import pytest
import re2

from reconciler import ir
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER
from reconciler.translate.filters.order import PREFIX
from reconciler.translate.routes import translate
from tests.translate.build import RULE, backend, fleet, prefix, rule, unit
from tests.translate.decode import assembled, routes

Decoded = dict[str, Any]
AUTH = ir.ExternalAuth(0, backend(3), grpc=False)


def chain(*rules: ir.Rule) -> dict[str, Decoded]:
    """The filters of the listener that the route's rules share, in order, by name; without the router."""
    listener = assembled(fleet(), unit(*rules))[LISTENER]["tcp-80"]
    manager = listener["default_filter_chain"]["filters"][0]["typed_config"]
    found = {one["name"].removeprefix(PREFIX): one for one in manager["http_filters"]}
    assert list(found)[-1] == "router"
    return {name: one for name, one in found.items() if name != "router"}


def per_route(made: ir.Rule) -> dict[str, Decoded]:
    """The configuration of the rule's first route by filter."""
    found = routes(translate(unit(made)))[0].get("typed_per_filter_config", {})
    return {name.removeprefix(PREFIX): config for name, config in found.items()}


def test_rules_that_ask_for_nothing_add_nothing() -> None:
    assert chain(rule()) == {}
    assert per_route(rule()) == {}


def test_cors() -> None:
    made = ir.Cors(("https://a.example",), ("GET", "PUT"), ("x-a", "x-b"), ("x-c",), 60, credentials=True)
    found = per_route(rule(cors=made))["cors"]
    assert found == {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": "https://a.example"}],
        "allow_methods": "GET, PUT",
        "allow_headers": "x-a, x-b",
        "expose_headers": "x-c",
        "max_age": "60",
        "allow_credentials": True,
        "forward_not_matching_preflights": False,
    }
    assert list(chain(rule(cors=made), rule(index=1, cors=ir.Cors(())))) == ["cors"]


@pytest.mark.parametrize(
    ("origin", "matching", "others"),
    [
        ("*", ["https://a.example", "http://b:1"], []),
        ("https://*.a.test", ["https://b.a.test", "https://c.b.a.test"], ["https://a.test", "https://xa.test"]),
        ("https://*.a.test", [], ["http://b.a.test", "https://b.a.test:8443", "https://b.a.test.evil.test"]),
        ("http://*:8080", ["http://a:8080", "http://a.b:8080"], ["http://a", "https://a:8080"]),
        ("http://*", ["http://a.b"], ["http://a.b:81"]),
    ],
)
def test_origins_with_wildcards(origin: str, matching: list[str], others: list[str]) -> None:
    (matcher,) = per_route(rule(cors=ir.Cors((origin,))))["cors"]["allow_origin_string_match"]
    pattern = re.compile(matcher["safe_regex"]["regex"])
    assert all(pattern.fullmatch(one) for one in matching)
    assert not any(pattern.fullmatch(one) for one in others)


def test_a_rule_of_one_method_has_a_route_for_its_preflight_requests() -> None:
    match = ir.Match(prefix("/a"), (ir.ValueMatch("x", ir.MatchKind.EXACT, "1"),), method="PUT")
    made = rule(matches=(match,), cors=ir.Cors(("*",)), external_auth=(AUTH,))
    preflight, plain = routes(translate(unit(made)))
    assert preflight["name"] == f"{plain['name']}/cors-preflight"
    headers = {one["name"]: one["string_match"] for one in preflight["match"]["headers"]}
    assert headers == {
        "x": {"exact": "1"},
        "origin": {"safe_regex": {"regex": ".+"}},
        "access-control-request-method": {"exact": "PUT"},
        ":method": {"exact": "OPTIONS"},
    }
    assert list(preflight["typed_per_filter_config"]) == [PREFIX + "cors"]
    assert preflight["route"] == plain["route"]


@pytest.mark.parametrize("method", ["", "OPTIONS"])
def test_other_rules_take_their_preflight_requests_themselves(method: str) -> None:
    made = rule(matches=(ir.Match(prefix("/"), method=method),), cors=ir.Cors(("*",)))
    assert len(routes(translate(unit(made)))) == 1


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (ir.SessionCookie(), {"name": "httproute-default-shop-rule-0", "path": "/"}),
        (ir.SessionCookie("id", "/a", 90_500), {"name": "id", "path": "/a", "ttl": "90.500s"}),
    ],
)
def test_sessions_by_cookie(session: ir.SessionCookie, expected: Decoded) -> None:
    made = rule(action=ir.Forward((backend(),), session=session))
    state = per_route(made)["stateful_session"]["stateful_session"]["session_state"]
    assert state["name"] == "envoy.http.stateful_session.cookie"
    assert state["typed_config"]["cookie"] == expected
    assert [(name, one["disabled"]) for name, one in chain(made).items()] == [("stateful_session", True)]


def test_sessions_by_header() -> None:
    made = rule(action=ir.Forward((backend(),), session=ir.SessionHeader("x-session")))
    state = per_route(made)["stateful_session"]["stateful_session"]["session_state"]
    assert (state["name"], state["typed_config"]["name"]) == ("envoy.http.stateful_session.header", "x-session")


def test_rules_for_grpc_have_grpc_web_and_statistics() -> None:
    made = rule(matches=(ir.Match(prefix("/"), call=ir.CallMatch()),))
    found = chain(made)
    assert list(found) == ["grpc_web", "grpc_stats"]
    assert found["grpc_stats"]["typed_config"]["stats_for_all_methods"] is True
    assert per_route(made) == {}


def test_each_external_authorization_has_an_entry_and_a_cluster() -> None:
    by_grpc = ir.ExternalAuth(0, backend(3, protocol=ir.Protocol.H2C), grpc=True, headers=("x-a",), max_body_bytes=9)
    by_http = ir.ExternalAuth(10, backend(4), grpc=False, path="/check", response_headers=("x-b",))
    made = rule(external_auth=(by_grpc, by_http))
    first, second = chain(made).items()
    assert [name for name, _ in (first, second)] == [f"ext_authz/{RULE}/{index}" for index in ("00", "10")]
    assert all(one["disabled"] for _, one in (first, second))
    grpc, http = (one["typed_config"] for _, one in (first, second))
    assert grpc["grpc_service"] == {"envoy_grpc": {"cluster_name": f"{RULE}-auth-0"}, "timeout": "10s"}
    assert grpc["allowed_headers"] == {"patterns": [{"exact": "x-a", "ignore_case": True}]}
    assert grpc["with_request_body"] == {"max_request_bytes": 9}
    assert "failure_mode_allow" not in grpc | http
    assert http["http_service"]["path_prefix"] == "/check"
    assert http["http_service"]["server_uri"]["cluster"] == f"{RULE}-auth-10"
    copied = http["http_service"]["authorization_response"]["allowed_upstream_headers"]
    assert copied == {"patterns": [{"exact": "x-b", "ignore_case": True}]}
    resources = assembled(fleet(), unit(made))
    names = {RULE, f"{RULE}-auth-0", f"{RULE}-auth-10"}
    assert set(resources[CLUSTER]) == set(resources[CLUSTER_LOAD_ASSIGNMENT]) == names
    assert set(per_route(made)) == {name for name, _ in (first, second)}


def test_an_answer_of_which_all_is_copied_keeps_its_framing_to_itself() -> None:
    config = next(iter(chain(rule(external_auth=(AUTH,))).values()))["typed_config"]
    copied = config["http_service"]["authorization_response"]["allowed_upstream_headers"]
    assert copied == {"patterns": [{"safe_regex": {"regex": ".*"}}]}
    rules = config["decoder_header_mutation_rules"]
    assert rules["disallow_system"] is True
    kept = re2.compile(rules["disallow_expression"]["regex"])
    assert all(kept.fullmatch(name) for name in ("host", "content-length", "transfer-encoding", "connection"))
    assert not any(kept.fullmatch(name) for name in ("x-user", "content-type", "authorization"))
