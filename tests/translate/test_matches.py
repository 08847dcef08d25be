"""Matches of path, headers, query and method."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.translate.build import exact, prefix, regex, rule
from tests.translate.decode import routes_of

EXACT, REGEX = ir.MatchKind.EXACT, ir.MatchKind.REGEX


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (ir.Match(prefix("/")), {"prefix": "/"}),
        (ir.Match(prefix("/api")), {"path_separated_prefix": "/api"}),
        (ir.Match(prefix("/api/")), {"path_separated_prefix": "/api"}),
        (ir.Match(exact("/api/")), {"path": "/api/"}),
        (ir.Match(regex("/v[0-9]+/.*")), {"safe_regex": {"regex": "/v[0-9]+/.*"}}),
        (
            ir.Match(
                prefix("/"), (ir.ValueMatch("version", EXACT, "two"), ir.ValueMatch("color", REGEX, "r.*")), (), "POST"
            ),
            {
                "prefix": "/",
                "headers": [
                    {"name": "version", "string_match": {"exact": "two"}},
                    {"name": "color", "string_match": {"safe_regex": {"regex": "r.*"}}},
                    {"name": ":method", "string_match": {"exact": "POST"}},
                ],
            },
        ),
        (
            ir.Match(prefix("/"), (), (ir.ValueMatch("debug", EXACT, ""), ir.ValueMatch("id", REGEX, "[0-9]+"))),
            {
                "prefix": "/",
                "query_parameters": [
                    {"name": "debug", "string_match": {"exact": ""}},
                    {"name": "id", "string_match": {"safe_regex": {"regex": "[0-9]+"}}},
                ],
            },
        ),
    ],
    ids=["any", "prefix", "trailing slash", "exact", "regex", "headers", "query"],
)
def test_match(match: ir.Match, expected: dict[str, Any]) -> None:
    (route,) = routes_of(rule(matches=(match,)))
    assert route["match"] == expected
