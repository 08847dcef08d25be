"""Every cross-field rule of ClientTrafficPolicy and EnvoyProxy has an object that breaks it, and it alone.

Rules that they share with BackendTrafficPolicy, of targets and of how backends are connected to, are its tests'.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from tests.manifests.crd_rules import messages
from tests.manifests.objects import accept, make, refusal

Fields = dict[str, Any]

CLIENT, PROXY, PATCH = "ClientTrafficPolicy", "EnvoyProxy", "EnvoyPatchPolicy"

GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
SELECTOR = {"targetSelectors": [{"kind": "Gateway"}], "targetRef": None}
MINIMAL: dict[str, Fields] = {CLIENT: {"targetRef": GATEWAY}, PROXY: {}, PATCH: {}}

SERVICE = {"name": "collector", "port": 4317}
HALF = {"numerator": 1, "denominator": 2}
DATABASE = {"local": {"path": "/a.mmdb"}}
REMOTE = {"url": "https://a.example/b.so", "sha256": "0" * 64}


def target(**fields: Any) -> Fields:
    return {"targetRef": GATEWAY | fields}


def targets(**fields: Any) -> Fields:
    return {"targetRef": None, "targetRefs": [GATEWAY, GATEWAY | fields]}


def module(**source: Any) -> Fields:
    return {"dynamicModules": [{"name": "a", "source": source}]}


def geo(**provider: Any) -> Fields:
    return {"geoIP": {"provider": {"type": "MaxMind"} | provider}}


def lua(**strict: Any) -> Fields:
    return {"lua": {"strictValidation": strict}}


def kubernetes(**fields: Any) -> Fields:
    return {"provider": {"type": "Kubernetes", "kubernetes": fields}}


def service(**fields: Any) -> Fields:
    return kubernetes(envoyService={"type": "NodePort"} | fields)


def log(*sinks: Fields, **setting: Any) -> Fields:
    return {"telemetry": {"accessLog": {"settings": [{"sinks": list(sinks) or [FILE]} | setting]}}}


def als(**fields: Any) -> Fields:
    return log({"type": "ALS", "als": {"type": "TCP", "backendRefs": [SERVICE]} | fields})


def collector(**fields: Any) -> Fields:
    return log({"type": "OpenTelemetry", "openTelemetry": {"backendRefs": [SERVICE]} | fields})


def tracing(provider: Fields | None = None, **fields: Any) -> Fields:
    return {"telemetry": {"tracing": {"provider": {"backendRefs": [SERVICE]} | (provider or {})} | fields}}


FILE = {"type": "File", "file": {"path": "/dev/stdout"}}
SETTING = ("telemetry", "accessLog", "settings", 0)
SINK = (*SETTING, "sinks", 0)
CORS, CSRF = "envoy.filters.http.cors", "envoy.filters.http.csrf"
PODS = ("provider", "kubernetes")

# kind, the rule's message in the CRD, a spec that breaks it, where it is reported below the spec, words of the message
CASES: list[tuple[str, str, Fields, FieldPath, str]] = [
    (CLIENT, "either targetRef or targetRefs must be used", {"targetRefs": [GATEWAY]}, (), "has both"),
    (
        CLIENT,
        "this policy can only have a targetRef.group of gateway.networking.k8s.io",
        target(group="a.example"),
        ("targetRef", "group"),
        "must be gateway.networking.k8s.io",
    ),
    (
        CLIENT,
        "this policy can only have a targetRef.kind of Gateway or ListenerSet",
        target(kind="HTTPRoute"),
        ("targetRef", "kind"),
        "one of Gateway, ListenerSet",
    ),
    (
        CLIENT,
        "this policy can only have a targetRefs[*].group of gateway.networking.k8s.io",
        targets(group=""),
        ("targetRefs", 1, "group"),
        "must be gateway.networking.k8s.io",
    ),
    (
        CLIENT,
        "this policy can only have a targetRefs[*].kind of Gateway or ListenerSet",
        targets(kind="HTTPRoute"),
        ("targetRefs", 1, "kind"),
        "one of Gateway, ListenerSet",
    ),
    (
        CLIENT,
        "exactly one of xForwardedFor, customHeader, or directSourceIP must be set",
        {"clientIPDetection": {"customHeader": {"name": "a"}, "directSourceIP": {}}},
        ("clientIPDetection",),
        "exactly one of xForwardedFor, customHeader and directSourceIP; has more",
    ),
    (
        CLIENT,
        "only one of numTrustedHops or trustedCIDRs must be set",
        {"clientIPDetection": {"xForwardedFor": {"disableXForwardedForAppend": True}}},
        ("clientIPDetection", "xForwardedFor"),
        "must have numTrustedHops or trustedCIDRs; has neither",
    ),
    (
        CLIENT,
        "closeDelay can only be configured when value is set",
        {"connection": {"connectionLimit": {"closeDelay": "1s"}}},
        ("connection", "connectionLimit", "closeDelay"),
        "only be set where value is set",
    ),
    (
        CLIENT,
        "preserveXRequestID and requestID cannot both be set.",
        {"headers": {"preserveXRequestID": True, "requestID": "Preserve"}},
        ("headers",),
        "preserveXRequestID or requestID, not both",
    ),
    (
        CLIENT,
        "certDetailsToAdd can only be set when mode is AppendForward or SanitizeSet",
        {"headers": {"xForwardedClientCert": {"mode": "ForwardOnly", "certDetailsToAdd": ["URI"]}}},
        ("headers", "xForwardedClientCert", "certDetailsToAdd"),
        "where mode is AppendForward or SanitizeSet",
    ),
    (
        CLIENT,
        "timeout must be less than interval",
        {"http2": {"connectionKeepalive": {"timeout": "1m", "interval": "60s"}}},
        ("http2", "connectionKeepalive", "timeout"),
        "less than the interval",
    ),
    (
        CLIENT,
        "group must be gateway.networking.k8s.io",
        SELECTOR | {"targetSelectors": [{"group": "a.example", "kind": "Gateway"}]},
        ("targetSelectors", 0, "group"),
        "must be gateway.networking.k8s.io",
    ),
    (
        CLIENT,
        "selector must be specified when from is Selector",
        SELECTOR | {"targetSelectors": [{"kind": "Gateway", "namespaces": {"from": "Selector"}}]},
        ("targetSelectors", 0, "namespaces"),
        "must have selector",
    ),
    (
        CLIENT,
        "setting ciphers has no effect if the minimum possible TLS version is 1.3",
        {"tls": {"minVersion": "1.3", "ciphers": []}},
        ("tls", "ciphers"),
        "no effect where minVersion is 1.3",
    ),
    (
        CLIENT,
        "minVersion must be smaller or equal to maxVersion",
        {"tls": {"maxVersion": "1.1"}},
        ("tls", "maxVersion"),
        "at least minVersion, 1.2",
    ),
    (
        CLIENT,
        "allowExpiredCertificate can only be set when mode is VerifyIfGiven or RequireAndVerify",
        {"tls": {"clientValidation": {"mode": "Request", "allowExpiredCertificate": True}}},
        ("tls", "clientValidation", "allowExpiredCertificate"),
        "where mode is VerifyIfGiven or RequireAndVerify",
    ),
    (PROXY, "only one of luaValidation or lua may be set", {"luaValidation": "Strict", "lua": {}}, (), "not both"),
    (
        PROXY,
        "mergeGateways and mergeBackends cannot both be enabled",
        {"mergeGateways": True, "mergeBackends": {}},
        (),
        "mergeGateways or mergeBackends, not both",
    ),
    (
        PROXY,
        "setting ciphers has no effect if the minimum possible TLS version is 1.3",
        {"backendTLS": {"minVersion": "1.3", "ciphers": ["a"]}},
        ("backendTLS", "ciphers"),
        "no effect where minVersion is 1.3",
    ),
    (
        PROXY,
        "minVersion must be smaller or equal to maxVersion",
        {"backendTLS": {"minVersion": "1.3", "maxVersion": "1.2"}},
        ("backendTLS", "maxVersion"),
        "at least minVersion, 1.3",
    ),
    (
        PROXY,
        "provided bootstrap patch doesn't match the configured patch type",
        {"bootstrap": {"type": "JSONPatch", "value": "a: b"}},
        ("bootstrap",),
        "must have jsonPatches",
    ),
    (
        PROXY,
        "If type is Remote, remote field needs to be set.",
        module(type="Remote"),
        ("dynamicModules", 0, "source"),
        "must have remote",
    ),
    (
        PROXY,
        "If type is Local, local field needs to be set.",
        module(),
        ("dynamicModules", 0, "source"),
        "must have local",
    ),
    (
        PROXY,
        "If type is Remote, local field must not be set.",
        module(type="Remote", remote=REMOTE, local={"path": "/a"}),
        ("dynamicModules", 0, "source", "local"),
        "only be set where type is Local",
    ),
    (
        PROXY,
        "one of before or after must be specified",
        {"filterOrder": [{"name": CORS}]},
        ("filterOrder", 0),
        "must have before or after; has neither",
    ),
    (
        PROXY,
        "only one of before or after can be specified",
        {"filterOrder": [{"name": CORS, "before": CSRF, "after": CSRF}]},
        ("filterOrder", 0),
        "must have before or after; has both",
    ),
    (PROXY, "maxMind must be set when type is MaxMind", geo(), ("geoIP", "provider"), "must have maxMind"),
    (
        PROXY,
        "at least one MaxMind database source must be specified",
        geo(maxMind={}),
        ("geoIP", "provider", "maxMind"),
        "at least one database",
    ),
    (
        PROXY,
        "strictValidation can only be set when validationType is Strict",
        {"lua": {"validationType": "Disabled", "strictValidation": {}}},
        ("lua", "strictValidation"),
        "where validationType is Strict",
    ),
    *(
        (PROXY, f"{name} entries must not be {words}", lua(**{name: ["a", value]}), path, reported)
        for name, value, words, reported in (
            ("allowedEnvVars", " ", "blank or whitespace-only", "must not be blank"),
            ("allowedPaths", "\t", "blank or whitespace-only", "must not be blank"),
            ("allowedPaths", "//", "the filesystem root", "must not be the root"),
        )
        for path in (("lua", "strictValidation", name, 1),)
    ),
    (
        PROXY,
        "only one of envoyDeployment or envoyDaemonSet can be specified",
        kubernetes(envoyDeployment={}, envoyDaemonSet={}),
        PODS,
        "envoyDeployment or envoyDaemonSet, not both",
    ),
    (
        PROXY,
        "cannot use envoyHpa if envoyDaemonSet is used",
        kubernetes(envoyHpa={"maxReplicas": 2}, envoyDaemonSet={}),
        (*PODS, "envoyHpa"),
        "where envoyDaemonSet is",
    ),
    (
        PROXY,
        "Either image or imageRepository can be set.",
        kubernetes(envoyDeployment={"container": {"image": "a:b", "imageRepository": "a/b"}}),
        (*PODS, "envoyDeployment", "container"),
        "not both",
    ),
    (
        PROXY,
        "Image must include a tag and allowed characters only (e.g., 'repo:tag').",
        kubernetes(envoyDaemonSet={"container": {"image": "a b"}}),
        (*PODS, "envoyDaemonSet", "container", "image"),
        "must be an image",
    ),
    (
        PROXY,
        "ImageRepository must contain only allowed characters and must not include a tag.",
        kubernetes(envoyDaemonSet={"container": {"imageRepository": "a/b:c"}}),
        (*PODS, "envoyDaemonSet", "container", "imageRepository"),
        "without a tag",
    ),
    (
        PROXY,
        "maxReplicas cannot be less than minReplicas",
        kubernetes(envoyHpa={"minReplicas": 3, "maxReplicas": 2}),
        (*PODS, "envoyHpa", "maxReplicas"),
        "at least minReplicas, 3",
    ),
    *(
        (PROXY, f"{name} must be greater than 0", kubernetes(envoyHpa={"maxReplicas": 1, name: 0}), path, "than 0")
        for name in ("minReplicas", "maxReplicas")
        for path in ((*PODS, "envoyHpa", name),)
    ),
    (
        PROXY,
        "only one of minAvailable or maxUnavailable can be specified",
        kubernetes(envoyPDB={"minAvailable": 1, "maxUnavailable": "10%"}),
        (*PODS, "envoyPDB"),
        "not both",
    ),
    *(
        (PROXY, f"{name} can only be set for LoadBalancer type", service(**{name: value}), path, "is LoadBalancer")
        for name, value in (
            ("allocateLoadBalancerNodePorts", False),
            ("loadBalancerSourceRanges", ["10.0.0.0/8"]),
            ("loadBalancerIP", "192.0.2.1"),
        )
        for path in ((*PODS, "envoyService", name),)
    ),
    (
        PROXY,
        "loadBalancerIP must be a valid IPv4 address",
        service(type="LoadBalancer", loadBalancerIP="::1"),
        (*PODS, "envoyService", "loadBalancerIP"),
        "must be an IPv4 address",
    ),
    *(
        (PROXY, f"If AccessLogFormat {rule}", log(format=each), (*SETTING, "format", *path), words)
        for rule, each, path, words in (
            ("type is Text, text field needs to be set.", {"type": "Text"}, (), "must have text"),
            ("type is Text, json field must not be set.", {"type": "Text", "text": "", "json": {}}, ("json",), "Text"),
            ("type is JSON, json field needs to be set.", {"type": "JSON"}, (), "must have json"),
            ("type is JSON, text field must not be set.", {"type": "JSON", "json": {}, "text": ""}, ("text",), "JSON"),
            ("type is unset, at least one of text or json must be set.", {}, (), "must have text or json"),
        )
    ),
    *(
        (
            PROXY,
            f"If AccessLogSink type is {kind}, {field} field needs to be set.",
            log({"type": kind}),
            SINK,
            f"must have {field}",
        )
        for kind, field in (("ALS", "als"), ("File", "file"), ("OpenTelemetry", "openTelemetry"))
    ),
    (PROXY, "The http field may only be set when type is HTTP.", als(http={}), (*SINK, "als", "http"), "type is HTTP"),
    (
        PROXY,
        "BackendRefs must be used, backendRef is not supported.",
        als(backendRef=SERVICE),
        (*SINK, "als", "backendRef"),
        "use backendRefs",
    ),
    (PROXY, "must have at least one backend in backendRefs", als(backendRefs=[]), (*SINK, "als"), "have backendRefs"),
    (
        PROXY,
        "BackendRefs only support Service and Backend kind.",
        tracing({"backendRefs": [SERVICE | {"kind": "ServiceImport"}]}),
        ("telemetry", "tracing", "provider", "backendRefs", 0, "kind"),
        "Service or Backend",
    ),
    (
        PROXY,
        "BackendRefs only support Core and gateway.envoyproxy.io group.",
        collector(backendRefs=[SERVICE | {"group": "a.example"}]),
        (*SINK, "openTelemetry", "backendRefs", 0, "group"),
        "gateway.envoyproxy.io",
    ),
    (
        PROXY,
        "host or backendRefs needs to be set",
        collector(backendRefs=[]),
        (*SINK, "openTelemetry"),
        "must have backendRefs",
    ),
    (
        PROXY,
        "either resources or resourceAttributes can be set, not both",
        collector(resources={}, resourceAttributes={}),
        (*SINK, "openTelemetry"),
        "not both",
    ),
    (
        PROXY,
        "If MetricSink type is OpenTelemetry, openTelemetry field needs to be set.",
        {"telemetry": {"metrics": {"sinks": [{}]}}},
        ("telemetry", "metrics", "sinks", 0),
        "must have openTelemetry",
    ),
    (
        PROXY,
        "only one of SamplingRate or SamplingFraction can be specified",
        tracing(samplingRate=50, samplingFraction=HALF),
        ("telemetry", "tracing"),
        "not both",
    ),
    (
        PROXY,
        "openTelemetry can only be used with type OpenTelemetry",
        tracing({"type": "Zipkin", "openTelemetry": {}}),
        ("telemetry", "tracing", "provider", "openTelemetry"),
        "type is OpenTelemetry",
    ),
    (
        PROXY,
        "samplingPercentage can only be set with TraceIdRatio or ParentBasedTraceIdRatio",
        tracing({"openTelemetry": {"sampler": {"samplingPercentage": HALF}}}),
        ("telemetry", "tracing", "provider", "openTelemetry", "sampler", "samplingPercentage"),
        "TraceIdRatio",
    ),
    (
        PROXY,
        "serviceName cannot be empty if provided",
        tracing({"serviceName": ""}),
        ("telemetry", "tracing", "provider", "serviceName"),
        "must not be empty",
    ),
]


@pytest.mark.parametrize(("kind", "rule", "spec", "where", "words"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_breaking_a_rule_is_refused(kind: str, rule: str, spec: Fields, where: FieldPath, words: str) -> None:
    code, path, message, _ = refusal(make(kind, spec=MINIMAL[kind] | spec))
    assert path == ("spec", *where)
    assert code == "GW105"
    assert words in message


@pytest.mark.parametrize("kind", [CLIENT, PROXY, PATCH])
def test_every_rule_of_the_crd_has_a_case(crds: dict[str, dict[str, Any]], kind: str) -> None:
    shared = messages(crds["BackendTrafficPolicy"])["v1alpha1"] | messages(crds["HTTPRoute"])["v1"]
    asked = messages(crds[kind])["v1alpha1"]
    own = {case[1] for case in CASES if case[0] == kind}
    assert asked - shared <= own <= asked


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (CLIENT, SELECTOR),
        (CLIENT, {"targetRef": None, "targetRefs": [GATEWAY | {"kind": "ListenerSet", "sectionName": "a"}]}),
        (CLIENT, {"clientIPDetection": {"xForwardedFor": {"trustedCIDRs": ["10.0.0.0/8", "2001:db8::/32"]}}}),
        (CLIENT, {"connection": {"bufferLimit": "32Ki", "maxAcceptPerSocketEvent": 0}}),
        (CLIENT, {"connection": {"connectionLimit": {"value": 1, "closeDelay": "1s"}}}),
        (CLIENT, {"tls": {"clientValidation": {"allowExpiredCertificate": True}}}),
        (CLIENT, {"tls": {"session": {"resumption": {"stateless": {}}}, "fingerprints": ["JA4"]}}),
        (CLIENT, {"headers": {"earlyRequestHeaders": {"removeOnMatch": [{"type": "Prefix", "value": "x-"}]}}}),
        (PROXY, kubernetes(envoyDeployment={"pod": {"anything": [1]}, "container": {"image": "a.example:1/b:c"}})),
        (PROXY, log(FILE, format={"text": "a", "json": {"a": "b"}}, type="Upstream")),
        (PROXY, collector(backendRefs=[], host="a.example", port=0)),
        (PROXY, {"bootstrap": {"value": "a: b"}}),
        (PROXY, {"bootstrap": {"type": "JSONPatch", "jsonPatches": [{"op": "add", "path": "/a", "value": None}]}}),
        (PROXY, module(type="Remote", remote=REMOTE)),
        (PROXY, geo(maxMind={"asnDbSource": DATABASE})),
        (PATCH, {"type": "JSONPatch", "targetRef": GATEWAY}),
    ],
)
def test_what_keeps_the_rules(kind: str, spec: Fields) -> None:
    accept(make(kind, spec=MINIMAL[kind] | spec))
