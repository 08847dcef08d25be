"""HTTPRouteFilters, where they cannot do what they say."""

from __future__ import annotations

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, obj, resolve, route, service

GROUP = "gateway.envoyproxy.io"


def named(name: str = "own", kind: str = "HTTPRouteFilter") -> Object:
    return {"type": "ExtensionRef", "extensionRef": {"group": GROUP, "kind": kind, "name": name}}


def scene(spec: Object, *filters: Object, on_backend: bool = False) -> Scene:
    asked = [named(), *filters]
    rule = {"backendRefs": [forward(filters=asked)]} if on_backend else {"filters": asked, "backendRefs": [forward()]}
    secret = obj("Secret", "declared", type="Opaque")
    return resolve(gateway(), service(), secret, obj("HTTPRouteFilter", "own", spec), route(rule))


def regex(pattern: str, substitution: str) -> Object:
    change = {"pattern": pattern, "substitution": substitution}
    return {"urlRewrite": {"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": change}}}


def credential(name: str, **ref: str) -> Object:
    return {"credentialInjection": {"credential": {"valueRef": {"name": name, **ref}}}}


ANSWER: Object = {"directResponse": {}}
COOKIE = {"matches": [{"cookies": [{"name": "a", "type": "RegularExpression", "value": "["}]}]}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (regex("(", ""), "spec.urlRewrite.path.replaceRegexMatch.pattern: '(' is not a regular expression"),
        (regex("(a)", r"\2"), "there is no group 2"),
        (regex("(a)", "\\"), "a backslash has to come before"),
        ({"urlRewrite": {"hostname": {"type": "Header", "header": "a b"}}}, "not a header's name"),
        ({"directResponse": {"statusCode": 99}}, "200 to 599"),
        ({"directResponse": {"contentType": "a\n"}}, "printable ASCII"),
        ({"directResponse": {"header": {"add": [{"name": "a", "value": "b\n"}]}}}, "one line"),
        (
            {
                "directResponse": {
                    "body": {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "a"}}
                }
            },
            "ConfigMap app/a does not exist",
        ),
        (credential("gone"), "Secret app/gone does not exist"),
        (credential("declared", kind="ConfigMap"), "has to be a Secret"),
        (credential("declared", namespace="other"), "No ReferenceGrant"),
        (COOKIE, "spec.matches.0.cookies.0.value"),
    ],
)
def test_what_a_filter_cannot_do_answers_500(spec: Object, words: str) -> None:
    found = scene(spec)
    assert found.rule().action == ir.DirectResponse(500)
    assert found.route_conditions()["ResolvedRefs"] == "False/UnsupportedValue"
    assert words in found.only_diagnostic().message
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "extensionRef", "name")


@pytest.mark.parametrize(
    ("name", "kind", "field"), [("rewriter", "HTTPRouteFilter", "name"), ("rewrite", "Other", "kind")]
)
def test_a_filter_that_is_not_there(name: str, kind: str, field: str) -> None:
    found = resolve(
        gateway(),
        service(),
        obj("HTTPRouteFilter", "rewrite", {}),
        route({"filters": [named(name, kind)], "backendRefs": [forward()]}),
    )
    assert found.rule().action == ir.DirectResponse(500)
    assert found.only_diagnostic().path == ("spec", "rules", 0, "filters", 0, "extensionRef", field)
    assert found.only_diagnostic().help == ("Did you mean rewrite?" if field == "name" else "")


@pytest.mark.parametrize(
    ("spec", "other"),
    [
        (ANSWER, ANSWER),
        (credential("declared"), credential("declared")),
        (regex("a", "b"), regex("c", "d")),
        ({"matches": [{"cookies": [{"name": "a", "value": "b"}]}]},) * 2,
    ],
)
def test_what_a_rule_can_have_once(spec: Object, other: Object) -> None:
    found = resolve(
        gateway(),
        service(),
        obj("Secret", "declared", type="Opaque"),
        obj("HTTPRouteFilter", "own", spec),
        obj("HTTPRouteFilter", "other", other),
        route({"filters": [named(), named("other")], "backendRefs": [forward()]}),
    )
    assert found.rule().action == ir.DirectResponse(500)
    assert "only once" in found.only_diagnostic().message


def test_of_all_only_credentials_go_with_a_backend() -> None:
    found = scene(ANSWER, on_backend=True)
    assert found.rule().action == ir.DirectResponse(500)
    assert found.route_conditions()["ResolvedRefs"] == "False/InvalidBackendFilters"
    (backend,) = scene(credential("declared"), on_backend=True).forwarded().backends
    assert backend.credential == ir.Credential("httproutefilter/app/own", "app/declared/credential")


def test_a_direct_response_comes_before_a_redirect() -> None:
    redirect = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
    found = resolve(
        gateway(),
        obj("HTTPRouteFilter", "own", {"directResponse": {"statusCode": 404}}),
        route({"filters": [named(), redirect]}),
    )
    assert found.rule().action == ir.DirectResponse(404)
