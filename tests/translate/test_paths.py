"""Path redirects and rewrites: the table of Gateway API's HTTPPathModifier."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.translate.build import backend, exact, prefix, rule
from tests.translate.decode import routes_of

FULL, PREFIX = ir.PathChange.FULL, ir.PathChange.PREFIX


def stripped(pattern: str) -> dict[str, Any]:
    return {"regex_rewrite": {"pattern": {"regex": pattern}, "substitution": "/"}}


REPLACED_PREFIX = [
    ("/foo", "/xyz", {"prefix_rewrite": "/xyz"}),
    ("/foo", "/xyz/", {"prefix_rewrite": "/xyz"}),
    ("/foo/", "/xyz", {"prefix_rewrite": "/xyz"}),
    ("/foo/", "/xyz/", {"prefix_rewrite": "/xyz"}),
    ("/foo", "", stripped("^/foo/*")),
    ("/foo", "/", stripped("^/foo/*")),
    ("/foo.bar/", "/", stripped(r"^/foo\.bar/*")),
    ("/", "/xyz", {"prefix_rewrite": "/xyz/"}),
    ("/", "/", {"prefix_rewrite": "/"}),
]


@pytest.mark.parametrize(("matched", "replacement", "expected"), REPLACED_PREFIX)
def test_prefix(matched: str, replacement: str, expected: dict[str, Any]) -> None:
    modifier = ir.PathModifier(PREFIX, replacement)
    rewrite = ir.Forward((backend(),), rewrite=ir.Rewrite(path=modifier))
    (rewritten,) = routes_of(rule(prefix(matched), action=rewrite))
    (redirected,) = routes_of(rule(prefix(matched), action=ir.Redirect(path=modifier)))
    assert expected.items() <= rewritten["route"].items()
    assert redirected["redirect"] == {"response_code": "FOUND", **expected}


@pytest.mark.parametrize(("path", "substitution"), [("/new", "/new"), (r"/a\1", r"/a\\1")])
def test_full_path(path: str, substitution: str) -> None:
    modifier = ir.PathModifier(FULL, path)
    rewrite = ir.Forward((backend(),), rewrite=ir.Rewrite(path=modifier))
    (rewritten,) = routes_of(rule(prefix("/old"), action=rewrite))
    (redirected,) = routes_of(rule(prefix("/old"), action=ir.Redirect(path=modifier)))
    assert rewritten["route"]["regex_rewrite"] == {"pattern": {"regex": "^/.*$"}, "substitution": substitution}
    assert redirected["redirect"]["path_redirect"] == path


def test_a_new_prefix_of_an_exact_path_is_a_new_path() -> None:
    (route,) = routes_of(rule(exact("/a"), action=ir.Redirect(path=ir.PathModifier(PREFIX, "/b"))))
    assert route["redirect"]["path_redirect"] == "/b"


def test_every_match_has_its_own_rewrite() -> None:
    rewrite = ir.Forward((backend(),), rewrite=ir.Rewrite(path=ir.PathModifier(PREFIX, "/")))
    found = routes_of(rule(prefix("/a"), prefix("/b"), action=rewrite))
    assert [route["route"]["regex_rewrite"]["pattern"]["regex"] for route in found] == ["^/a/*", "^/b/*"]
