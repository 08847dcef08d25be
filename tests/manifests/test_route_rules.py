"""Every cross-field rule of GRPCRoute, TLSRoute, TCPRoute and UDPRoute has an object that breaks it, and it alone.

HTTPRoute's are in `test_rules`.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from reconciler.manifests.registry import GATEWAY_API
from tests.manifests.crd_rules import messages
from tests.manifests.objects import accept, make, refusal, refuse

Fields = dict[str, Any]

SERVICE = {"name": "a", "port": 80}
FORWARD = {"backendRefs": [SERVICE]}
HEADERS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {}}
MIRROR = {"type": "RequestMirror", "requestMirror": {"backendRef": SERVICE}}
EXTENSION = {"group": "a.example", "kind": "A", "name": "a"}

GRPC, TLS, TCP, UDP = ("GRPCRoute", "v1"), ("TLSRoute", "v1"), ("TCPRoute", "v1"), ("UDPRoute", "v1")
TLS_ALPHA2, TLS_ALPHA3 = ("TLSRoute", "v1alpha2"), ("TLSRoute", "v1alpha3")
TCP_ALPHA2, UDP_ALPHA2 = ("TCPRoute", "v1alpha2"), ("UDPRoute", "v1alpha2")

MINIMAL: dict[tuple[str, str], Fields] = {
    GRPC: {},
    TLS: {"hostnames": ["a.example"], "rules": [FORWARD]},
    TLS_ALPHA3: {"hostnames": ["a.example"], "rules": [FORWARD]},
    TLS_ALPHA2: {"rules": [FORWARD]},
    TCP: {"rules": [FORWARD]},
    TCP_ALPHA2: {"rules": [FORWARD]},
    UDP: {"rules": [FORWARD]},
    UDP_ALPHA2: {"rules": [FORWARD]},
}
SEVERAL_RULES = (GRPC, TLS_ALPHA2, TCP_ALPHA2, UDP_ALPHA2)
SINGLE_RULE = tuple(of for of in MINIMAL if of not in SEVERAL_RULES)

RULE = ("spec", "rules", 0)
FILTER = (*RULE, "filters", 0)


def route(of: tuple[str, str], **spec: Any) -> Fields:
    kind, version = of
    return make(kind, spec=MINIMAL[of] | spec) | {"apiVersion": f"{GATEWAY_API}/{version}"}


def rule(**fields: Any) -> Fields:
    return {"rules": [fields]}


def filters(*each: Fields) -> Fields:
    return rule(filters=list(each))


def mirror(**settings: Any) -> Fields:
    return filters({"type": "RequestMirror", "requestMirror": {"backendRef": SERVICE} | settings})


def method(**fields: Any) -> Fields:
    return rule(matches=[{"method": fields}])


SETTINGS: dict[str, tuple[str, Fields]] = {
    "RequestHeaderModifier": ("requestHeaderModifier", {}),
    "ResponseHeaderModifier": ("responseHeaderModifier", {}),
    "RequestMirror": ("requestMirror", {"backendRef": SERVICE}),
    "ExtensionRef": ("extensionRef", EXTENSION),
}

# kind and version, the rule's message in the CRD, what breaks it, where it is reported, words of the message
CASES: list[tuple[tuple[str, str], str, Fields, FieldPath, str]] = [
    *(
        (
            of,
            "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent",
            {"parentRefs": [{"name": "a", "sectionName": "x"}, {"name": "a"}]},
            ("spec", "parentRefs", 1),
            "must be specified in all references",
        )
        for of in MINIMAL
    ),
    *(
        (
            of,
            "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent",
            {"parentRefs": [{"name": "a", "port": 80}, {"name": "b"}, {"name": "a", "port": 80}]},
            ("spec", "parentRefs", 2),
            "must be unique among references",
        )
        for of in MINIMAL
    ),
    *(
        (
            of,
            "Must have port for Service reference",
            rule(backendRefs=[{"name": "a"}]),
            (*RULE, "backendRefs", 0, "port"),
            "required for a reference to a Service",
        )
        for of in MINIMAL
    ),
    *(
        (
            of,
            "Rule name must be unique within the route",
            {"rules": [FORWARD | {"name": "a"}, FORWARD, FORWARD | {"name": "a"}]},
            ("spec", "rules", 2, "name"),
            "unique within the route",
        )
        for of in SEVERAL_RULES
    ),
    *(
        (
            of,
            "Hostnames cannot contain an IP",
            {"hostnames": ["a.example", "192.0.2.1"]},
            ("spec", "hostnames", 1),
            'must not be an IP address; is "192.0.2.1"',
        )
        for of in (TLS, TLS_ALPHA3)
    ),
    (
        GRPC,
        (
            "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a"
            " route must be less than 128"
        ),
        {"rules": [{"matches": [{}] * 64}, {"matches": [{}] * 64}, {"matches": [{}]}]},
        ("spec", "rules"),
        "at most 128 matches together; have 129",
    ),
    *(
        (
            GRPC,
            f"{type_} filter cannot be repeated",
            filters(*[{"type": type_, field: {}}] * 2),
            (*RULE, "filters", 1),
            "only once",
        )
        for type_, field in (
            ("RequestHeaderModifier", "requestHeaderModifier"),
            ("ResponseHeaderModifier", "responseHeaderModifier"),
        )
    ),
    *(
        (
            GRPC,
            f"filter.{field} must be nil if the filter.type is not {type_}",
            filters({field: settings, **(HEADERS if type_ != "RequestHeaderModifier" else MIRROR)}),
            (*FILTER, field),
            f"may only be set where type is {type_}",
        )
        for type_, (field, settings) in SETTINGS.items()
    ),
    *(
        (
            GRPC,
            f"filter.{field} must be specified for {type_} filter.type",
            filters({"type": type_}),
            FILTER,
            f"must have {field} where type is {type_}",
        )
        for type_, (field, _) in SETTINGS.items()
    ),
    (
        GRPC,
        "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter",
        mirror(percent=1, fraction={"numerator": 1}),
        (*FILTER, "requestMirror"),
        "percent or fraction, not both",
    ),
    (
        GRPC,
        "numerator must be less than or equal to denominator",
        mirror(fraction={"numerator": 101}),
        (*FILTER, "requestMirror", "fraction", "numerator"),
        "at most the denominator, 100",
    ),
    *(
        (GRPC, message, method(**fields), (*RULE, "matches", 0, "method", *where), words)
        for message, fields, where, words in (
            ("One or both of 'service' or 'method' must be specified", {}, (), "must have service or method"),
            (
                (
                    "service must only contain valid characters"
                    r" (matching ^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)"
                ),
                {"service": "a/b", "method": "c"},
                ("service",),
                "must be a service such as",
            ),
            (
                "method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)",
                {"service": "a", "method": "b.c"},
                ("method",),
                "must be a method such as",
            ),
        )
    ),
    *(
        (GRPC, message, rule(sessionPersistence=settings), (*RULE, "sessionPersistence", *where), words)
        for message, settings, where, words in (
            (
                "AbsoluteTimeout must be specified when cookie lifetimeType is Permanent",
                {"cookie": {"lifetimeType": "Permanent"}},
                (),
                "must have absoluteTimeout",
            ),
            (
                "cookie must be nil if type is not Cookie",
                {"type": "Header", "header": {"name": "a"}, "cookie": {}},
                ("cookie",),
                "may only be set where type is Cookie",
            ),
            ("cookie must be specified for Cookie type", {}, (), "must have cookie where type is Cookie"),
            (
                "header must be nil if type is not Header",
                {"cookie": {}, "header": {"name": "a"}},
                ("header",),
                "may only be set where type is Header",
            ),
            (
                "header must be specified for Header type",
                {"type": "Header"},
                (),
                "must have header where type is Header",
            ),
        )
    ),
]

# The pattern of a hostname says as much: it is broken with them.
IMPLIED = {
    "Hostnames must be valid based on RFC-1123",
    "Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123",
}


@pytest.mark.parametrize(
    ("of", "spec", "where", "words"),
    [case[:1] + case[2:] for case in CASES],
    ids=[f"{' '.join(case[0])}: {case[1]}" for case in CASES],
)
def test_breaking_a_rule_is_refused(of: tuple[str, str], spec: Fields, where: FieldPath, words: str) -> None:
    code, path, message, _ = refusal(route(of, **spec))
    assert (code, path) == ("GW105", where)
    assert words in message


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in MINIMAL}))
def test_every_rule_of_the_crd_has_a_case(crds: dict[str, dict[str, Any]], kind: str) -> None:
    asked = {(version, message) for version, found in messages(crds[kind]).items() for message in found - IMPLIED}
    assert asked == {(case[0][1], case[1]) for case in CASES if case[0][0] == kind}


@pytest.mark.parametrize("of", MINIMAL, ids=" ".join)
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"parentRefs": [{"name": "a", "sectionName": "x"}, {"name": "a", "sectionName": "y"}, {"name": "b"}]},
        rule(backendRefs=[{"name": "a", "group": "gateway.envoyproxy.io", "kind": "Backend"}]),
        {"useDefaultGateways": "All"},
    ],
)
def test_routes_that_keep_the_rules(of: tuple[str, str], spec: Fields) -> None:
    accept(route(of, **spec))


@pytest.mark.parametrize("of", SEVERAL_RULES, ids=" ".join)
def test_several_rules(of: tuple[str, str]) -> None:
    rules = [FORWARD | {"name": "a"}, FORWARD, FORWARD, FORWARD | {"name": "b"}]
    assert len(accept(route(of, rules=rules)).spec.rules) == 4
    assert refusal(route(of, rules=[FORWARD] * 17))[2] == "spec.rules: must have at most 16 entries; has 17"


@pytest.mark.parametrize("of", SINGLE_RULE, ids=" ".join)
def test_a_single_rule(of: tuple[str, str]) -> None:
    code, path, message, _ = refusal(route(of, rules=[FORWARD, FORWARD]))
    assert (code, path, message) == ("GW104", ("spec", "rules"), "spec.rules: must have at most 1 entry; has 2")


@pytest.mark.parametrize("of", [of for of in MINIMAL if of != GRPC], ids=" ".join)
@pytest.mark.parametrize("spec", [{"rules": []}, {"rules": [{"backendRefs": []}]}])
def test_connections_have_to_go_somewhere(of: tuple[str, str], spec: Fields) -> None:
    code, _, message, _ = refusal(route(of, **spec))
    assert code == "GW104"
    assert message.endswith("must not be empty")


def test_hostnames_of_tlsroutes() -> None:
    assert accept(route(TLS_ALPHA2)).spec.hostnames == []
    assert accept(route(TLS_ALPHA2, hostnames=["192.0.2.1"])).spec.hostnames == ["192.0.2.1"]
    for of in (TLS, TLS_ALPHA3):
        accept(route(of, hostnames=["*.a.example", "192.0.2.256", "1.2.3", "192.0.2.01"]))
        assert refusal(route(of, hostnames=[]))[:2] == ("GW104", ("spec", "hostnames"))
        assert refusal(route(of, hostnames=None))[:2] == ("GW103", ("spec",))
        assert refusal(route(of, hostnames=["a.*.example"]))[:2] == ("GW104", ("spec", "hostnames", 0))


@pytest.mark.parametrize(
    "spec",
    [
        {"rules": []},
        {"rules": [{"matches": [{}] * 64}, {"matches": [{}] * 64}, {}]},
        rule(backendRefs=[SERVICE | {"filters": [HEADERS]}], filters=[HEADERS]),
        filters(*[{"type": "ExtensionRef", "extensionRef": EXTENSION}] * 16),
        mirror(percent=100),
        method(service="a"),
        method(service=".a.B_1._"),
        method(service="\u017f\u212a"),
        method(method="_A1"),
        method(type="RegularExpression", service="", method="a|b"),
        rule(matches=[{"headers": [{"name": "a", "value": "any value ü"}, {"name": "A", "value": "b"}]}]),
        rule(sessionPersistence={"cookie": {"lifetimeType": "Permanent"}, "absoluteTimeout": "1h"}),
    ],
)
def test_grpcroutes_that_keep_the_rules(spec: Fields) -> None:
    accept(route(GRPC, **spec))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"service": ""}, ["service"]),
        ({"service": "a."}, ["service"]),
        ({"service": "..a"}, ["service"]),
        ({"service": "1a"}, ["service"]),
        ({"service": "a\n"}, ["service"]),
        ({"service": "\u0131"}, ["service"]),
        ({"method": ""}, ["method"]),
        ({"method": "a\n"}, ["method"]),
        ({"method": "\u017f"}, ["method"]),
        ({"service": "/", "method": "/"}, ["service", "method"]),
        ({"type": "RegularExpression"}, []),
    ],
)
def test_methods_that_are_none(fields: Fields, where: list[str]) -> None:
    at: FieldPath = (*RULE, "matches", 0, "method")
    assert [each.path for each in refuse(route(GRPC, **method(**fields)))] == ([(*at, each) for each in where] or [at])


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        (rule(matches=[{"headers": [{"name": "a", "value": "1"}] * 2}]), ("matches", 0, "headers", 1, "name")),
        (
            filters(HEADERS | {"requestHeaderModifier": {"remove": ["a", "a"]}}),
            ("filters", 0, "requestHeaderModifier", "remove", 1),
        ),
    ],
)
def test_repeated_entries_of_sets_and_maps_are_refused(spec: Fields, where: FieldPath) -> None:
    code, path, message, _ = refusal(route(GRPC, **spec))
    assert (code, path) == ("GW105", (*RULE, *where))
    assert "must be unique in the list" in message


@pytest.mark.parametrize("type_", ["RequestRedirect", "URLRewrite", "CORS", "ExternalAuth"])
def test_filters_of_httproutes_only(type_: str) -> None:
    code, path, message, _ = refusal(route(GRPC, **filters({"type": type_})))
    assert (code, path) == ("GW104", (*FILTER, "type"))
    assert "must be one of" in message
