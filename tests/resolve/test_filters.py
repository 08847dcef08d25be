"""Filters of rules and of backendRefs."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, obj, resolve, route, service

FAILURE = ir.DirectResponse(500)
Fraction = tuple[int, int]


def request_headers(**changes: Any) -> Object:
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": changes}


def response_headers(**changes: Any) -> Object:
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": changes}


def redirect(**settings: Any) -> Object:
    return {"type": "RequestRedirect", "requestRedirect": settings}


def rewrite(**settings: Any) -> Object:
    return {"type": "URLRewrite", "urlRewrite": settings}


def mirror(name: str = "web", **settings: Any) -> Object:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": forward(name), **settings}}


def header(name: str, value: str = "v") -> Object:
    return {"name": name, "value": value}


def scene(*filters: Object, refs: list[Object] | None = None) -> Scene:
    return resolve(
        gateway(), service(), route({"filters": list(filters), "backendRefs": [forward()] if refs is None else refs})
    )


def test_header_modifiers_of_a_rule() -> None:
    found = scene(
        request_headers(set=[header("X-Set", "a")], add=[header("x-add", "b")], remove=["X-Gone"]),
        response_headers(add=[header("x-answer", "c")]),
    )
    assert found.rule().request_headers == ir.HeaderMutation((("X-Set", "a"),), (("x-add", "b"),), ("X-Gone",))
    assert found.rule().response_headers == ir.HeaderMutation(add=(("x-answer", "c"),))
    assert found.diagnostics == ()


def test_of_equivalent_header_names_the_first_counts() -> None:
    made = (
        scene(request_headers(set=[header("X-A", "1"), header("x-a", "2"), header("b")], remove=["X-C", "x-c"]))
        .rule()
        .request_headers
    )
    assert made == ir.HeaderMutation((("X-A", "1"), ("b", "v")), (), ("X-C",))


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"set": [header("Host")]}, ("set", 0)),
        ({"add": [header("x-fine"), header("host")]}, ("add", 1)),
        ({"remove": ["host"]}, ("remove", 0)),
        ({"remove": [":path"]}, ("remove", 0)),
        ({"remove": ["x y"]}, ("remove", 0)),
        ({"remove": ["x\r\ny"]}, ("remove", 0)),
        ({"remove": [""]}, ("remove", 0)),
    ],
)
def test_headers_that_envoy_would_not_change(changes: Object, at: tuple[str, int]) -> None:
    found = scene(request_headers(**changes))
    assert found.rule().action == FAILURE
    assert found.route_conditions()["Accepted"] == "False/UnsupportedValue"
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "requestHeaderModifier", *at)


def test_redirect() -> None:
    path = {"type": "ReplaceFullPath", "replaceFullPath": "/new"}
    full = redirect(scheme="https", hostname="b.example.com", port=8443, statusCode=301, path=path)
    assert scene(full, refs=[]).rule().action == ir.Redirect(
        301, "https", "b.example.com", 8443, ir.PathModifier(ir.PathChange.FULL, "/new")
    )
    assert scene(redirect(), refs=[]).rule().action == ir.Redirect()


def test_rewrite() -> None:
    path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}
    found = scene(rewrite(hostname="b.example.com", path=path)).forwarded()
    assert found.rewrite == ir.Rewrite("b.example.com", ir.PathModifier(ir.PathChange.PREFIX, "/"))


@pytest.mark.parametrize("value", ["/a b", "/a\nb", "/\x00", "/é"])
@pytest.mark.parametrize("make", [redirect, rewrite])
def test_paths_that_would_break_the_request_line(make: Any, value: str) -> None:
    found = scene(
        make(path={"type": "ReplaceFullPath", "replaceFullPath": value}), refs=[] if make is redirect else None
    )
    assert found.rule().action == FAILURE
    assert found.only_diagnostic().code == "GW153"
    assert found.only_diagnostic().path[-2:] == ("path", "replaceFullPath")


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({}, (100, 100)),
        ({"percent": 20}, (20, 100)),
        ({"fraction": {"numerator": 1, "denominator": 1000}}, (1, 1000)),
        ({"fraction": {"numerator": 5}}, (5, 100)),
    ],
)
def test_mirrors(share: Object, expected: Fraction) -> None:
    (made,) = scene(request_headers(), mirror(**share)).forwarded().mirrors
    assert (made.index, made.numerator, made.denominator) == (1, *expected)
    assert made.backend.endpoints == (ir.Endpoint("web.app.svc.cluster.local", 80),)


def test_several_mirrors() -> None:
    assert [item.index for item in scene(mirror(), mirror(percent=0), mirror(percent=1)).forwarded().mirrors] == [0, 2]


def test_a_mirror_that_leads_nowhere_does_not_stop_the_traffic() -> None:
    found = scene(mirror("gone"))
    assert found.forwarded().mirrors == ()
    assert found.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": "False/BackendNotFound"}
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "requestMirror", "backendRef", "name")


EXTENSION = {"type": "ExtensionRef", "extensionRef": {"group": "example.com", "kind": "Thing", "name": "thing"}}
CORS = {"type": "CORS", "cors": {}}


def test_a_filter_that_is_not_translated_answers_500() -> None:
    found = scene(EXTENSION)
    assert found.rule().action == FAILURE
    assert found.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": "False/UnsupportedValue"}
    assert found.only_diagnostic().code == "GW155"


@pytest.mark.parametrize(
    ("cors", "expected"),
    [
        ({}, ir.Cors(())),
        (
            {
                "allowOrigins": [
                    "https://Shop.example",
                    "http://*.example:80",
                    "https://a.example:443",
                    "http://b:8080",
                ],
                "allowMethods": ["PUT"],
                "allowHeaders": ["X-A"],
                "exposeHeaders": ["*"],
                "maxAge": 60,
            },
            ir.Cors(
                ("https://shop.example", "http://*.example", "https://a.example", "http://b:8080"),
                ("PUT",),
                ("X-A",),
                ("*",),
                60,
            ),
        ),
        ({"allowOrigins": ["*"], "allowCredentials": True}, ir.Cors(("*",), credentials=True)),
    ],
)
def test_cors(cors: Object, expected: ir.Cors) -> None:
    found = scene({"type": "CORS", "cors": cors})
    assert found.rule().cors == expected
    assert found.diagnostics == ()


def test_a_wildcard_that_exposes_nothing_is_reported() -> None:
    found = scene({"type": "CORS", "cors": {"exposeHeaders": ["x-a", "*"], "allowCredentials": True}})
    assert found.rule().cors == ir.Cors((), exposed=("x-a",), credentials=True)
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "cors", "exposeHeaders", 1)
    assert found.route_conditions()["Accepted"] == "True/Accepted"


def auth(protocol: str, settings: Object | None = None, name: str = "web", **more: Any) -> Object:
    settings = {protocol.lower(): settings or {}}
    return {
        "type": "ExternalAuth",
        "externalAuth": {"protocol": protocol, "backendRef": forward(name), **settings, **more},
    }


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (auth("GRPC"), {"grpc": True}),
        (auth("GRPC", {"allowedHeaders": ["x-a"]}), {"grpc": True, "headers": ("x-a",)}),
        (auth("HTTP", forwardBody={"maxSize": 100}), {"grpc": False, "max_body_bytes": 100}),
        (
            auth("HTTP", {"path": "/check/", "allowedHeaders": ["x-a"], "allowedResponseHeaders": ["x-b"]}),
            {"grpc": False, "path": "/check", "headers": ("x-a",), "response_headers": ("x-b",)},
        ),
    ],
)
def test_external_authorization(item: Object, expected: Object) -> None:
    found = scene(request_headers(set=[header("a")]), item)
    (made,) = found.rule().external_auth
    protocol = ir.Protocol.H2C if expected["grpc"] else ir.Protocol.HTTP
    assert made == ir.ExternalAuth(
        1, ir.Backend(1, 1, made.backend.discovery, made.backend.endpoints, protocol), **expected
    )
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("item", "reasons", "at"),
    [
        (auth("HTTP", name="gone"), {"ResolvedRefs": "False/BackendNotFound"}, ("backendRef", "name")),
        (auth("HTTP", {"path": "/a/%2e./b"}), {"Accepted": "False/UnsupportedValue"}, ("http", "path")),
    ],
)
def test_without_a_server_to_ask_nothing_passes(item: Object, reasons: dict[str, str], at: tuple[str, ...]) -> None:
    found = scene(item)
    assert found.rule().action == FAILURE
    assert reasons.items() <= found.route_conditions().items()
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "externalAuth", *at)


def test_filters_of_backends() -> None:
    path = {"type": "ReplaceFullPath", "replaceFullPath": "/b"}
    refs = [
        forward(filters=[request_headers(set=[header("a")]), response_headers(remove=["b"]), rewrite(path=path)]),
        forward(filters=[redirect(path=path)], weight=2),
    ]
    first, second = scene(refs=refs).forwarded().backends
    assert first.request_headers == ir.HeaderMutation(set=(("a", "v"),))
    assert first.response_headers == ir.HeaderMutation(remove=("b",))
    assert first.rewrite == ir.Rewrite(path=ir.PathModifier(ir.PathChange.FULL, "/b"))
    assert second.redirect == ir.Redirect(path=ir.PathModifier(ir.PathChange.FULL, "/b"))
    assert (second.index, second.weight, second.rewrite) == (1, 2, None)


def test_filters_of_backends_that_rules_have_too() -> None:
    refs = [forward(), forward(filters=[request_headers(set=[header("a")]), CORS, auth("HTTP"), mirror(percent=10)])]
    first, second = scene(refs=refs).forwarded().backends
    assert first.filters is None
    assert second.filters is not None
    assert second.filters.cors == ir.Cors(())
    ((asked,), (copied,)) = (second.filters.external_auth, second.filters.mirrors)
    assert (asked.index, asked.owner) == (2, 1)
    assert (copied.index, copied.owner, copied.numerator, copied.denominator) == (3, 1, 10, 100)


@pytest.mark.parametrize(
    ("bad", "reason", "at"),
    [
        (EXTENSION, "UnsupportedValue", ("extensionRef", "kind")),
        (auth("HTTP", name="gone"), "BackendNotFound", ("externalAuth", "backendRef", "name")),
    ],
)
def test_a_backend_with_a_filter_that_it_cannot_have_is_invalid(bad: Object, reason: str, at: tuple[str, ...]) -> None:
    found = scene(refs=[forward(), forward(weight=4, filters=[bad])])
    assert found.forwarded().invalid_weight == 4
    assert found.route_conditions()["ResolvedRefs"] == f"False/{reason}"
    assert found.only_diagnostic().path == ("spec", "rules", 0, "backendRefs", 1, "filters", 0, *at)


def test_a_mirror_of_a_backend_that_leads_nowhere_is_left_out() -> None:
    found = scene(refs=[forward(), forward(filters=[mirror(name="gone")])])
    assert found.forwarded().invalid_weight == 0
    assert [one.filters for one in found.forwarded().backends] == [None, None]
    assert found.route_conditions()["ResolvedRefs"] == "False/BackendNotFound"


def test_the_policy_of_a_rule_comes_before_that_of_a_backend() -> None:
    found = scene(CORS, refs=[forward(filters=[CORS])])
    assert found.rule().cors == ir.Cors(())
    assert found.forwarded().backends[0].filters is None
    assert found.only_diagnostic().path == ("spec", "rules", 0, "backendRefs", 0, "filters", 0)
    assert found.route_conditions()["Accepted"] == "True/Accepted"


def test_backends_without_filters_are_not_shared_with_those_that_have_some() -> None:
    refs = [forward(), forward(filters=[request_headers(set=[header("a")])])]
    found = resolve(gateway(), service(), obj("Service", "x", {"ports": [{"port": 1}]}), route({"backendRefs": refs}))
    assert [item.request_headers is None for item in found.forwarded().backends] == [True, False]
