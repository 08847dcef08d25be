"""Every cross-field rule of SecurityPolicy, EnvoyExtensionPolicy and HTTPRouteFilter has an object that breaks it.

Rules that they share with BackendTrafficPolicy, of targets and of how backends are connected to, are its tests'.
"""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from tests.manifests.crd_rules import messages
from tests.manifests.objects import accept, make, refusal

Fields = dict[str, Any]

SECURITY, EXTENSION, FILTER = "SecurityPolicy", "EnvoyExtensionPolicy", "HTTPRouteFilter"

GATEWAY = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
HTTPROUTE = GATEWAY | {"kind": "HTTPRoute"}
MINIMAL: dict[str, Fields] = {SECURITY: {"targetRefs": [GATEWAY]}, EXTENSION: {"targetRefs": [GATEWAY]}, FILTER: {}}

SERVICE = {"name": "auth", "port": 80}
SECRET = {"name": "secret"}
CONFIG_MAP = {"group": "", "kind": "ConfigMap", "name": "a"}
LOCAL = {"type": "Inline", "inline": "{}"}
OIDC: Fields = {"provider": {"issuer": "https://a.example"}, "clientID": "a", "clientSecret": SECRET}
TOKEN = {"provider": "a", "scopes": ["b"]}
HTTP_CODE = {"type": "HTTP", "http": {"url": "https://a.example/b.wasm"}}


def authorization(**rule: Any) -> Fields:
    return {"authorization": {"rules": [{"action": "Allow"} | rule]}}


def principal(**fields: Any) -> Fields:
    return authorization(principal=fields)


def ext_auth(**fields: Any) -> Fields:
    return {"extAuth": {"grpc": {"backendRefs": [SERVICE]}} | fields}


def ext_auth_http(**fields: Any) -> Fields:
    return {"extAuth": {"http": {"backendRefs": [SERVICE]} | fields}}


def jwt(**provider: Any) -> Fields:
    return {"jwt": {"providers": [{"name": "a", "localJWKS": LOCAL} | provider]}}


def remote(**jwks: Any) -> Fields:
    return {"jwt": {"providers": [{"name": "a", "remoteJWKS": {"uri": "https://a.example/keys"} | jwks}]}}


def oidc(**fields: Any) -> Fields:
    return {"oidc": OIDC | fields}


def ext_proc(**fields: Any) -> Fields:
    return {"extProc": [{"backendRefs": [SERVICE]} | fields]}


def lua(**fields: Any) -> Fields:
    return {"lua": [{"type": "Inline", "inline": "-- nothing"} | fields]}


def wasm(**code: Any) -> Fields:
    return {"wasm": [{"code": HTTP_CODE | code}]}


def host(**fields: Any) -> Fields:
    return {"urlRewrite": {"hostname": fields}}


RULE: FieldPath = ("spec", "authorization", "rules", 0)
PROVIDER: FieldPath = ("spec", "jwt", "providers", 0)
OIDC_PROVIDER: FieldPath = ("spec", "oidc", "provider")
PROC: FieldPath = ("spec", "extProc", 0)
HOST: FieldPath = ("spec", "urlRewrite", "hostname")
PATTERN = {"pattern": "a", "substitution": "b"}

# kind, the rule's message in the CRD, what breaks it, where it is reported, words of the message
CASES: list[tuple[str, str, Fields, FieldPath, str]] = [
    (
        SECURITY,
        "BackendRefs must be used, backendRef is not supported.",
        remote(backendRef=SERVICE),
        (*PROVIDER, "remoteJWKS", "backendRef"),
        "use backendRefs",
    ),
    (
        SECURITY,
        "BackendRefs only supports Core, multicluster.x-k8s.io, and gateway.envoyproxy.io groups.",
        ext_auth(grpc={"backendRefs": [SERVICE | {"group": "a.example"}]}),
        ("spec", "extAuth", "grpc", "backendRefs", 0, "group"),
        "gateway.envoyproxy.io",
    ),
    (
        SECURITY,
        "BackendRefs only supports Service, ServiceImport, and Backend kind.",
        ext_auth_http(backendRefs=[SERVICE | {"kind": "Pod"}]),
        ("spec", "extAuth", "http", "backendRefs", 0, "kind"),
        "ServiceImport",
    ),
    (
        SECURITY,
        "Exactly one of inline or valueRef must be set with correct type.",
        jwt(localJWKS={"type": "ValueRef"}),
        (*PROVIDER, "localJWKS"),
        "must have valueRef",
    ),
    (
        SECURITY,
        "Exactly one of value or valueRef must be set with correct type.",
        ext_auth(contextExtensions=[{"name": "a", "type": "Value"}]),
        ("spec", "extAuth", "contextExtensions", 0),
        "must have value",
    ),
    (
        SECURITY,
        "HTTPStatusCodes is not supported.",
        remote(backendSettings={"retry": {"retryOn": {"httpStatusCodes": [500]}}}),
        (*PROVIDER, "remoteJWKS", "backendSettings", "retry", "retryOn", "httpStatusCodes"),
        "not supported here",
    ),
    (
        SECURITY,
        "Must have port for Service reference",
        ext_auth(grpc={"backendRefs": [{"name": "a"}]}),
        ("spec", "extAuth", "grpc", "backendRefs", 0, "port"),
        "required",
    ),
    (
        SECURITY,
        "Only a reference to an object of kind ConfigMap or Secret belonging to default v1 API group is supported.",
        ext_auth(
            contextExtensions=[{"name": "a", "type": "ValueRef", "valueRef": CONFIG_MAP | {"kind": "A", "key": "b"}}]
        ),
        ("spec", "extAuth", "contextExtensions", 0, "valueRef"),
        "a ConfigMap or a Secret",
    ),
    (
        SECURITY,
        "Replace is not a valid MergeType for SecurityPolicy",
        {"targetRefs": [HTTPROUTE], "mergeType": "Replace"},
        ("spec", "mergeType"),
        "StrategicMerge or JSONMerge",
    ),
    (
        SECURITY,
        "Retry timeout is not supported.",
        oidc(
            provider=OIDC["provider"] | {"backendSettings": {"retry": {"perRetry": {"timeout": "1s"}}}},
        ),
        (*OIDC_PROVIDER, "backendSettings", "retry", "perRetry", "timeout"),
        "not supported here",
    ),
    (
        SECURITY,
        "at least one of claims or scopes must be specified",
        principal(jwt={"provider": "a"}) | jwt(),
        (*RULE, "principal", "jwt"),
        "claims or scopes",
    ),
    (
        SECURITY,
        "at least one of clientCIDRs, jwt, headers, or clientIPGeoLocations must be specified",
        principal(),
        (*RULE, "principal"),
        "one of clientCIDRs",
    ),
    (
        SECURITY,
        "at least one of country, region, city, asn, isp, or anonymous must be specified",
        principal(clientIPGeoLocations=[{}]),
        (*RULE, "principal", "clientIPGeoLocations", 0),
        "one of country",
    ),
    (
        SECURITY,
        "at least one of isAnonymous, isVPN, isHosting, isTor, or isProxy must be specified",
        principal(clientIPGeoLocations=[{"anonymous": {}}]),
        (*RULE, "principal", "clientIPGeoLocations", 0, "anonymous"),
        "one of isAnonymous",
    ),
    (
        SECURITY,
        "at least one of methods or path must be specified",
        authorization(cel="true", operation={}),
        (*RULE, "operation"),
        "methods or path",
    ),
    (SECURITY, "at least one of principal or cel must be specified", authorization(), RULE, "principal or cel"),
    (
        SECURITY,
        "backendRef or backendRefs needs to be set",
        ext_auth_http(backendRefs=[]),
        ("spec", "extAuth", "http"),
        "must have backendRefs",
    ),
    (
        SECURITY,
        "claimToHeaders must be specified if recomputeRoute is enabled.",
        jwt(recomputeRoute=True),
        PROVIDER,
        "must have claimToHeaders",
    ),
    (
        SECURITY,
        "either remoteJWKS or localJWKS must be specified.",
        {"jwt": {"providers": [{"name": "a"}]}},
        PROVIDER,
        "must have remoteJWKS or localJWKS",
    ),
    (
        SECURITY,
        "exactly one of headers, params, or cookies must be specified",
        {"apiKeyAuth": {"credentialRefs": [SECRET], "extractFrom": [{"headers": ["a"], "params": ["b"]}]}},
        ("spec", "apiKeyAuth", "extractFrom", 0),
        "has more",
    ),
    (
        SECURITY,
        "forwardAccessToken cannot be true when forwardIDToken.header is Authorization",
        oidc(forwardAccessToken=True, forwardIDToken={"header": "authorization"}),
        ("spec", "oidc", "forwardIDToken", "header"),
        "must not be Authorization",
    ),
    (
        SECURITY,
        "header cannot be the Host header",
        oidc(forwardIDToken={"header": "Host"}),
        ("spec", "oidc", "forwardIDToken", "header"),
        "must not be the Host header",
    ),
    (
        SECURITY,
        "if authorization.rules.principal.jwt is used, jwt must be defined",
        principal(jwt=TOKEN),
        (*RULE, "principal", "jwt"),
        "verifies tokens",
    ),
    (SECURITY, "one of grpc or http must be specified", {"extAuth": {}}, ("spec", "extAuth"), "has neither"),
    (
        SECURITY,
        "only one of clientID or clientIDRef must be set",
        oidc(clientIDRef=SECRET),
        ("spec", "oidc"),
        "has both",
    ),
    (
        SECURITY,
        "only one of grpc or http can be specified",
        ext_auth(http={"backendRefs": [SERVICE]}),
        ("spec", "extAuth"),
        "has both",
    ),
    (
        SECURITY,
        "only one of path or pathOverride can be specified",
        ext_auth_http(path="/a", pathOverride="/b"),
        ("spec", "extAuth", "http"),
        "not both",
    ),
    (
        SECURITY,
        "optional and failOpen cannot both be set; failOpen already tolerates a missing JWT",
        {"jwt": jwt()["jwt"] | {"optional": True, "failOpen": True}},
        ("spec", "jwt"),
        "not both",
    ),
    (
        SECURITY,
        "remoteJWKS and localJWKS cannot both be specified.",
        jwt(remoteJWKS={"uri": "https://a.example"}),
        PROVIDER,
        "not both",
    ),
    (
        SECURITY,
        "this policy can only have a targetRef.kind of Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute",
        {"targetRefs": None, "targetRef": GATEWAY | {"kind": "UDPRoute"}},
        ("spec", "targetRef", "kind"),
        "must be one of",
    ),
    (
        SECURITY,
        "this policy can only have a targetRefs[*].kind of Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute",
        {"targetRefs": [GATEWAY | {"kind": "TLSRoute"}]},
        ("spec", "targetRefs", 0, "kind"),
        "must be one of",
    ),
    (
        EXTENSION,
        "BackendRefs must be used, backendRef is not supported.",
        ext_proc(backendRef=SERVICE),
        (*PROC, "backendRef"),
        "use backendRefs",
    ),
    (
        EXTENSION,
        "BackendRefs only supports Core, multicluster.x-k8s.io, and gateway.envoyproxy.io groups.",
        ext_proc(backendRefs=[SERVICE | {"group": "a.example"}]),
        (*PROC, "backendRefs", 0, "group"),
        "gateway.envoyproxy.io",
    ),
    (
        EXTENSION,
        "BackendRefs only supports Service, ServiceImport, and Backend kind.",
        ext_proc(backendRefs=[SERVICE | {"kind": "Pod"}]),
        (*PROC, "backendRefs", 0, "kind"),
        "ServiceImport",
    ),
    (
        EXTENSION,
        "Exactly one of inline or valueRef must be set with correct type.",
        lua(valueRef=CONFIG_MAP),
        ("spec", "lua", 0, "valueRef"),
        "type is Inline",
    ),
    (
        EXTENSION,
        "If FullDuplexStreamed body processing mode is used, FailOpen must be false.",
        ext_proc(failOpen=True, processingMode={"response": {"body": "FullDuplexStreamed"}}),
        (*PROC, "failOpen"),
        "must be false",
    ),
    (
        EXTENSION,
        "If shadowMode is enabled, body processing mode must be Streamed or unset.",
        ext_proc(shadowMode=True, processingMode={"request": {"body": "Buffered"}}),
        (*PROC, "processingMode", "request", "body"),
        "must be Streamed",
    ),
    (
        EXTENSION,
        "If type is HTTP, http field needs to be set.",
        wasm(http=None),
        ("spec", "wasm", 0, "code"),
        "must have http",
    ),
    (
        EXTENSION,
        "If type is Image, image field needs to be set.",
        wasm(image={"url": "a.example/b"}),
        ("spec", "wasm", 0, "code", "image"),
        "type is HTTP",
    ),
    (
        EXTENSION,
        "Must have port for Service reference",
        ext_proc(backendRefs=[{"name": "a"}]),
        (*PROC, "backendRefs", 0, "port"),
        "required",
    ),
    (
        EXTENSION,
        "Only a reference to an object of kind ConfigMap belonging to default v1 API group is supported.",
        {"lua": [{"type": "ValueRef", "valueRef": CONFIG_MAP | {"kind": "Secret"}}]},
        ("spec", "lua", 0, "valueRef"),
        "must be a ConfigMap",
    ),
    (
        EXTENSION,
        "Replace is not a valid MergeType for EnvoyExtensionPolicy",
        {"targetRefs": [HTTPROUTE], "mergeType": "Replace"},
        ("spec", "mergeType"),
        "StrategicMerge or JSONMerge",
    ),
    (
        EXTENSION,
        "only support Secret kind.",
        {"wasm": [{"code": {"type": "Image", "image": {"url": "a", "pullSecretRef": SECRET | {"kind": "A"}}}}]},
        ("spec", "wasm", 0, "code", "image", "pullSecretRef", "kind"),
        "must be Secret",
    ),
    (
        EXTENSION,
        "writableNamespaces cannot contain well-known Envoy HTTP filter namespaces",
        ext_proc(metadata={"writableNamespaces": ["a", "envoy.filters.http.b"]}),
        (*PROC, "metadata", "writableNamespaces", 1),
        "must not begin with",
    ),
    (
        FILTER,
        "If HTTPPathModifier type is ReplaceRegexMatch, replaceRegexMatch field needs to be set.",
        {"urlRewrite": {"path": {"type": "ReplaceRegexMatch"}}},
        ("spec", "urlRewrite", "path"),
        "must have replaceRegexMatch",
    ),
    (FILTER, "header must be nil if the type is not Header", host(type="Backend", header="a"), (*HOST, "header"), "is"),
    (FILTER, "header must be specified for Header type", host(type="Header"), HOST, "must have header"),
    (
        FILTER,
        "header.remove is not supported for DirectResponse",
        {"directResponse": {"header": {"remove": ["a"]}}},
        ("spec", "directResponse", "header", "remove"),
        "nothing to remove",
    ),
    (
        FILTER,
        "pathRegex must be nil if the type is not PathRegex",
        host(type="Backend", pathRegex=PATTERN),
        (*HOST, "pathRegex"),
        "type is Backend",
    ),
    (FILTER, "pathRegex must be specified for PathRegex type", host(type="PathRegex"), HOST, "must have pathRegex"),
    (
        FILTER,
        "inline must be set for type Inline",
        {"directResponse": {"body": {}}},
        ("spec", "directResponse", "body"),
        "must have inline",
    ),
    (
        FILTER,
        "valueRef must be set for type ValueRef",
        {"directResponse": {"body": {"type": "ValueRef"}}},
        ("spec", "directResponse", "body"),
        "must have valueRef",
    ),
    (
        FILTER,
        "only ConfigMap is supported for ValueRef",
        {"directResponse": {"body": {"type": "ValueRef", "valueRef": CONFIG_MAP | {"kind": "Secret"}}}},
        ("spec", "directResponse", "body", "valueRef", "kind"),
        "must be ConfigMap",
    ),
]


@pytest.mark.parametrize(("kind", "rule", "spec", "where", "words"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_breaking_a_rule_is_refused(kind: str, rule: str, spec: Fields, where: FieldPath, words: str) -> None:
    code, path, message, _ = refusal(make(kind, spec=MINIMAL[kind] | spec))
    assert path == where
    assert code in {"GW104", "GW105"}
    assert words in message


@pytest.mark.parametrize("kind", [SECURITY, EXTENSION, FILTER])
def test_every_rule_of_the_crd_has_a_case(crds: dict[str, dict[str, Any]], kind: str) -> None:
    shared = messages(crds["BackendTrafficPolicy"])["v1alpha1"]
    asked = messages(crds[kind])["v1alpha1"]
    own = {case[1] for case in CASES if case[0] == kind}
    assert asked - shared <= own <= asked


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (SECURITY, principal(jwt=TOKEN | {"claims": [{"name": "a", "values": ["b"]}]}) | jwt()),
        (SECURITY, principal(clientCIDRs=["10.0.0.0/8", "2001:db8::/32"])),
        (SECURITY, ext_auth(grpc={"backendRef": SERVICE}, failOpen=True)),
        (SECURITY, ext_auth_http(backendRefs=[SERVICE | {"fallback": True}], headersToBackend=["a"])),
        (SECURITY, {"jwt": jwt()["jwt"] | {"failOpen": True}}),
        (SECURITY, oidc(forwardAccessToken=False, forwardIDToken={"header": "Authorization"})),
        (SECURITY, {"cors": {"allowOrigins": ["*", "https://*.a.example:8443", "chrome-extension://abc"]}}),
        (SECURITY, {"csrf": {"shadowFraction": {"numerator": 100}}}),
        (SECURITY, {"targetRefs": [HTTPROUTE], "mergeType": "JSONMerge"}),
        (EXTENSION, ext_proc(shadowMode=True, processingMode={"request": {"body": "Streamed"}, "response": {}})),
        (EXTENSION, ext_proc(processingMode={"request": {"body": "FullDuplexStreamed"}})),
        (EXTENSION, wasm()),
        (EXTENSION, lua(filterContext={"a": [1, {"b": None}]})),
        (EXTENSION, {"dynamicModule": [{"name": "a", "config": "text"}]}),
        (FILTER, host(type="PathRegex", pathRegex=PATTERN)),
        (FILTER, {"directResponse": {"body": {"inline": "a"}}}),
        (FILTER, {"matches": [{"cookies": [{"name": "a", "value": "b"}]}]}),
    ],
)
def test_what_keeps_the_rules(kind: str, spec: Fields) -> None:
    accept(make(kind, spec=MINIMAL[kind] | spec))
