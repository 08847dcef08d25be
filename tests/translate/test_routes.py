"""Fan-out of a route over matches, hosts, route configurations and fleets."""

from __future__ import annotations

import marshal

from reconciler import ir
from reconciler.translate.routes import TranslatedRoute, translate
from tests.translate.build import backend, exact, placement, prefix, rule, unit
from tests.translate.decode import decode_route, routes


def test_one_route_for_each_match_and_host() -> None:
    route = unit(rule(exact("/a"), prefix("/b")), placements=(placement("*", "*.shop.example"),))
    assert [found["name"] for found in routes(translate(route))] == [
        "httproute/default/shop/rule/0/match/0/*",
        "httproute/default/shop/rule/0/match/1/*",
        "httproute/default/shop/rule/0/match/0/*_shop_example",
        "httproute/default/shop/rule/0/match/1/*_shop_example",
    ]


def test_rules_keep_the_index_that_they_have_in_the_manifest() -> None:
    translated = translate(unit(rule(index=1), rule(index=4)))
    assert [found["name"] for found in routes(translated)] == [
        "httproute/default/shop/rule/1/match/0/shop_example",
        "httproute/default/shop/rule/4/match/0/shop_example",
    ]
    assert [name for name, _ in translated.clusters] == [f"httproute/default/shop/rule/{index}" for index in (1, 4)]


def test_placements() -> None:
    placements = (
        placement("a.example", "b.example"),
        placement("a.example", table="infra/gateway/https", port=443),
        placement("c.example", table="http-8080", port=8080, fleet="other"),
    )
    translated = translate(unit(placements=placements))
    assert [(fleet, table, [host for host, _ in hosts]) for fleet, table, hosts in translated.tables] == [
        ("infra/gateway", "http-80", ["a.example", "b.example"]),
        ("infra/gateway", "infra/gateway/https", ["a.example"]),
        ("other", "http-8080", ["c.example"]),
    ]
    assert translated.fleets == ("infra/gateway", "other")


def test_a_host_has_the_same_routes_in_every_table() -> None:
    placements = (placement("a.example"), placement("a.example", table="http-8080", port=8080))
    first, second = translate(unit(placements=placements)).tables
    assert first[2] == second[2]


def test_results_survive_marshalling() -> None:
    actions = (ir.Forward((backend(0), backend(1))), ir.Redirect(), ir.DirectResponse(404, "nothing"))
    translated = translate(unit(*(rule(index=index, action=action) for index, action in enumerate(actions))))
    assert TranslatedRoute.unpack(marshal.loads(marshal.dumps(translated.pack()))) == translated


def test_names_come_before_what_all_hosts_have_in_common() -> None:
    placements = (placement("a.example", "b.example"),)
    ((_, _, ((_, first), (_, second))),) = translate(unit(placements=placements)).tables
    routes_of_hosts = [decode_route(entries[0][1]) for entries in (first, second)]
    assert routes_of_hosts[0].pop("name") != routes_of_hosts[1].pop("name")
    assert routes_of_hosts[0] == routes_of_hosts[1]
