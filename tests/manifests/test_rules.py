"""Every cross-field rule of the CRDs (`x-kubernetes-validations`) has an object that breaks it, and it alone."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from tests.manifests.crd_rules import messages
from tests.manifests.objects import accept, make, refuse

HTTPROUTE, GATEWAY, LISTENERSET = "HTTPRoute", "Gateway", "ListenerSet"
BACKEND, BACKENDTLSPOLICY = "Backend", "BackendTLSPolicy"

PREFIX = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}
REDIRECT_PREFIX = {"type": "RequestRedirect", "requestRedirect": PREFIX}
REWRITE_PREFIX = {"type": "URLRewrite", "urlRewrite": PREFIX}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {}}
REWRITE = {"type": "URLRewrite", "urlRewrite": {}}
EXACT = [{"path": {"type": "Exact", "value": "/old"}}]
SERVICE = {"name": "a", "port": 80}
CERTIFICATE = [{"name": "certificate"}]
IP = {"ip": {"address": "192.0.2.1", "port": 80}}
FQDN = {"fqdn": {"hostname": "a.example", "port": 80}}

RULE = ("spec", "rules", 0)
FILTER = (*RULE, "filters", 0)
LISTENERS = ("spec", "listeners")


def rule(**fields: Any) -> dict[str, Any]:
    return {"rules": [fields]}


def filters(*each: dict[str, Any]) -> dict[str, Any]:
    return rule(filters=list(each))


def path(value: str, type_: str = "PathPrefix") -> dict[str, Any]:
    return rule(matches=[{"path": {"type": type_, "value": value}}])


LISTENER = {"name": "a", "port": 80, "protocol": "HTTP"}


def listeners(*each: dict[str, Any]) -> dict[str, Any]:
    return {"gatewayClassName": "class", "listeners": [LISTENER | listener for listener in each]}


def listener_set(*each: dict[str, Any]) -> dict[str, Any]:
    return {"parentRef": {"name": "a"}, "listeners": [LISTENER | listener for listener in each]}


def gateway(**fields: Any) -> dict[str, Any]:
    return listeners({}) | fields


TARGET = {"group": "", "kind": "Service", "name": "a"}
SYSTEM = {"hostname": "a.example", "wellKnownCACertificates": "System"}
CA = [{"group": "", "kind": "ConfigMap", "name": "a"}]


def tls_policy(*targets: dict[str, Any], **validation: Any) -> dict[str, Any]:
    return {"targetRefs": [TARGET | each for each in targets or ({},)], "validation": SYSTEM | validation}


def alternative_name(**fields: Any) -> dict[str, Any]:
    return tls_policy(subjectAltNames=[{"type": "URI", "uri": "spiffe://a/b"}, fields])


# kind, the rule's message in the CRD, a spec that breaks it, where it is reported, words of the message
CASES: list[tuple[str, str, dict[str, Any], FieldPath, str]] = [
    (
        HTTPROUTE,
        "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent",
        {"parentRefs": [{"name": "a", "sectionName": "x"}, {"name": "a"}]},
        ("spec", "parentRefs", 1),
        "must be specified in all references",
    ),
    (
        HTTPROUTE,
        "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent",
        {"parentRefs": [{"name": "a", "port": 80}, {"name": "b"}, {"name": "a", "port": 80}]},
        ("spec", "parentRefs", 2),
        "must be unique among references",
    ),
    (
        HTTPROUTE,
        (
            "While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a"
            " route must be less than 128"
        ),
        {"rules": [{"matches": [{}] * 64}, {"matches": [{}] * 64}, {}]},
        ("spec", "rules"),
        "at most 128 matches together; have 129",
    ),
    (
        HTTPROUTE,
        "Rule name must be unique within the route",
        {"rules": [{"name": "a"}, {}, {"name": "a"}]},
        ("spec", "rules", 2, "name"),
        "unique within the route",
    ),
    (
        HTTPROUTE,
        "RequestRedirect filter must not be used together with backendRefs",
        rule(filters=[REDIRECT], backendRefs=[SERVICE]),
        FILTER,
        "must not be used together with backendRefs",
    ),
    (
        HTTPROUTE,
        (
            "When using RequestRedirect filter with path.replacePrefixMatch,"
            " exactly one PathPrefix match must be specified"
        ),
        rule(matches=EXACT, filters=[REDIRECT_PREFIX]),
        (*RULE, "filters"),
        "exactly one match, of a path of type PathPrefix",
    ),
    (
        HTTPROUTE,
        "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified",
        rule(matches=[{}, {}], filters=[REWRITE_PREFIX]),
        (*RULE, "filters"),
        "exactly one match, of a path of type PathPrefix",
    ),
    (
        HTTPROUTE,
        (
            "Within backendRefs, when using RequestRedirect filter with path.replacePrefixMatch,"
            " exactly one PathPrefix match must be specified"
        ),
        rule(matches=EXACT, backendRefs=[SERVICE | {"filters": [REDIRECT_PREFIX]}]),
        (*RULE, "backendRefs"),
        "exactly one match, of a path of type PathPrefix",
    ),
    (
        HTTPROUTE,
        (
            "Within backendRefs, When using URLRewrite filter with path.replacePrefixMatch,"
            " exactly one PathPrefix match must be specified"
        ),
        rule(matches=[], backendRefs=[SERVICE | {"filters": [REWRITE_PREFIX]}]),
        (*RULE, "backendRefs"),
        "exactly one match, of a path of type PathPrefix",
    ),
    (
        HTTPROUTE,
        "Must have port for Service reference",
        rule(backendRefs=[{"name": "a"}]),
        (*RULE, "backendRefs", 0, "port"),
        "required for a reference to a Service",
    ),
    (
        HTTPROUTE,
        "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both",
        filters(REDIRECT, REWRITE),
        (*RULE, "filters"),
        "not both",
    ),
    *(
        (HTTPROUTE, f"{type_} filter cannot be repeated", filters(each, each), (*RULE, "filters", 1), "only once")
        for type_, each in {
            "CORS": {"type": "CORS", "cors": {}},
            "RequestHeaderModifier": {"type": "RequestHeaderModifier", "requestHeaderModifier": {}},
            "ResponseHeaderModifier": {"type": "ResponseHeaderModifier", "responseHeaderModifier": {}},
            "RequestRedirect": REDIRECT,
            "URLRewrite": REWRITE,
        }.items()
    ),
    *(
        (
            HTTPROUTE,
            f"filter.{field} must be nil if the filter.type is not {type_}",
            filters({field: settings, **({"type": "CORS", "cors": {}} if type_ != "CORS" else REWRITE)}),
            (*FILTER, field),
            f"may only be set where type is {type_}",
        )
        for type_, field, settings in (
            ("CORS", "cors", {}),
            ("RequestHeaderModifier", "requestHeaderModifier", {}),
            ("ResponseHeaderModifier", "responseHeaderModifier", {}),
            ("RequestMirror", "requestMirror", {"backendRef": SERVICE}),
            ("RequestRedirect", "requestRedirect", {}),
            ("URLRewrite", "urlRewrite", {}),
            ("ExtensionRef", "extensionRef", {"group": "a.example", "kind": "A", "name": "a"}),
            ("ExternalAuth", "externalAuth", {"protocol": "HTTP", "http": {}, "backendRef": SERVICE}),
        )
    ),
    *(
        (
            HTTPROUTE,
            f"filter.{field} must be specified for {type_} filter.type",
            filters({"type": type_}),
            FILTER,
            f"must have {field} where type is {type_}",
        )
        for type_, field in (
            ("CORS", "cors"),
            ("RequestHeaderModifier", "requestHeaderModifier"),
            ("ResponseHeaderModifier", "responseHeaderModifier"),
            ("RequestMirror", "requestMirror"),
            ("RequestRedirect", "requestRedirect"),
            ("URLRewrite", "urlRewrite"),
            ("ExtensionRef", "extensionRef"),
            ("ExternalAuth", "externalAuth"),
        )
    ),
    *(
        (
            HTTPROUTE,
            f"{message} cannot contain '*' alongside other {others}",
            filters({"type": "CORS", "cors": {field: ["*", other]}}),
            (*FILTER, "cors", field),
            '"*" alone',
        )
        for message, others, field, other in (
            ("AllowHeaders", "methods", "allowHeaders", "x-a"),
            ("AllowMethods", "methods", "allowMethods", "GET"),
            ("AllowOrigins", "origins", "allowOrigins", "https://a.example"),
        )
    ),
    *(
        (
            HTTPROUTE,
            message,
            filters({"type": "ExternalAuth", "externalAuth": {"backendRef": SERVICE} | settings}),
            (*FILTER, "externalAuth", *where),
            words,
        )
        for message, settings, where, words in (
            ("grpc must be specified when protocol is set to 'GRPC'", {"protocol": "GRPC"}, (), "must have grpc"),
            ("http must be specified when protocol is set to 'HTTP'", {"protocol": "HTTP"}, (), "must have http"),
            (
                "protocol must be 'GRPC' when grpc is set",
                {"protocol": "HTTP", "http": {}, "grpc": {}},
                ("grpc",),
                "may only be set where protocol is GRPC",
            ),
            (
                "protocol must be 'HTTP' when http is set",
                {"protocol": "GRPC", "http": {}, "grpc": {}},
                ("http",),
                "may only be set where protocol is HTTP",
            ),
        )
    ),
    (
        HTTPROUTE,
        "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter",
        filters(
            {
                "type": "RequestMirror",
                "requestMirror": {"backendRef": SERVICE, "percent": 1, "fraction": {"numerator": 1}},
            }
        ),
        (*FILTER, "requestMirror"),
        "percent or fraction, not both",
    ),
    (
        HTTPROUTE,
        "numerator must be less than or equal to denominator",
        filters({"type": "RequestMirror", "requestMirror": {"backendRef": SERVICE, "fraction": {"numerator": 101}}}),
        (*FILTER, "requestMirror", "fraction", "numerator"),
        "at most the denominator, 100",
    ),
    *(
        (
            HTTPROUTE,
            message,
            filters({"type": "URLRewrite", "urlRewrite": {"path": modifier}}),
            (*FILTER, "urlRewrite", "path", *where),
            words,
        )
        for message, modifier, where, words in (
            (
                "replaceFullPath must be specified when type is set to 'ReplaceFullPath'",
                {"type": "ReplaceFullPath"},
                (),
                "must have replaceFullPath",
            ),
            (
                "type must be 'ReplaceFullPath' when replaceFullPath is set",
                {"type": "ReplacePrefixMatch", "replaceFullPath": "/", "replacePrefixMatch": "/"},
                ("replaceFullPath",),
                "may only be set where type is ReplaceFullPath",
            ),
            (
                "replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'",
                {"type": "ReplacePrefixMatch"},
                (),
                "must have replacePrefixMatch",
            ),
            (
                "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
                {"type": "ReplaceFullPath", "replaceFullPath": "/", "replacePrefixMatch": "/"},
                ("replacePrefixMatch",),
                "may only be set where type is ReplacePrefixMatch",
            ),
        )
    ),
    *(
        (HTTPROUTE, message, path(value), (*RULE, "matches", 0, "path", "value"), words)
        for message, value, words in (
            (
                "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
                "a",
                'must begin with "/"',
            ),
            *(
                (f"must not contain '{part}' when type one of ['Exact', 'PathPrefix']", f"/a{part}b", f'"{part}"')
                for part in ("//", "/./", "/../", "%2f", "%2F")
            ),
            *(
                (f"must not end with '{end}' when type one of ['Exact', 'PathPrefix']", f"/a{end}", f'"{end}"')
                for end in ("/..", "/.")
            ),
            (
                (
                    "must only contain valid characters"
                    " (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$)"
                    " for types ['Exact', 'PathPrefix']"
                ),
                "/a b",
                "only letters",
            ),
        )
    ),
    (
        HTTPROUTE,
        "AbsoluteTimeout must be specified when cookie lifetimeType is Permanent",
        rule(sessionPersistence={"cookie": {"lifetimeType": "Permanent"}}),
        (*RULE, "sessionPersistence"),
        "must have absoluteTimeout",
    ),
    *(
        (HTTPROUTE, message, rule(sessionPersistence=settings), (*RULE, "sessionPersistence", *where), words)
        for message, settings, where, words in (
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
    (
        HTTPROUTE,
        "backendRequest timeout cannot be longer than request timeout",
        rule(timeouts={"request": "1s", "backendRequest": "1s1ms"}),
        (*RULE, "timeouts", "backendRequest"),
        "must not be longer than the request timeout, 1s",
    ),
    *(
        (
            GATEWAY,
            f"{type_} values must be unique",
            gateway(addresses=[{"type": type_, "value": value}, {"type": type_, "value": value}]),
            ("spec", "addresses", 1, "value"),
            f"{type_} values must be unique",
        )
        for type_, value in (("IPAddress", "192.0.2.1"), ("Hostname", "a.example"))
    ),
    (
        GATEWAY,
        (
            "Hostname value must be empty or contain only valid characters (matching"
            r" ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)"
        ),
        gateway(addresses=[{"type": "Hostname", "value": "A"}]),
        ("spec", "addresses", 0, "value"),
        "lower case",
    ),
    *(
        (
            GATEWAY,
            message,
            gateway(infrastructure={field: {key: "a"}}),
            ("spec", "infrastructure", field, key),
            "the key must be",
        )
        for field, name in (("annotations", "annotation"), ("labels", "label"))
        for message, key in (
            (
                (
                    f"{name.title()} keys must be in the form of an optional DNS subdomain prefix followed by a"
                    " required name segment of up to 63 characters."
                ),
                "a b",
            ),
            (
                (
                    f"If specified, the {name} key's prefix must be a DNS subdomain not longer than 253 characters in"
                    " total."
                ),
                f"{'a' * 253}/b",
            ),
        )
    ),
    *(
        (kind, message, base(*each), (*LISTENERS, *where), words)
        for kind, base in ((GATEWAY, listeners), (LISTENERSET, listener_set))
        for message, each, where, words in (
            (
                "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
                [{"tls": {"certificateRefs": CERTIFICATE}}],
                (0, "tls"),
                "must not be specified for protocol HTTP",
            ),
            (
                "tls mode must be Terminate for protocol HTTPS",
                [{"protocol": "HTTPS", "tls": {"mode": "Passthrough"}}],
                (0, "tls", "mode"),
                "must be Terminate for protocol HTTPS",
            ),
            (
                "tls mode must be set for protocol TLS",
                [{"protocol": "TLS"}],
                (0,),
                "must have tls with a mode for protocol TLS",
            ),
            (
                "hostname must not be specified for protocols ['TCP', 'UDP']",
                [{"protocol": "UDP", "hostname": "a.example"}],
                (0, "hostname"),
                "must not be specified for protocol UDP",
            ),
            (
                "Listener name must be unique within the Gateway",
                [{}, {"port": 81}],
                (1, "name"),
                "must be unique among the listeners",
            ),
            (
                "Combination of port, protocol and hostname must be unique for each listener",
                [{"hostname": "a.example"}, {"name": "b"}, {"name": "c", "hostname": "a.example"}],
                (2,),
                "listener 'a' has the same",
            ),
            (
                "certificateRefs or options must be specified when mode is Terminate",
                [{"protocol": "HTTPS", "tls": {}}],
                (0, "tls"),
                "certificateRefs or options",
            ),
        )
    ),
    (
        GATEWAY,
        "Port for TLS configuration must be unique within the Gateway",
        gateway(tls={"frontend": {"default": {}, "perPort": [{"port": 443, "tls": {}}, {"port": 443, "tls": {}}]}}),
        ("spec", "tls", "frontend", "perPort", 1, "port"),
        "port must be unique",
    ),
    (
        BACKEND,
        "DynamicResolver type cannot have endpoints specified",
        {"type": "DynamicResolver", "endpoints": [IP]},
        ("spec", "endpoints"),
        "must not be specified where type is DynamicResolver",
    ),
    (
        BACKEND,
        "DynamicResolver type cannot use autoSNIFromEndpointHostname",
        {"type": "DynamicResolver", "tls": {"autoSNIFromEndpointHostname": True}},
        ("spec", "tls", "autoSNIFromEndpointHostname"),
        "must not be true where type is DynamicResolver",
    ),
    (
        BACKEND,
        "when autoSNIFromEndpointHostname is enabled, IP and Unix endpoints must define a hostname",
        {"endpoints": [IP | {"hostname": "a"}, IP], "tls": {"autoSNIFromEndpointHostname": True}},
        ("spec", "endpoints", 1),
        "must have a hostname",
    ),
    (
        BACKEND,
        "fqdn addresses cannot be mixed with other address types",
        {"endpoints": [FQDN, IP]},
        ("spec", "endpoints"),
        "cannot be mixed",
    ),
    (
        BACKEND,
        "one of fqdn, ip or unix must be specified",
        {"endpoints": [{"zone": "a"}]},
        ("spec", "endpoints", 0),
        "exactly one of fqdn, ip and unix; has none",
    ),
    (
        BACKEND,
        "only one of fqdn, ip or unix can be specified",
        {"endpoints": [FQDN | IP]},
        ("spec", "endpoints", 0),
        "exactly one of fqdn, ip and unix; has more",
    ),
    (
        BACKEND,
        "unix domain socket path must not exceed 108 characters",
        {"endpoints": [{"unix": {"path": "/" * 109}}]},
        ("spec", "endpoints", 0, "unix", "path"),
        "at most 108 characters; has 109",
    ),
    *(
        (BACKEND, message, {"endpoints": [FQDN], "tls": tls}, ("spec", "tls", *where), words)
        for message, tls, where, words in (
            (
                "must not contain both CACertificateRefs and WellKnownCACertificates",
                {
                    "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "a"}],
                    "wellKnownCACertificates": "System",
                },
                (),
                "caCertificateRefs or wellKnownCACertificates, not both",
            ),
            (
                (
                    "must not contain either CACertificateRefs or WellKnownCACertificates when"
                    " InsecureSkipVerify is enabled"
                ),
                {"wellKnownCACertificates": "System", "insecureSkipVerify": True},
                (),
                "where insecureSkipVerify is true",
            ),
            (
                "sni and autoSNIFromEndpointHostname are mutually exclusive",
                {"sni": "a.example", "autoSNIFromEndpointHostname": True},
                (),
                "sni or autoSNIFromEndpointHostname, not both",
            ),
            (
                "setting ciphers has no effect if the minimum possible TLS version is 1.3",
                {"minVersion": "1.3", "ciphers": []},
                ("ciphers",),
                "has no effect where minVersion is 1.3",
            ),
            (
                "minVersion must be smaller or equal to maxVersion",
                {"minVersion": "1.3", "maxVersion": "1.2"},
                ("maxVersion",),
                "must be at least minVersion, 1.3",
            ),
        )
    ),
    (
        BACKENDTLSPOLICY,
        "sectionName must be specified when targetRefs includes 2 or more references to the same target",
        tls_policy({}, {"name": "b"}, {"sectionName": "https"}),
        ("spec", "targetRefs", 2),
        "sectionName must be specified in all references to the same target",
    ),
    (
        BACKENDTLSPOLICY,
        "sectionName must be unique when targetRefs includes 2 or more references to the same target",
        tls_policy({"sectionName": "https"}, {"kind": "Backend"}, {"sectionName": "https"}),
        ("spec", "targetRefs", 2),
        "sectionName must be unique among references to the same target",
    ),
    (
        BACKENDTLSPOLICY,
        "must not contain both CACertificateRefs and WellKnownCACertificates",
        tls_policy(caCertificateRefs=CA),
        ("spec", "validation"),
        "either caCertificateRefs or wellKnownCACertificates; has both",
    ),
    (
        BACKENDTLSPOLICY,
        "must specify either CACertificateRefs or WellKnownCACertificates",
        {"targetRefs": [TARGET], "validation": {"hostname": "a.example", "caCertificateRefs": []}},
        ("spec", "validation"),
        "either caCertificateRefs or wellKnownCACertificates; has neither",
    ),
    *(
        (
            BACKENDTLSPOLICY,
            f"SubjectAltName element must {rule}",
            alternative_name(**name),
            ("spec", "validation", "subjectAltNames", 1, *where),
            words,
        )
        for rule, name, where, words in (
            (
                "contain Hostname, if Type is set to Hostname",
                {"type": "Hostname"},
                (),
                "must have hostname where type is Hostname",
            ),
            (
                "not contain Hostname, if Type is not set to Hostname",
                {"type": "URI", "uri": "a://b", "hostname": "a.example"},
                ("hostname",),
                "may only be set where type is Hostname",
            ),
            ("contain URI, if Type is set to URI", {"type": "URI"}, (), "must have uri where type is URI"),
            (
                "not contain URI, if Type is not set to URI",
                {"type": "Hostname", "hostname": "*.a.example", "uri": "a://b"},
                ("uri",),
                "may only be set where type is URI",
            ),
        )
    ),
]

# Rules that cannot be the only one that is broken: the schema, or another rule, is broken with them.
IMPLIED = {
    (HTTPROUTE, "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']"),
    (HTTPROUTE, "must not contain '#' when type one of ['Exact', 'PathPrefix']"),
}


@pytest.mark.parametrize(
    ("kind", "spec", "where", "words"), [case[:1] + case[2:] for case in CASES], ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_breaking_a_rule_is_refused(kind: str, spec: dict[str, Any], where: FieldPath, words: str) -> None:
    diagnostics = refuse(make(kind, spec=spec))
    assert [(each.code, each.path) for each in diagnostics] == [("GW105", where)]
    assert words in diagnostics[0].message
    assert diagnostics[0].object == f"{kind} default/sample"


@pytest.mark.parametrize(
    "kind", ["GatewayClass", GATEWAY, LISTENERSET, HTTPROUTE, "ReferenceGrant", BACKEND, BACKENDTLSPOLICY]
)
def test_every_rule_of_the_crd_has_a_case(crds: dict[str, dict[str, Any]], kind: str) -> None:
    implied = {message for name, message in IMPLIED if name == kind}
    for version, asked in messages(crds[kind]).items():
        assert asked - implied == {case[1] for case in CASES if case[0] == kind}, version


@pytest.mark.parametrize(
    "spec",
    [
        {"parentRefs": [{"name": "a", "sectionName": "x"}, {"name": "a", "sectionName": "y"}, {"name": "b"}]},
        {"parentRefs": [{"name": "a"}, {"name": "a", "namespace": "b"}, {"name": "a", "kind": "Service"}]},
        {"parentRefs": [{"name": "a", "port": 1, "sectionName": "x"}, {"name": "a", "port": 1, "sectionName": "y"}]},
        {"rules": [{"matches": [{}] * 64}, {"matches": [{}] * 63}, {}]},
        rule(filters=[REDIRECT]),
        rule(filters=[REDIRECT_PREFIX]),
        rule(backendRefs=[SERVICE | {"filters": [REDIRECT]}]),
        rule(backendRefs=[{"name": "a", "group": "gateway.envoyproxy.io", "kind": "Backend"}]),
        # The CRD asks for exactly one such filter (`exists_one`): two escape it.
        rule(
            matches=EXACT,
            backendRefs=[SERVICE | {"filters": [REWRITE_PREFIX]}, SERVICE | {"filters": [REWRITE_PREFIX]}],
        ),
        filters({"type": "RequestMirror", "requestMirror": {"backendRef": SERVICE}}) | {},
        filters({"type": "CORS", "cors": {"allowOrigins": ["*"]}, "urlRewrite": None}),
        path("not a path//at/../all", "RegularExpression"),
        path("/a%20b/c.d/...//"[:-2], "Exact"),
        path("/.well-known/..a"),
        rule(timeouts={"request": "0s", "backendRequest": "1h"}),
        rule(timeouts={"request": "1m", "backendRequest": "60000ms"}),
        rule(timeouts={"backendRequest": "1h"}),
        rule(sessionPersistence={"cookie": {"lifetimeType": "Permanent"}, "absoluteTimeout": "1h"}),
    ],
)
def test_httproutes_that_keep_the_rules(spec: dict[str, Any]) -> None:
    accept(make(HTTPROUTE, spec=spec))


@pytest.mark.parametrize(
    "spec",
    [
        listeners({}, {"name": "b", "hostname": "a.example"}, {"name": "c", "protocol": "TCP"}),
        listeners({"protocol": "HTTPS"}),
        listeners({"protocol": "HTTPS", "tls": {"options": {"a": "b"}}}),
        listeners({"protocol": "TLS", "tls": {"mode": "Passthrough"}}),
        listeners({"protocol": "example.com/own"}),
        gateway(addresses=[{}, {}, {"value": "2001:db8::1"}, {"type": "Hostname", "value": "*.a.example"}]),
        gateway(addresses=[{"type": "a.example/own", "value": "x"}] * 2),
        gateway(infrastructure={"labels": {"a.example/b": ""}, "annotations": {"a": "b c"}}),
    ],
)
def test_gateways_that_keep_the_rules(spec: dict[str, Any]) -> None:
    accept(make(GATEWAY, spec=spec))


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"type": "DynamicResolver", "tls": {"insecureSkipVerify": True}},
        {"endpoints": [FQDN, FQDN], "tls": {"autoSNIFromEndpointHostname": True}},
        {"endpoints": [IP, {"unix": {"path": "/" + "a" * 107}}]},
        {"tls": {"minVersion": "Auto", "maxVersion": "1.0"}},
        {"tls": {"minVersion": "1.2", "ciphers": ["a"], "maxVersion": "Auto"}},
        {"tls": {"maxVersion": "1.2", "caCertificateRefs": [], "wellKnownCACertificates": "a.example/b"}},
    ],
)
def test_backends_that_keep_the_rules(spec: dict[str, Any]) -> None:
    accept(make(BACKEND, spec=spec))


@pytest.mark.parametrize(
    "spec",
    [
        tls_policy({}, {"name": "b"}, {"group": "a.example"}, {"kind": "Backend"}),
        tls_policy({"sectionName": "a"}, {"sectionName": "b"}),
        tls_policy() | {"options": {"a.example/b": "c"}},
        tls_policy(caCertificateRefs=[]),
        {"targetRefs": [TARGET], "validation": {"hostname": "a.example", "caCertificateRefs": CA}},
        alternative_name(type="Hostname", hostname="*.a.example"),
    ],
)
def test_backendtlspolicies_that_keep_the_rules(spec: dict[str, Any]) -> None:
    accept(make(BACKENDTLSPOLICY, spec=spec))


@pytest.mark.parametrize(
    "spec",
    [
        listener_set({}, {"name": "b", "hostname": "a.example"}, {"name": "c", "protocol": "TCP"}),
        listener_set({"protocol": "TLS", "tls": {"mode": "Passthrough"}}),
        listener_set({}) | {"parentRef": {"name": "a", "namespace": "b", "group": "", "kind": "A"}},
    ],
)
def test_listenersets_that_keep_the_rules(spec: dict[str, Any]) -> None:
    accept(make(LISTENERSET, spec=spec))


@pytest.mark.parametrize(
    ("kind", "spec", "where", "words"),
    [
        (BACKEND, {"tls": {"autoSNIFromEndpointHostname": True}}, ("spec",), "needs endpoints"),
        (BACKEND, {"tls": {"maxVersion": "1.1"}}, ("spec", "tls", "maxVersion"), "at least minVersion, 1.2"),
        (GATEWAY, gateway(addresses=[{"value": ""}]), ("spec", "addresses", 0, "value"), "IPv4 or IPv6"),
        (GATEWAY, gateway(addresses=[{"value": "fe80::1%eth0"}]), ("spec", "addresses", 0, "value"), "IPv4 or IPv6"),
        (
            GATEWAY,
            gateway(addresses=[{"type": "Hostname", "value": "a\n"}]),
            ("spec", "addresses", 0, "value"),
            "lower case",
        ),
        (HTTPROUTE, path("/a#b"), (*RULE, "matches", 0, "path", "value"), 'must not contain "#"'),
        (HTTPROUTE, path("/a\n"), (*RULE, "matches", 0, "path", "value"), "only letters"),
        (HTTPROUTE, path(""), (*RULE, "matches", 0, "path", "value"), 'must begin with "/"; is ""'),
    ],
)
def test_rules_at_their_edges(kind: str, spec: dict[str, Any], where: FieldPath, words: str) -> None:
    diagnostics = refuse(make(kind, spec=spec))
    assert {each.path for each in diagnostics} == {where}
    assert any(words in each.message for each in diagnostics)


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        (
            rule(matches=[{"headers": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}]),
            ("matches", 0, "headers", 1, "name"),
        ),
        (rule(matches=[{"queryParams": [{"name": "a", "value": "1"}] * 2}]), ("matches", 0, "queryParams", 1, "name")),
        (rule(retry={"codes": [500, 501, 500]}), ("retry", "codes", 2)),
        *(
            (
                filters({"type": "RequestHeaderModifier", "requestHeaderModifier": {field: entries}}),
                ("filters", 0, "requestHeaderModifier", field, 1, *suffix),
            )
            for field, entries, suffix in (
                ("set", [{"name": "a", "value": "1"}] * 2, ("name",)),
                ("add", [{"name": "a", "value": "1"}] * 2, ("name",)),
                ("remove", ["a", "a"], ()),
            )
        ),
        (
            filters({"type": "CORS", "cors": {"exposeHeaders": ["a", "b", "b"]}}),
            ("filters", 0, "cors", "exposeHeaders", 2),
        ),
    ],
)
def test_repeated_entries_of_sets_and_maps_are_refused(spec: dict[str, Any], where: FieldPath) -> None:
    diagnostics = refuse(make(HTTPROUTE, spec=spec))
    assert [(each.code, each.path) for each in diagnostics] == [("GW105", (*RULE, *where))]
    assert "must be unique in the list" in diagnostics[0].message


def test_header_names_that_differ_in_case_are_not_repeated() -> None:
    headers = [{"name": "a", "value": "1"}, {"name": "A", "value": "1"}]
    accept(make(HTTPROUTE, spec=rule(matches=[{"headers": headers}])))


def test_all_broken_rules_are_reported_at_once() -> None:
    spec = {"parentRefs": [{"name": "a"}] * 3} | {
        "rules": [{"matches": [{"path": {"value": "a//b"}}]}, {"filters": [{"type": "CORS"}]}]
    }
    assert [each.path for each in refuse(make(HTTPROUTE, spec=spec))] == [
        ("spec", "parentRefs", 1),
        ("spec", "parentRefs", 2),
        ("spec", "rules", 0, "matches", 0, "path", "value"),
        ("spec", "rules", 0, "matches", 0, "path", "value"),
        ("spec", "rules", 1, "filters", 0),
    ]
