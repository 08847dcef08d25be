"""Every cross-field rule of BackendTrafficPolicies has an object that breaks it, and it alone."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from tests.manifests.crd_rules import messages
from tests.manifests.objects import accept, make, refuse

KIND = "BackendTrafficPolicy"
GROUP = "gateway.networking.k8s.io"

Fields = dict[str, Any]


def target(**fields: Any) -> Fields:
    return {"group": GROUP, "kind": "HTTPRoute", "name": "a", **fields}


def selecting(**fields: Any) -> Fields:
    return {"targetSelectors": [{"kind": "HTTPRoute", **fields}]}


def balancer(kind: str, **fields: Any) -> Fields:
    return {"loadBalancer": {"type": kind, **fields}}


def hashing(kind: str, **fields: Any) -> Fields:
    return balancer("ConsistentHash", consistentHash={"type": kind, **fields})


def active(kind: str, **fields: Any) -> Fields:
    return {"healthCheck": {"active": {"type": kind, **fields}}}


def override(match: Fields | None = None, **fields: Any) -> Fields:
    answer = fields or {"response": {"statusCode": 200}}
    return {"responseOverride": [{"match": {"statusCodes": [{"value": 500}]} if match is None else match, **answer}]}


def body(**fields: Any) -> Fields:
    return override(response={"body": fields})


def moved(**path: Any) -> Fields:
    return override(redirect={"path": path})


def limit(where: str, **fields: Any) -> Fields:
    return {"rateLimit": {where: {"rules": [{"limit": {"requests": 1, "unit": "Second"}, **fields}]}}}


PREDICTIVE: Fields = {"connection": {"preconnect": {"predictivePercent": 200}}}
PREFER_LOCAL: Fields = {"zoneAware": {"preferLocal": {}}}
MODULE: Fields = {"dynamicModule": {"name": "a", "lbPolicyName": "b"}}
CONFIG_MAP = {"group": "", "kind": "ConfigMap", "name": "a"}
LB, HASH = ("spec", "loadBalancer"), ("spec", "loadBalancer", "consistentHash")
CHECK = ("spec", "healthCheck", "active")
ENTRY = ("spec", "responseOverride", 0)
RULE = ("spec", "rateLimit", "local", "rules", 0)

# the rule's message in the CRD, a spec that breaks it, where it is reported, words of the message
CASES: list[tuple[str, Fields, FieldPath, str]] = [
    ("either targetRef or targetRefs must be used", {"targetRefs": None}, ("spec",), "has none"),
    (
        "this policy can only have a targetRef.group of gateway.networking.k8s.io",
        {"targetRefs": None, "targetRef": target(group="")},
        ("spec", "targetRef", "group"),
        f"must be {GROUP}",
    ),
    (
        (
            "this policy can only have a targetRef.kind of"
            " Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute/UDPRoute/TLSRoute"
        ),
        {"targetRefs": None, "targetRef": target(kind="Service")},
        ("spec", "targetRef", "kind"),
        "must be one of Gateway",
    ),
    (
        "this policy can only have a targetRefs[*].group of gateway.networking.k8s.io",
        {"targetRefs": [target(), target(group="")]},
        ("spec", "targetRefs", 1, "group"),
        f"must be {GROUP}",
    ),
    (
        (
            "this policy can only have a targetRefs[*].kind of"
            " Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute/UDPRoute/TLSRoute"
        ),
        {"targetRefs": [target(kind="Service")]},
        ("spec", "targetRefs", 0, "kind"),
        "must be one of Gateway",
    ),
    (
        "group must be gateway.networking.k8s.io",
        selecting(group="a.example"),
        ("spec", "targetSelectors", 0, "group"),
        f"must be {GROUP}",
    ),
    (
        "selector must be specified when from is Selector",
        selecting(namespaces={"from": "Selector"}),
        ("spec", "targetSelectors", 0, "namespaces"),
        "must have selector",
    ),
    (
        "mergeType can only be used with xRoute targets",
        {"targetRefs": [target(kind="Gateway")], "mergeType": "JSONMerge"},
        ("spec", "mergeType"),
        "all targets are routes",
    ),
    (
        "Replace is not a valid MergeType for BackendTrafficPolicySpec",
        {"mergeType": "Replace"},
        ("spec", "mergeType"),
        "StrategicMerge or JSONMerge",
    ),
    (
        "either compression or compressor can be set, not both",
        {"compression": [{"type": "Gzip"}], "compressor": [{"type": "Gzip"}]},
        ("spec", "compression"),
        "not both",
    ),
    (
        "requestBuffer cannot be used together with httpUpgrade",
        {"requestBuffer": {"limit": "1Ki"}, "httpUpgrade": [{"type": "websocket"}]},
        ("spec", "requestBuffer"),
        "cannot be used together",
    ),
    (
        "The connect configuration is only allowed when the type is CONNECT.",
        {"httpUpgrade": [{"type": "websocket", "connect": {}}]},
        ("spec", "httpUpgrade", 0, "connect"),
        "type is CONNECT",
    ),
    (
        "admissionControl can only be used with HTTPRoute, GRPCRoute, Gateway, or ListenerSet targets",
        {"targetRefs": [target(kind="TCPRoute")], "admissionControl": {}},
        ("spec", "admissionControl"),
        "is for HTTPRoutes",
    ),
    (
        "samplingWindow must be at least 1s",
        {"admissionControl": {"samplingWindow": "10ms"}},
        ("spec", "admissionControl", "samplingWindow"),
        "at least 1s",
    ),
    (
        "predictivePercent in preconnect policy only works with RoundRobin or Random load balancers",
        {**PREDICTIVE, **balancer("LeastRequest")},
        ("spec", "connection", "preconnect", "predictivePercent"),
        "Random or RoundRobin",
    ),
    (
        "numerator must be less than or equal to denominator",
        {"circuitBreaker": {"retryBudget": {"percent": {"numerator": 3, "denominator": 2}}}},
        ("spec", "circuitBreaker", "retryBudget", "percent", "numerator"),
        "at most the denominator, 2",
    ),
    (
        "timeout must be less than interval",
        {"http2": {"connectionKeepalive": {"interval": "1s", "timeout": "1000ms"}}},
        ("spec", "http2", "connectionKeepalive", "timeout"),
        "less than the interval",
    ),
    (
        "at least one of request or response must be specified",
        {"bandwidthLimit": {}},
        ("spec", "bandwidthLimit"),
        "one of",
    ),
    ("Delay and abort faults are set at least one.", {"faultInjection": {}}, ("spec", "faultInjection"), "one of"),
    (
        "httpStatus and grpcStatus are set at least one.",
        {"faultInjection": {"abort": {}}},
        ("spec", "faultInjection", "abort"),
        "has none",
    ),
    (
        "httpStatus and grpcStatus cannot be simultaneously defined.",
        {"faultInjection": {"abort": {"httpStatus": 500, "grpcStatus": 1}}},
        ("spec", "faultInjection", "abort"),
        "has both",
    ),
    *(
        (f"If LoadBalancer type is {name}, {field} field needs to be set.", balancer(kind), LB, f"must have {field}")
        for name, kind, field in (
            ("consistentHash", "ConsistentHash", "consistentHash"),
            ("BackendUtilization", "BackendUtilization", "backendUtilization"),
            ("DynamicModule", "DynamicModule", "dynamicModule"),
        )
    ),
    (
        "Currently SlowStart is only supported for RoundRobin, LeastRequest, and BackendUtilization load balancers.",
        balancer("Random", slowStart={"window": "1s"}),
        (*LB, "slowStart"),
        "type is Random",
    ),
    (
        "PreferLocal zone-aware routing is not supported for ConsistentHash load balancers. Use weightedZones instead.",
        balancer("ConsistentHash", consistentHash={"type": "SourceIP"}, **PREFER_LOCAL),
        (*LB, "zoneAware", "preferLocal"),
        "type is ConsistentHash",
    ),
    (
        (
            "PreferLocal zone-aware routing is not currently supported for BackendUtilization load balancers."
            " Only WeightedZones can be used with BackendUtilization."
        ),
        balancer("BackendUtilization", backendUtilization={}, **PREFER_LOCAL),
        (*LB, "zoneAware", "preferLocal"),
        "type is BackendUtilization",
    ),
    (
        "ZoneAware PreferLocal and WeightedZones cannot be specified together.",
        balancer("Random", zoneAware={"preferLocal": {}, "weightedZones": [{"zone": "a", "weight": 1}]}),
        (*LB, "zoneAware"),
        "not both",
    ),
    (
        "ZoneAware routing is not supported for DynamicModule load balancers.",
        balancer("DynamicModule", **MODULE, zoneAware={}),
        (*LB, "zoneAware"),
        "type is DynamicModule",
    ),
    (
        "EndpointOverride is not supported for DynamicModule load balancers.",
        balancer("DynamicModule", **MODULE, endpointOverride={"extractFrom": [{"header": "a"}]}),
        (*LB, "endpointOverride"),
        "type is DynamicModule",
    ),
    (
        "reportingPeriod must be greater than 0",
        balancer("BackendUtilization", backendUtilization={"outOfBand": {"reportingPeriod": "0s"}}),
        (*LB, "backendUtilization", "outOfBand", "reportingPeriod"),
        "greater than 0",
    ),
    *(
        (
            f"If consistent hash type is {field}, the {field} field must be set.",
            hashing(kind),
            HASH,
            f"must have {field}",
        )
        for kind, field in (
            ("Header", "header"),
            ("Headers", "headers"),
            ("Cookie", "cookie"),
            ("QueryParams", "queryParams"),
        )
    ),
    *(
        (
            f"If Health Checker type is {kind}, {field} field needs to be set.",
            active(kind),
            CHECK,
            f"must have {field}",
        )
        for kind, field in (("HTTP", "http"), ("TCP", "tcp"))
    ),
    (
        "The grpc field can only be set if the Health Checker type is GRPC.",
        active("TCP", tcp={}, grpc={}),
        (*CHECK, "grpc"),
        "type is GRPC",
    ),
    (
        "The requestBody field can only be set when method is POST or PUT.",
        active("HTTP", http={"path": "/", "requestBody": {"type": "Text", "text": "a"}}),
        (*CHECK, "http", "requestBody"),
        "POST or PUT",
    ),
    *(
        (
            f"If payload type is {kind}, {field} field needs to be set.",
            active("TCP", tcp={"send": {"type": kind}}),
            (*CHECK, "tcp", "send"),
            f"must have {field}",
        )
        for kind, field in (("Text", "text"), ("Binary", "binary"))
    ),
    (
        "a failure type and a success type must both be specified together",
        active("TCP", tcp={}, healthCheckLog={"matches": ["Failure"]}),
        (*CHECK, "healthCheckLog", "matches"),
        "one of Failure",
    ),
    (
        "If ProxyHealthCheckLogSink type is File, file field needs to be set.",
        active("TCP", tcp={}, healthCheckLog={"sinks": [{"type": "File"}]}),
        (*CHECK, "healthCheckLog", "sinks", 0),
        "must have file",
    ),
    (
        "at least one of headers, methods, path, sourceCIDR or queryParams must be specified",
        limit("local", clientSelectors=[{}]),
        (*RULE, "clientSelectors", 0),
        "at least one of headers",
    ),
    (
        "only one of number or metadata can be specified",
        limit("local", cost={"request": {"from": "Number", "number": 1, "metadata": {"namespace": "a", "key": "b"}}}),
        (*RULE, "cost", "request"),
        "not both",
    ),
    (
        "response cost is not supported for Local Rate Limits",
        limit("local", cost={"response": {"from": "Number", "number": 1}}),
        (*RULE, "cost", "response"),
        "not possible for a local",
    ),
    (
        "limit fromMetadata is not supported for Local Rate Limits",
        limit("local", limit={"requests": 1, "unit": "Day", "fromMetadata": {"namespace": "a", "key": "b"}}),
        (*RULE, "limit", "fromMetadata"),
        "not possible for a local",
    ),
    (
        "at least one of statusCodes or responseHeaders must be specified",
        override({}),
        (*ENTRY, "match"),
        "at least one of statusCodes",
    ),
    (
        "value must be set for type Value",
        override({"statusCodes": [{}]}),
        (*ENTRY, "match", "statusCodes", 0),
        "must have value",
    ),
    (
        "range must be set for type Range",
        override({"statusCodes": [{"type": "Range"}]}),
        (*ENTRY, "match", "statusCodes", 0),
        "must have range",
    ),
    (
        "end must be greater than start",
        override({"statusCodes": [{"type": "Range", "range": {"start": 500, "end": 500}}]}),
        (*ENTRY, "match", "statusCodes", 0, "range", "end"),
        "greater than start",
    ),
    (
        "exactly one of response or redirect must be specified",
        override(response={}, redirect={}),
        ENTRY,
        "exactly one of response and redirect",
    ),
    ("inline must be set for type Inline", body(), (*ENTRY, "response", "body"), "must have inline"),
    (
        "valueRef must be set for type ValueRef",
        body(type="ValueRef"),
        (*ENTRY, "response", "body"),
        "must have valueRef",
    ),
    (
        "only ConfigMap is supported for ValueRef",
        body(type="ValueRef", valueRef={**CONFIG_MAP, "kind": "Secret"}),
        (*ENTRY, "response", "body", "valueRef", "kind"),
        "must be ConfigMap",
    ),
    (
        "Remove is not supported for header in CustomResponse",
        override(response={"header": {"remove": ["a"]}}),
        (*ENTRY, "response", "header", "remove"),
        "nothing to remove",
    ),
    (
        "only ReplaceFullPath is supported for path.type",
        moved(type="ReplacePrefixMatch", replacePrefixMatch="/"),
        (*ENTRY, "redirect", "path", "type"),
        "must be ReplaceFullPath",
    ),
    (
        "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
        moved(type="ReplaceFullPath"),
        (*ENTRY, "redirect", "path"),
        "must have replaceFullPath",
    ),
    (
        "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
        moved(type="ReplaceFullPath", replaceFullPath="/", replacePrefixMatch="/"),
        (*ENTRY, "redirect", "path", "replacePrefixMatch"),
        "type is ReplacePrefixMatch",
    ),
]

# Rules that cannot be the only one that is broken: the schema, or another rule, is broken with them.
IMPLIED = {
    "maxRejectionPercent must be between 0 and 100",
    "minSuccessRate must be between 1 and 100",
    "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'",
    "type must be 'ReplaceFullPath' when replaceFullPath is set",
}


def policy(fields: Fields) -> Fields:
    spec = {"targetRefs": [target()], **fields}
    return make(KIND, spec={name: value for name, value in spec.items() if value is not None})


@pytest.mark.parametrize(("fields", "where", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_breaking_a_rule_is_refused(fields: Fields, where: FieldPath, words: str) -> None:
    diagnostics = refuse(policy(fields))
    assert [(each.code, each.path) for each in diagnostics] == [("GW105", where)]
    assert words in diagnostics[0].message


def test_every_rule_of_the_crd_has_a_case(crds: dict[str, dict[str, Any]]) -> None:
    for version, asked in messages(crds[KIND]).items():
        assert asked - IMPLIED == {case[0] for case in CASES}, version


@pytest.mark.parametrize(
    ("written", "count"),
    [("1", 1), ("32Ki", 32_768), ("2k", 2_000), ("3M", 3_000_000), ("4Gi", 4 * 2**30), (0, 0), (7, 7)],
)
def test_quantities(written: object, count: int) -> None:
    assert accept(policy({"connection": {"bufferLimit": written}})).spec.connection.buffer_limit == count


@pytest.mark.parametrize("written", ["", "1.5Ki", "0", "-1", "1Kb", "1 Ki", True, 1.5, None])
def test_what_is_no_quantity(written: object) -> None:
    (found,) = refuse(policy({"connection": {"bufferLimit": written if written is not None else {}}}))
    assert found.path == ("spec", "connection", "bufferLimit")
    assert "must be a quantity" in found.message
