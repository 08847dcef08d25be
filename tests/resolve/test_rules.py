"""Matches, timeouts, names, and rules that are dropped."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, resolve, route, service

EXACT, PREFIX, REGEX = ir.MatchKind.EXACT, ir.MatchKind.PREFIX, ir.MatchKind.REGEX
ANY = ir.PathMatch(PREFIX, "/")


def scene(*rules: Object) -> Scene:
    return resolve(gateway(), service(), route(*({"backendRefs": [forward()], **rule} for rule in rules)))


def path(value: str, kind: str = "PathPrefix") -> Object:
    return {"path": {"type": kind, "value": value}}


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, ir.Match(ANY)),
        (path("/a/"), ir.Match(ir.PathMatch(PREFIX, "/a/"))),
        (path("/a", "Exact"), ir.Match(ir.PathMatch(EXACT, "/a"))),
        (path("/[0-9]+", "RegularExpression"), ir.Match(ir.PathMatch(REGEX, "/[0-9]+"))),
        ({"method": "POST"}, ir.Match(ANY, method="POST")),
        ({"headers": [{"name": "X-A", "value": "1"}]}, ir.Match(ANY, (ir.ValueMatch("x-a", EXACT, "1"),))),
        (
            {"headers": [{"name": "b", "value": "2+", "type": "RegularExpression"}]},
            ir.Match(ANY, (ir.ValueMatch("b", REGEX, "2+"),)),
        ),
        ({"queryParams": [{"name": "Q", "value": "1"}]}, ir.Match(ANY, query=(ir.ValueMatch("Q", EXACT, "1"),))),
    ],
)
def test_matches(match: Object, expected: ir.Match) -> None:
    found = scene({"matches": [match]})
    assert found.rule().matches == (expected,)
    assert found.diagnostics == ()


@pytest.mark.parametrize("rule", [{}, {"matches": []}])
def test_a_rule_without_matches_matches_everything(rule: Object) -> None:
    assert scene(rule).rule().matches == (ir.Match(ANY),)


def test_of_equivalent_headers_only_the_first_counts() -> None:
    headers = [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}]
    found = scene({"matches": [{"headers": headers}]})
    assert found.rule().matches[0].headers == (ir.ValueMatch("x-a", EXACT, "1"),)
    assert found.route_conditions()["Accepted"] == "True/Accepted"
    assert found.only_diagnostic().path == ("spec", "rules", 0, "matches", 0, "headers", 1, "name")


def regex(field: str, pattern: str) -> Object:
    value = {"name": "x", "type": "RegularExpression", "value": pattern}
    return path(pattern, "RegularExpression") if field == "path" else {field: [value]}


@pytest.mark.parametrize(
    ("field", "at"),
    [("path", ("path", "value")), ("headers", ("headers", 0, "value")), ("queryParams", ("queryParams", 0, "value"))],
)
@pytest.mark.parametrize("pattern", ["(?=a)", "[", r"(a)\1", "a{2000}"])
def test_expressions_that_re2_refuses(field: str, at: tuple[Any, ...], pattern: str) -> None:
    found = scene({"matches": [regex(field, pattern)]}, {"matches": [path("/fine")]})
    assert [rule.index for rule in found.unit().rules] == [1]
    assert found.route_conditions() == {
        "Accepted": "True/Accepted",
        "PartiallyInvalid": "True/UnsupportedValue",
        "ResolvedRefs": "True/ResolvedRefs",
    }
    partial = next(c for c in found.routes["route"].parents[0]["conditions"] if c["type"] == "PartiallyInvalid")
    assert partial["message"].startswith("Dropped Rule(s) [0]: ")
    assert found.only_diagnostic().path == ("spec", "rules", 0, "matches", 0, *at)
    assert "RE2" in found.only_diagnostic().message


def test_a_route_all_of_whose_rules_fail_is_not_accepted() -> None:
    found = scene({"matches": [regex("path", "[")]}, {"matches": [regex("path", "(")]})
    assert found.route_conditions() == {"Accepted": "False/UnsupportedValue", "ResolvedRefs": "True/ResolvedRefs"}
    assert found.routes["route"].unit is None
    assert found.listener("http")["attachedRoutes"] == 1


def test_an_empty_expression_is_refused() -> None:
    assert scene({"matches": [regex("path", "")]}).route_conditions()["Accepted"] == "False/UnsupportedValue"


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [
        ({}, ir.Timeouts()),
        ({"request": "10s"}, ir.Timeouts(10_000)),
        ({"request": "1h1m1s1ms"}, ir.Timeouts(3_661_001)),
        ({"request": "0s"}, ir.Timeouts(0)),
        ({"request": "1m", "backendRequest": "500ms"}, ir.Timeouts(60_000, 500)),
    ],
)
def test_timeouts(timeouts: Object, expected: ir.Timeouts) -> None:
    assert scene({"timeouts": timeouts}).forwarded().timeouts == expected


def test_names() -> None:
    assert [rule.name for rule in scene({"name": "first"}, {}).unit().rules] == ["first", ""]


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        ({}, ir.Retry()),
        ({"attempts": 3, "codes": [503, 500], "backoff": "1s50ms"}, ir.Retry((500, 503), 3, 1050)),
    ],
)
def test_retries(retry: Object, expected: ir.Retry) -> None:
    assert scene({"retry": retry}).forwarded().retry == expected
