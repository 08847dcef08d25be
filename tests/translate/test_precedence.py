"""Which route comes first: Gateway API, HTTPRouteRule.matches."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import ir
from reconciler.translate.precedence import age, specificity
from reconciler.translate.routes import translate
from tests.translate import decode
from tests.translate.build import exact, placement, prefix, regex, rule, unit

HEADERS = tuple(ir.ValueMatch(name, ir.MatchKind.EXACT, "1") for name in ("a", "b", "c"))
ANY = prefix("/")

DESCENDING = [
    ir.Match(exact("/a")),
    ir.Match(regex("/a+")),
    ir.Match(regex("/a"), HEADERS),
    ir.Match(prefix("/a/b"), method="GET"),
    ir.Match(prefix("/a/b"), HEADERS),
    ir.Match(prefix("/a"), HEADERS, HEADERS, "GET"),
    ir.Match(prefix("/a"), HEADERS[:1], method="GET"),
    ir.Match(prefix("/a"), method="GET"),
    ir.Match(prefix("/a"), HEADERS[:2]),
    ir.Match(prefix("/a"), HEADERS[:1], HEADERS[:2]),
    ir.Match(prefix("/a"), HEADERS[:1], HEADERS[:1]),
    ir.Match(prefix("/a"), HEADERS[:1]),
    ir.Match(prefix("/a"), (), HEADERS),
    ir.Match(prefix("/a")),
    ir.Match(ANY, method="GET"),
    ir.Match(ANY, HEADERS),
    ir.Match(ANY),
]


@pytest.mark.parametrize(("first", "second"), list(pairwise(DESCENDING)))
def test_more_specific_comes_first(first: ir.Match, second: ir.Match) -> None:
    assert specificity(first) < specificity(second)


CALLS = [
    ir.CallMatch(service="a.Long", method="M"),
    ir.CallMatch(service="a.Long"),
    ir.CallMatch(service="a.B", method="Method"),
    ir.CallMatch(service="a.B", method="M"),
    ir.CallMatch(ir.MatchKind.REGEX, "a.Longer", ".*"),
    ir.CallMatch(method="Method"),
    ir.CallMatch(method="M"),
    ir.CallMatch(ir.MatchKind.REGEX, "", "Method.*"),
    ir.CallMatch(),
]


@pytest.mark.parametrize(("first", "second"), list(pairwise(CALLS)))
def test_more_specific_calls_come_first(first: ir.CallMatch, second: ir.CallMatch) -> None:
    """Gateway API, GRPCRouteRule.matches: the service, the method, then headers."""
    assert specificity(ir.Match(ANY, call=first)) < specificity(ir.Match(ANY, HEADERS, call=second))
    assert specificity(ir.Match(ANY, HEADERS, call=first)) < specificity(ir.Match(ANY, call=first))


def test_a_trailing_slash_of_a_prefix_does_not_count() -> None:
    assert specificity(ir.Match(prefix("/a/"))) == specificity(ir.Match(prefix("/a")))


AGES = [
    unit(namespace="z", name="z", created="2019-12-31T23:59:59Z"),
    unit(namespace="a", name="b", created="2020-01-01T00:00:00Z"),
    unit(namespace="b", name="a", created="2020-01-01T00:00:00Z"),
    unit(namespace="a", name="a"),
    unit(namespace="a", name="b"),
    unit(namespace="b", name="a"),
]


@pytest.mark.parametrize(("older", "younger"), list(pairwise(AGES)))
def test_ties_go_to_the_oldest_then_by_name_and_what_was_never_stamped_is_youngest(
    older: ir.RouteUnit, younger: ir.RouteUnit
) -> None:
    assert age(older) < age(younger)


def test_ties_within_a_route_go_to_the_first_rule_and_match() -> None:
    route = unit(rule(ANY, prefix("/"), index=0), rule(ANY, index=1))
    assert [found["name"] for found in decode.routes(translate(route))] == [
        "httproute/default/shop/rule/0/match/0/shop_example",
        "httproute/default/shop/rule/0/match/1/shop_example",
        "httproute/default/shop/rule/1/match/0/shop_example",
    ]


paths = st.builds(
    ir.PathMatch,
    st.sampled_from(ir.MatchKind),
    st.text("ab", max_size=2).map(lambda text: "/" + text),
)
values = st.lists(st.sampled_from(HEADERS), max_size=2, unique=True).map(tuple)
matches = st.builds(ir.Match, paths, values, values, st.sampled_from(["", "GET"]), cookies=values)
units = st.builds(
    lambda name, created, wanted: unit(
        *(rule(index=index, matches=tuple(some)) for index, some in enumerate(wanted)), name=name, created=created
    ),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]),
    st.lists(st.lists(matches, min_size=1, max_size=2), min_size=1, max_size=2),
)


def _beats(one: tuple[ir.RouteUnit, int, int], other: tuple[ir.RouteUnit, int, int]) -> bool:
    """The rules, read one after the other, for (route, index of rule, index of match)."""
    a, b = (found[0].rules[found[1]].matches[found[2]] for found in (one, other))
    for kind in (ir.MatchKind.EXACT, ir.MatchKind.REGEX):
        if (a.path.kind is kind) != (b.path.kind is kind):
            return a.path.kind is kind
    lengths = [len(m.path.value.rstrip("/") if m.path.kind is ir.MatchKind.PREFIX else m.path.value) for m in (a, b)]
    if lengths[0] != lengths[1]:
        return lengths[0] > lengths[1]
    if bool(a.method) != bool(b.method):
        return bool(a.method)
    if len(a.headers) != len(b.headers):
        return len(a.headers) > len(b.headers)
    if len(a.cookies) != len(b.cookies):
        return len(a.cookies) > len(b.cookies)
    if len(a.query) != len(b.query):
        return len(a.query) > len(b.query)
    if one[0].created != other[0].created:
        return bool(one[0].created) and (not other[0].created or one[0].created < other[0].created)
    if one[0].name != other[0].name:
        return one[0].name < other[0].name
    return one[1:] < other[1:]


@given(st.lists(units, min_size=1, max_size=3, unique_by=lambda route: route.name))
def test_routes_are_in_the_order_of_the_specification(routes: list[ir.RouteUnit]) -> None:
    entries = [
        (entry[0], (route, entry[0][10], entry[0][11]))
        for route in routes
        for _, _, hosts in translate(route).tables
        for _, of_host in hosts
        for entry in of_host
    ]
    ordered = [found for _, found in sorted(entries, key=lambda entry: entry[0])]
    for first, second in pairwise(ordered):
        assert _beats(first, second)
        assert not _beats(second, first)


def test_keys_are_unique_and_comparable_across_routes_of_equal_matches() -> None:
    route = unit(placements=(placement("a.example", "b.example"),))
    keys = [[entry[0] for entry in entries] for _, _, hosts in translate(route).tables for _, entries in hosts]
    assert keys[0] == keys[1]
    assert all(isinstance(part, (int, str)) for key in keys[0] for part in key)
