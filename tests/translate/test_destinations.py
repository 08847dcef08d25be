"""Which clusters a rule forwards to, and its answer where there is none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reconciler import ir
from reconciler.translate.destinations import INVALID_CLUSTER
from reconciler.translate.routes import translate
from tests.translate.build import RULE, backend, dns_backend, endpoint, prefix, rule, unit
from tests.translate.decode import clusters, endpoints, routes, routes_of

HEADERS = ir.HeaderMutation(set=(("a", "b"),))


def forward(*backends: ir.Backend, **fields: Any) -> ir.RouteUnit:
    return unit(rule(action=ir.Forward(backends, **fields)))


def weights(route: dict[str, Any]) -> dict[str, int]:
    return {one["name"]: one["weight"] for one in route["route"]["weighted_clusters"]["clusters"]}


@pytest.mark.parametrize(
    "backends",
    [
        (backend(),),
        (backend(0, 90), backend(1, 10)),
        (dns_backend(0), dns_backend(1)),
        (backend(0), backend(1, protocol=ir.Protocol.WEBSOCKET)),
        (backend(0, protocol=ir.Protocol.H2C), backend(1, protocol=ir.Protocol.H2C)),
        (backend(0), backend(1, fallback=True)),
    ],
)
def test_one_cluster_for_a_rule(backends: tuple[ir.Backend, ...]) -> None:
    translated = translate(forward(*backends))
    assert routes(translated)[0]["route"]["cluster"] == RULE
    assert set(clusters(translated)) == {RULE}


@pytest.mark.parametrize(
    "backends",
    [
        (backend(0), dns_backend(1)),
        (backend(0), backend(1, protocol=ir.Protocol.H2C)),
        (backend(0), backend(1, endpoints=())),
        (backend(0), backend(1, request_headers=HEADERS)),
        (backend(0), backend(1, response_headers=HEADERS)),
        (backend(0), backend(1, rewrite=ir.Rewrite(hostname="inner.example"))),
    ],
    ids=["discovery", "protocol", "no endpoints", "request headers", "response headers", "host"],
)
def test_a_cluster_for_each_backend(backends: tuple[ir.Backend, ...]) -> None:
    translated = translate(forward(*backends))
    route = routes(translated)[0]
    assert weights(route) == {f"{RULE}/backend/0": 1, f"{RULE}/backend/1": 1}
    assert set(clusters(translated)) == weights(route).keys()
    assert "cluster_not_found_response_code" not in route["route"]


def test_a_backend_has_its_own_host_name() -> None:
    (route,) = routes_of(rule(action=ir.Forward((backend(rewrite=ir.Rewrite(hostname="inner.example")),))))
    (only,) = route["route"]["weighted_clusters"]["clusters"]
    assert only["host_rewrite_literal"] == "inner.example"


def test_the_share_of_invalid_backends_is_answered_with_500() -> None:
    translated = translate(forward(backend(1, 3), invalid_weight=2))
    route = routes(translated)[0]
    assert weights(route) == {f"{RULE}/backend/1": 3, INVALID_CLUSTER: 2}
    assert route["route"]["cluster_not_found_response_code"] == "INTERNAL_SERVER_ERROR"
    assert set(clusters(translated)) == {f"{RULE}/backend/1"}


def test_the_share_of_a_backend_without_endpoints_is_answered_with_503() -> None:
    """By Envoy itself, for a cluster without members."""
    translated = translate(forward(backend(0), backend(1, endpoints=()), invalid_weight=1))
    assert endpoints(translated)[f"{RULE}/backend/1"] == {"cluster_name": f"{RULE}/backend/1"}


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (ir.Forward(()), 500),
        (ir.Forward((), invalid_weight=1), 500),
        (ir.Forward((backend(endpoints=()),)), 503),
        (ir.Forward((backend(0, endpoints=()), backend(1, endpoints=()))), 503),
    ],
)
def test_a_rule_without_any_destination_answers_itself(action: ir.Forward, status: int) -> None:
    translated = translate(unit(rule(action=action)))
    assert routes(translated)[0]["direct_response"] == {"status": status}
    assert translated.clusters == ()


def test_fallbacks_get_no_share_where_localities_cannot_hold_them() -> None:
    translated = translate(forward(backend(0), backend(1, fallback=True), invalid_weight=1))
    assert weights(routes(translated)[0]) == {f"{RULE}/backend/0": 1, INVALID_CLUSTER: 1}


def test_fallbacks_stand_in_for_backends_without_endpoints() -> None:
    translated = translate(forward(backend(0, endpoints=()), backend(1, fallback=True)))
    assert weights(routes(translated)[0]) == {f"{RULE}/backend/0": 1, f"{RULE}/backend/1": 1}


class TestFiltersOfBackendsThatWeightedClustersLack:
    """Redirects and new paths: the requests are split by weight among routes."""

    REDIRECT = ir.Redirect(hostname="new.example")
    PATH = ir.PathModifier(ir.PathChange.PREFIX, "/new")

    def test_a_redirect_that_is_the_same_for_all_is_the_rules(self) -> None:
        backends = (backend(0, redirect=self.REDIRECT), backend(1, redirect=self.REDIRECT, endpoints=()))
        (route,) = routes_of(rule(action=ir.Forward(backends)))
        assert route["redirect"]["host_redirect"] == "new.example"
        assert route["name"].endswith("/match/0/shop_example")

    def test_a_path_that_is_the_same_for_all_is_the_rules(self) -> None:
        backends = (
            backend(0, rewrite=ir.Rewrite(path=self.PATH)),
            backend(1, rewrite=ir.Rewrite("inner.example", self.PATH)),
        )
        of_rule = ir.Rewrite("outer.example", ir.PathModifier(ir.PathChange.FULL, "/overruled"))
        (route,) = routes_of(rule(prefix("/old"), action=ir.Forward(backends, rewrite=of_rule)))
        action = route["route"]
        assert action["prefix_rewrite"] == "/new"
        assert action["host_rewrite_literal"] == "outer.example"
        assert [one.get("host_rewrite_literal") for one in action["weighted_clusters"]["clusters"]] == [
            None,
            "inner.example",
        ]

    def test_one_backend_with_a_path_is_forwarded_to_as_usual(self) -> None:
        translated = translate(unit(rule(action=ir.Forward((backend(rewrite=ir.Rewrite(path=self.PATH)),)))))
        assert routes(translated)[0]["route"]["cluster"] == RULE
        assert set(clusters(translated)) == {RULE}

    def test_different_ones_split_the_requests_by_weight(self) -> None:
        backends = (
            backend(0, 1, redirect=self.REDIRECT),
            backend(1, 2, rewrite=ir.Rewrite(path=self.PATH)),
            backend(2, 3, endpoints=(), rewrite=ir.Rewrite(path=self.PATH)),
            backend(3, 2),
        )
        translated = translate(forward(*backends, invalid_weight=2))
        found = routes(translated)
        assert [
            route["match"].get("runtime_fraction", {}).get("default_value", {}).get("numerator") for route in found
        ] == [100_000, 300_000, 600_000, 800_000, None]
        assert [route["name"].partition("shop_example")[2] for route in found] == [
            "/backend/0",
            "/backend/1",
            "/backend/2",
            "/backend/3",
            "/invalid",
        ]
        redirected, rewritten, unavailable, plain, invalid = found
        assert redirected["redirect"]["host_redirect"] == "new.example"
        assert rewritten["route"]["prefix_rewrite"] == "/new/"
        assert rewritten["route"]["cluster"] == f"{RULE}/backend/1"
        assert unavailable["direct_response"] == {"status": 503}
        assert plain["route"]["cluster"] == f"{RULE}/backend/3"
        assert invalid["direct_response"] == {"status": 500}
        assert set(clusters(translated)) == {f"{RULE}/backend/1", f"{RULE}/backend/3"}

    def test_the_last_backend_takes_what_is_left(self) -> None:
        found = routes(translate(forward(backend(0, 1, redirect=self.REDIRECT), backend(1, 2))))
        fractions = [route["match"].get("runtime_fraction") for route in found]
        assert fractions == [{"default_value": {"numerator": 333_333, "denominator": "MILLION"}}, None]

    def test_headers_of_a_backend_stay_its_own(self) -> None:
        found = routes(translate(forward(backend(0, redirect=self.REDIRECT), backend(1, request_headers=HEADERS))))
        (only,) = found[1]["route"]["weighted_clusters"]["clusters"]
        assert only["name"] == f"{RULE}/backend/1"
        assert only["request_headers_to_add"]


def test_localities_are_weighted() -> None:
    backends = (
        backend(0, 90, endpoints=(endpoint(1), endpoint(2, draining=True))),
        backend(1, 10, endpoints=(endpoint(3),), fallback=True),
    )
    assert endpoints(translate(forward(*backends)))[RULE] == {
        "cluster_name": RULE,
        "endpoints": [
            {
                "locality": {"region": f"{RULE}/backend/0"},
                "load_balancing_weight": 90,
                "lb_endpoints": [
                    {
                        "endpoint": {"address": {"socket_address": {"address": "10.0.0.1", "port_value": 8080}}},
                        "load_balancing_weight": 1,
                    },
                    {
                        "endpoint": {"address": {"socket_address": {"address": "10.0.0.2", "port_value": 8080}}},
                        "health_status": "DRAINING",
                        "load_balancing_weight": 1,
                    },
                ],
            },
            {
                "locality": {"region": f"{RULE}/backend/1"},
                "load_balancing_weight": 10,
                "priority": 1,
                "lb_endpoints": [
                    {
                        "endpoint": {"address": {"socket_address": {"address": "10.0.0.3", "port_value": 8080}}},
                        "load_balancing_weight": 1,
                    }
                ],
            },
        ],
    }


def test_fallbacks_alone_are_no_fallbacks() -> None:
    (locality,) = endpoints(translate(forward(backend(fallback=True))))[RULE]["endpoints"]
    assert "priority" not in locality


def test_unix_sockets_and_host_names_of_endpoints() -> None:
    at = (endpoint(address="/run/app.sock", port=0), endpoint(2, hostname="two.example"))
    (locality,) = endpoints(translate(forward(backend(endpoints=at))))[RULE]["endpoints"]
    first, second = locality["lb_endpoints"]
    assert first["endpoint"] == {"address": {"pipe": {"path": "/run/app.sock"}}}
    assert second["endpoint"]["hostname"] == "two.example"


class TestBackendsWithFiltersOfRules:
    """A weighted cluster has no mirrors, and no settings for filters that a part of the requests alone passes."""

    CORS = ir.BackendFilters(cors=ir.Cors(("*",)))
    MIRROR = ir.Mirror(1, backend(5), 1, 4, owner=1)

    def test_one_backend_is_forwarded_to_as_usual(self) -> None:
        own = ir.BackendFilters(ir.Cors(("*",)), (ir.ExternalAuth(0, backend(4), grpc=False, owner=1),), (self.MIRROR,))
        translated = translate(forward(backend(1, filters=own)))
        (found,) = routes(translated)
        assert "runtime_fraction" not in found["match"]
        assert found["route"]["cluster"] == RULE
        (policy,) = found["route"]["request_mirror_policies"]
        assert policy["cluster"] == f"{RULE}/backend/1-mirror-1"
        assert policy["runtime_fraction"]["default_value"] == {"numerator": 250_000, "denominator": "MILLION"}
        assert sorted(found["typed_per_filter_config"]) == [
            "envoy.filters.http.cors",
            f"envoy.filters.http.ext_authz/{RULE}/backend/1/00",
        ]
        assert set(translated.all_clusters) == {RULE, f"{RULE}/backend/1-mirror-1", f"{RULE}/backend/1-auth-0"}

    def test_those_with_a_policy_for_cors_come_first(self) -> None:
        backends = (backend(0, 1), backend(1, 2, filters=self.CORS), backend(2, 3), backend(3, 4, filters=self.CORS))
        match = ir.Match(prefix("/"), method="PUT")
        found = routes(translate(unit(rule(matches=(match,), action=ir.Forward(backends)))))
        told = {
            route["name"].partition("shop_example")[2]: route["match"]
            .get("runtime_fraction", {})
            .get("default_value", {})
            .get("numerator")
            for route in found
        }
        assert list(told.items()) == [
            ("/backend/1/cors-preflight", 200_000),
            ("/backend/3/cors-preflight", 600_000),
            ("/backend/1", 200_000),
            ("/backend/3", 600_000),
            ("/backend/0", 700_000),
            ("/backend/2", None),
        ]

    def test_a_mirror_takes_its_part_of_the_share(self) -> None:
        """Envoy compares one number with the bounds of routes and of mirrors: here from 500,000 to 1,000,000."""
        own = ir.BackendFilters(mirrors=(self.MIRROR,))
        of_rule = ir.Mirror(0, backend(6), 1, 2)
        action = ir.Forward((backend(0), backend(1, filters=own)), mirrors=(of_rule, ir.Mirror(2, backend(7))))
        plain, mirrored = routes(translate(unit(rule(action=action))))
        bounds = [
            [one["runtime_fraction"]["default_value"]["numerator"] for one in route["route"]["request_mirror_policies"]]
            for route in (plain, mirrored)
        ]
        assert bounds == [[250_000, 100], [750_000, 100, 625_000]]

    def test_a_fallback_has_no_share(self) -> None:
        (found,) = routes(translate(forward(backend(0), backend(1, fallback=True, filters=self.CORS))))
        assert found["route"]["cluster"] == f"{RULE}/backend/0"


class TestSessionsOfSeveralClusters:
    """Envoy looks for the endpoint of a session in one cluster: requests go back to that one first."""

    def test_by_cookie(self) -> None:
        backends = (backend(0, request_headers=HEADERS), backend(1, 3), backend(2, endpoints=()))
        action = ir.Forward(backends, session=ir.SessionCookie("id", "/a", 60_000))
        translated = translate(unit(rule(action=action)))
        found = {route["name"].partition("shop_example")[2]: route for route in routes(translated)}
        assert list(found) == [
            "/backend/0/session", "/backend/1/session", "/backend/0", "/backend/1", "/backend/2",
        ]  # fmt: skip
        (pin,) = found["/backend/1/session"]["match"]["headers"]
        assert pin["name"] == "cookie"
        pattern = re.compile(pin["string_match"]["safe_regex"]["regex"])
        cookies = ("id-backend=1", "a=b; id-backend=1", "id-backend=1;c=d", "a=1;id-backend=1; id=x")
        others = ("id-backend=10", "xid-backend=1", "id-backend=0; id=1", "id=id-backend=12", "")
        assert [bool(pattern.fullmatch(one)) for one in (*cookies, *others)] == [True] * 4 + [False] * 5
        assert "runtime_fraction" not in found["/backend/1/session"]["match"]
        assert "response_headers_to_add" not in found["/backend/1/session"]
        (told,) = found["/backend/1"]["response_headers_to_add"]
        assert told["header"] == {"key": "set-cookie", "value": "id-backend=1; Max-Age=60; Path=/a; HttpOnly"}
        assert found["/backend/1"]["route"] == found["/backend/1/session"]["route"]
        assert found["/backend/2"]["direct_response"] == {"status": 503}
        assert "response_headers_to_add" not in found["/backend/2"]

    def test_by_header(self) -> None:
        addresses = (endpoint(9), endpoint(address="2001:DB8:0::1"), endpoint(address="/run/a.sock", port=0))
        backends = (dns_backend(0), backend(1, endpoints=addresses))
        found = routes(translate(unit(rule(action=ir.Forward(backends, session=ir.SessionHeader("X-S"))))))
        pins = [route["match"]["headers"][0] for route in found[:2]]
        assert [pin["name"] for pin in pins] == ["x-s", "x-s"]
        values = "L3J1bi9hLnNvY2s=|MTAuMC4wLjk6ODA4MA==|WzIwMDE6ZGI4OjoxXTo4MDgw"
        assert [pin["string_match"]["safe_regex"]["regex"] for pin in pins] == [values, ".+"]
        assert [route["name"].partition("shop_example")[2] for route in found] == [
            "/backend/1/session", "/backend/0/session", "/backend/0", "/backend/1",
        ]  # fmt: skip

    def test_one_cluster_needs_none(self) -> None:
        action = ir.Forward((backend(0), backend(1)), session=ir.SessionCookie())
        (found,) = routes(translate(unit(rule(action=action))))
        assert found["route"]["cluster"] == RULE
