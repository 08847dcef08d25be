"""Which rule takes a request: every kind of match, and which one wins where several match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.manifests import route
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

ANY_NAMESPACE = {"allowedRoutes": {"namespaces": {"from": "All"}}}


def header(name: str, value: str, kind: str = "Exact") -> Object:
    return {"name": name, "value": value, "type": kind}


PATHS = route(
    "paths",
    rule("exact", path("Exact", "/exact"), path("Exact", "/exact/with/slash/")),
    rule("prefix", path("PathPrefix", "/prefix")),
    rule("slash", path("PathPrefix", "/slash/")),
    rule("escaped", path("PathPrefix", "/with%20space")),
    rule("regex", path("RegularExpression", "/regex/[0-9]+")),
    rule("alternatives", path("RegularExpression", "/(?i:either)|/or/.*")),
    hostnames=("paths.example.com",),
)

PATH_CASES = {
    "/exact": "exact",
    "/exact?a=b": "exact",
    "/exact/": "",
    "/exact/more": "",
    "/exactly": "",
    "/Exact": "",
    "/exact/with/slash/": "exact",
    "/exact/with/slash": "",
    "/prefix": "prefix",
    "/prefix/": "prefix",
    "/prefix?a=b": "prefix",
    "/prefix/some/more": "prefix",
    "/prefixed": "",
    "/PREFIX": "",
    "/a/prefix": "",
    "/slash": "slash",
    "/slash/": "slash",
    "/slash/more": "slash",
    "/slashed": "",
    "/with%20space/more": "escaped",
    "/with+space": "",
    "/regex/12": "regex",
    "/regex/12?a=b": "regex",
    "/regex/12/": "",
    "/regex/": "",
    "/a/regex/12": "",
    "/Either": "alternatives",
    "/either/": "",
    "/or/else": "alternatives",
    "/": "",
    # Envoy looks at the normalized path.
    "//prefix": "prefix",
    "/prefix/../exact": "exact",
    "/prefix/./more": "prefix",
}

HEADERS = route(
    "headers",
    rule("two", {"headers": [header("x-version", "two"), header("X-Color", "blue")]}),
    rule("one", {"headers": [header("X-Version", "one")]}),
    rule("regex", {"headers": [header("x-version", "v[0-9]+", "RegularExpression")]}),
    # Of equivalent names only the first counts.
    rule("first", {"headers": [header("x-first", "1"), header("X-First", "2")]}),
    hostnames=("headers.example.com",),
)

HEADER_CASES: dict[tuple[tuple[str, str], ...], str] = {
    (("x-version", "one"),): "one",
    (("X-VERSION", "one"),): "one",
    (("x-version", "One"),): "",
    (("x-version", "one more"),): "",
    (("x-version", "one"), ("x-color", "blue")): "one",
    (("x-version", "two"), ("x-color", "blue")): "two",
    (("x-version", "two"),): "",
    (("x-color", "blue"),): "",
    (("x-version", "v12"),): "regex",
    (("x-version", "v12b"),): "",
    (("x-version", "av12"),): "",
    (("x-first", "1"),): "first",
    (("x-first", "2"),): "",
    (): "",
}

QUERY = route(
    "query",
    rule("two", {"queryParams": [header("animal", "whale"), header("color", "blue")]}),
    rule("one", {"queryParams": [header("animal", "whale")]}),
    rule("regex", {"queryParams": [header("animal", "d[a-z]+", "RegularExpression")]}),
    rule("escaped", {"queryParams": [header("text", "a%20b")]}),
    hostnames=("query.example.com",),
)

QUERY_CASES = {
    "?animal=whale": "one",
    "?color=blue&animal=whale": "two",
    "?other=1&animal=whale": "one",
    "?animal=whale&color=red": "one",
    "?animal=whales": "",
    "?animal=Whale": "",
    "?Animal=whale": "",
    "?animal=": "",
    "?animal": "",
    "?animal=dolphin": "regex",
    "?animal=dolphin1": "",
    # Of a repeated parameter the first counts.
    "?animal=whale&animal=dolphin": "one",
    "?animal=dolphin&animal=whale": "regex",
    # A value is compared as it is sent.
    "?text=a%20b": "escaped",
    "?text=a+b": "",
    "": "",
}

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE")
BY_METHOD = route(
    "methods", *[rule(name.lower(), {"method": name}) for name in METHODS], hostnames=("methods.example.com",)
)

COMBINED = route(
    "combined",
    rule(
        "all",
        path(
            "PathPrefix",
            "/cart",
            method="POST",
            headers=[header("x-version", "two")],
            queryParams=[header("preview", "true")],
        ),
    ),
    rule("either", path("Exact", "/either"), {"headers": [header("x-either", "yes")]}),
    hostnames=("combined.example.com",),
)

COMBINED_CASES: dict[tuple[str, str, str], str] = {
    ("POST", "/cart/items?preview=true", "x-version: two"): "all",
    ("GET", "/cart/items?preview=true", "x-version: two"): "",
    ("POST", "/carts?preview=true", "x-version: two"): "",
    ("POST", "/cart?preview=false", "x-version: two"): "",
    ("POST", "/cart?preview=true", "x-version: one"): "",
    ("GET", "/either", "x-version: one"): "either",
    ("GET", "/other", "x-either: yes"): "either",
}

# Each rule is less specific than the one after it, so that the order of the manifest is never the one that counts.
PRECEDENCE = route(
    "precedence",
    rule("nothing"),
    rule("query", {"queryParams": [header("a", "1")]}),
    rule("queries", {"queryParams": [header("a", "1"), header("b", "1")]}),
    rule("header", {"headers": [header("a", "1")]}),
    rule("headers", {"headers": [header("a", "1"), header("b", "1")]}),
    rule("method", {"method": "PUT"}),
    rule("prefix", path("PathPrefix", "/a")),
    rule("prefix-header", path("PathPrefix", "/a", headers=[header("a", "1")])),
    rule("longer", path("PathPrefix", "/a/b")),
    rule("regex", path("RegularExpression", "/a/b/c.*")),
    rule("exact", path("Exact", "/a/b/c")),
    hostnames=("precedence.example.com",),
)

PRECEDENCE_CASES: dict[tuple[str, str, tuple[str, ...]], str] = {
    ("GET", "/", ()): "nothing",
    ("GET", "/?a=1", ()): "query",
    ("GET", "/?a=1&b=1", ()): "queries",
    ("GET", "/?a=1&b=1", ("a",)): "header",
    ("GET", "/?a=1&b=1", ("a", "b")): "headers",
    ("PUT", "/?a=1&b=1", ("a", "b")): "method",
    ("PUT", "/a?a=1&b=1", ("b",)): "prefix",
    ("PUT", "/a?a=1&b=1", ("a", "b")): "prefix-header",
    ("PUT", "/a/b?a=1&b=1", ("a", "b")): "longer",
    ("PUT", "/a/bc", ()): "prefix",
    ("PUT", "/a/b/cd", ("a", "b")): "regex",
    ("PUT", "/a/b/c", ("a", "b")): "exact",
}

RULES_IN_ORDER = route(
    "rules-in-order",
    rule("first", path("PathPrefix", "/same"), {"headers": [header("a", "1")]}),
    rule("second", path("PathPrefix", "/same")),
    rule("third", {"headers": [header("b", "1")]}),
    hostnames=("in-order.example.com",),
)


def stamped(name: str, created: str, backend: str, host: str, namespace: str = "shop") -> Object:
    """A route that matches everything of a host."""
    parents = [{"name": "edge", "namespace": "shop"}]
    made = route(
        name, rule([{"name": backend, "namespace": "shop", "port": 80}]), hostnames=(host,), parentRefs=parents
    )
    made["metadata"] |= {"namespace": namespace, **({"creationTimestamp": created} if created else {})}
    return made


GRANT = {
    "apiVersion": "gateway.networking.k8s.io/v1beta1",
    "kind": "ReferenceGrant",
    "metadata": {"name": "routes-of-aaa", "namespace": "shop"},
    "spec": {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "aaa"}],
        "to": [{"group": "", "kind": "Service"}],
    },
}

TIES = [
    # The oldest wins, whatever its name; one without a timestamp is the youngest.
    stamped("a-younger", "2026-01-02T00:00:00Z", "second", "by-age.example.com"),
    stamped("b-older", "2026-01-01T00:00:00Z", "first", "by-age.example.com"),
    stamped("a-unstamped", "", "second", "by-stamp.example.com"),
    stamped("b-stamped", "2026-01-01T00:00:00Z", "first", "by-stamp.example.com"),
    stamped("b-name", "2026-01-01T00:00:00Z", "second", "by-name.example.com"),
    stamped("a-name", "2026-01-01T00:00:00Z", "first", "by-name.example.com"),
    stamped("a-space", "2026-01-01T00:00:00Z", "second", "by-namespace.example.com"),
    stamped("b-space", "2026-01-01T00:00:00Z", "first", "by-namespace.example.com", namespace="aaa"),
    # A more specific match wins over an older route.
    stamped("older", "2020-01-01T00:00:00Z", "second", "specific.example.com"),
    route("younger", rule("first", path("Exact", "/")), hostnames=("specific.example.com",)),
    GRANT,
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    routes = [PATHS, HEADERS, QUERY, BY_METHOD, COMBINED, PRECEDENCE, RULES_IN_ORDER, *TIES]
    listeners = [{"name": "http", "protocol": "HTTP", **ANY_NAMESPACE}]
    with running(tmp_path_factory.mktemp("matches"), routes, listeners=listeners) as started:
        yield started


def taken(scene: Scene, host: str, target: str = "/", **options: Any) -> str:
    """The backend that answers; an empty string for a 404."""
    answer = scene.get(target, host=f"{host}.example.com", **options)
    assert answer.status == (200 if backend_of(answer) else 404)
    return backend_of(answer)


@pytest.mark.parametrize(("target", "backend"), PATH_CASES.items())
def test_path(scene: Scene, target: str, backend: str) -> None:
    assert taken(scene, "paths", target) == backend


@pytest.mark.parametrize(("headers", "backend"), HEADER_CASES.items())
def test_headers(scene: Scene, headers: tuple[tuple[str, str], ...], backend: str) -> None:
    assert taken(scene, "headers", headers=list(headers)) == backend


@pytest.mark.parametrize(("query", "backend"), QUERY_CASES.items())
def test_query(scene: Scene, query: str, backend: str) -> None:
    assert taken(scene, "query", f"/{query}") == backend


@pytest.mark.parametrize("method", METHODS)
def test_method(scene: Scene, method: str) -> None:
    assert taken(scene, "methods", method=method) == method.lower()


def test_a_method_that_no_rule_has(scene: Scene) -> None:
    assert taken(scene, "methods", method="PROPFIND") == ""


@pytest.mark.parametrize(("request_", "backend"), COMBINED_CASES.items())
def test_all_of_a_match_and_any_of_a_rule(scene: Scene, request_: tuple[str, str, str], backend: str) -> None:
    method, target, line = request_
    name, _, value = line.partition(": ")
    assert taken(scene, "combined", target, method=method, headers={name: value}) == backend


@pytest.mark.parametrize(("request_", "backend"), PRECEDENCE_CASES.items())
def test_precedence(scene: Scene, request_: tuple[str, str, tuple[str, ...]], backend: str) -> None:
    method, target, headers = request_
    assert taken(scene, "precedence", target, method=method, headers=dict.fromkeys(headers, "1")) == backend


@pytest.mark.parametrize(
    ("target", "headers", "backend"),
    [("/same", ("a", "b"), "first"), ("/", ("a", "b"), "first"), ("/", ("b",), "third"), ("/", (), "")],
)
def test_the_first_rule_wins_a_tie_within_a_route(
    scene: Scene, target: str, headers: tuple[str, ...], backend: str
) -> None:
    assert taken(scene, "in-order", target, headers=dict.fromkeys(headers, "1")) == backend


@pytest.mark.parametrize("host", ["by-age", "by-stamp", "by-name", "by-namespace", "specific"])
def test_ties_between_routes(scene: Scene, host: str) -> None:
    assert taken(scene, host) == "first"
