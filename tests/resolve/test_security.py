"""SecurityPolicies that cannot do what they say, and what is reported of them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.ir.security import Leniency
from reconciler.resolve.options import OidcEndpoints, Options
from tests.resolve.scene import Object, Scene, forward, gateway, obj, resolve, route, service

GROUP = "gateway.networking.k8s.io"
JWKS = {"type": "Inline", "inline": '{"keys": [{}]}'}


def scene(*more: Object, options: Options | None = None, **spec: Any) -> Scene:
    target = {"group": GROUP, "kind": "HTTPRoute", "name": "route"}
    return resolve(
        gateway(),
        service(),
        obj("Secret", "declared", type="Opaque"),
        obj("SecurityPolicy", "policy", {"targetRefs": [target], **spec}),
        route({"backendRefs": [forward()]}),
        *more,
        options=options,
    )


def provider(**fields: Any) -> Object:
    return {"jwt": {"providers": [{"name": "a", "localJWKS": JWKS, **fields}]}}


def oidc(**fields: Any) -> Object:
    known = {"authorizationEndpoint": "https://a.example/auth", "tokenEndpoint": "https://a.example/token"}
    provider = {"issuer": "https://a.example", **known, **fields.pop("provider", {})}
    return {"oidc": {"provider": provider, "clientID": "a", "clientSecret": {"name": "declared"}, **fields}}


def allowed(**rule: Any) -> Object:
    return {"authorization": {"rules": [{"action": "Allow", **rule}]}}


def asked(**fields: Any) -> Object:
    return {"extAuth": {"grpc": {"backendRefs": [forward()]}, **fields}}


@pytest.mark.parametrize(
    ("spec", "path", "words"),
    [
        ({"basicAuth": {"users": {"name": "gone"}}}, ("basicAuth", "users", "name"), "Secret app/gone does not exist"),
        (
            {"basicAuth": {"users": {"name": "declared", "namespace": "other"}}},
            ("basicAuth", "users", "namespace"),
            "No ReferenceGrant",
        ),
        (
            {"basicAuth": {"users": {"name": "declared"}, "forwardUsernameHeader": "a b"}},
            ("basicAuth", "forwardUsernameHeader"),
            "not the name of a header",
        ),
        (
            {"apiKeyAuth": {"credentialRefs": [{"name": "gone"}], "extractFrom": [{"headers": ["a"]}]}},
            ("apiKeyAuth", "credentialRefs", 0, "name"),
            "does not exist",
        ),
        (provider(issuer="a@b"), ("jwt", "providers", 0, "issuer"), "neither a URI nor an email"),
        (
            provider(localJWKS={"type": "Inline", "inline": "{}"}),
            ("jwt", "providers", 0, "localJWKS"),
            "not a JWKS",
        ),
        (
            provider(localJWKS={"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "gone"}}),
            ("jwt", "providers", 0, "localJWKS", "valueRef", "name"),
            "ConfigMap app/gone does not exist",
        ),
        (
            {"jwt": {"providers": [{"name": "a", "localJWKS": JWKS}] * 2}},
            ("jwt", "providers", 1, "name"),
            "another provider",
        ),
        (
            {"jwt": {"providers": [{"name": "a", "remoteJWKS": {"uri": "ftp://a"}}]}},
            ("jwt", "providers", 0, "remoteJWKS", "uri"),
            "not an http or https URL",
        ),
        (
            {
                "oidc": {
                    "provider": {"issuer": "https://a.example"},
                    "clientID": "a",
                    "clientSecret": {"name": "declared"},
                }
            },
            ("oidc", "provider"),
            "has no authorizationEndpoint and no tokenEndpoint",
        ),
        (
            oidc(provider={"tokenEndpoint": "https://192.0.2.1/token"}),
            ("oidc", "provider", "tokenEndpoint"),
            "not an IP address",
        ),
        (oidc(redirectURL="https://a.example"), ("oidc", "redirectURL"), "not a URL with a path"),
        (oidc(logoutPath="out"), ("oidc", "logoutPath"), "not a path"),
        (
            asked(grpc={"backendRefs": [forward("gone")]}),
            ("extAuth", "grpc", "backendRefs", 0, "name"),
            "does not exist",
        ),
        (
            {"extAuth": {"http": {"backendRefs": [forward()], "path": "/a/../b"}}},
            ("extAuth", "http", "path"),
            "is not a path",
        ),
        (
            allowed(principal={"clientIPGeoLocations": [{"country": "DE"}]}),
            ("authorization", "rules", 0, "principal", "clientIPGeoLocations"),
            "not translated yet",
        ),
        (
            provider() | allowed(principal={"jwt": {"provider": "b", "scopes": ["c"]}}),
            ("authorization", "rules", 0, "principal", "jwt", "provider"),
            "no provider b",
        ),
        (allowed(cel="a &&"), ("authorization", "rules", 0, "cel"), "not an expression of CEL"),
        (
            allowed(cel="true", operation={"path": {"type": "RegularExpression", "value": "("}}),
            ("authorization", "rules", 0, "operation", "path", "value"),
            "not a regular expression",
        ),
    ],
)
def test_a_mistake_answers_500(spec: Object, path: tuple[str | int, ...], words: str) -> None:
    found = scene(**spec)
    assert found.rule().action == ir.DirectResponse(500)
    reported = [one for one in found.diagnostics if one.object == "SecurityPolicy app/policy"]
    assert [one.path for one in reported] == [("spec", *path)]
    assert words in reported[0].message


def test_what_nobody_can_be_asked_for_lets_through_where_that_was_asked_for() -> None:
    found = scene(**asked(grpc={"backendRefs": [forward("gone")]}, failOpen=True))
    assert isinstance(found.rule().action, ir.Forward)
    security = found.rule().security
    assert security is not None
    assert security.authorizer is None


def test_the_endpoints_of_a_locked_provider() -> None:
    locked = OidcEndpoints("https://a.example", "https://a.example/auth", "https://t.example:8443/token", "")
    spec: Object = {"provider": {"issuer": "https://a.example"}, "clientID": "a", "clientSecret": {"name": "declared"}}
    security = scene(oidc=spec, options=Options(oidc=(locked,))).rule().security
    assert security is not None
    assert security.oidc is not None
    assert security.oidc.token_endpoint == "https://t.example:8443/token"
    (backend,) = security.oidc.service.backends
    assert backend.endpoints == (ir.Endpoint("t.example", 8443),)
    assert backend.tls == ir.BackendTLS("system_ca_certificates", "t.example")


def test_the_same_cookies_after_every_build() -> None:
    first, again = (scene(**oidc()).rule().security for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.oidc == again.oidc
    assert first.oidc is not None
    assert len(first.oidc.cookie_suffix) == 8


def test_an_own_filter_for_cors_comes_first() -> None:
    own = {"type": "CORS", "cors": {"allowOrigins": ["https://own.example"]}}
    target = {"group": GROUP, "kind": "Gateway", "name": "gw"}
    found = resolve(
        gateway(),
        service(),
        obj("SecurityPolicy", "policy", {"targetRefs": [target], "cors": {"allowOrigins": ["*"]}}),
        route({"filters": [own], "backendRefs": [forward()]}, {"backendRefs": [forward()]}),
    )
    assert [rule.cors.origins for rule in found.unit().rules if rule.cors] == [("https://own.example",), ("*",)]


def test_what_a_connection_has_not() -> None:
    target = {"group": GROUP, "kind": "TCPRoute", "name": "tcp"}
    rules = [{"action": "Deny", "cel": "true"}, {"action": "Allow", "principal": {"clientCIDRs": ["10.1.2.3/8"]}}]
    tcp = {**route({"backendRefs": [forward()]}, name="tcp"), "kind": "TCPRoute"}
    found = resolve(
        gateway({"name": "tcp", "port": 9000, "protocol": "TCP"}),
        service(),
        obj("SecurityPolicy", "policy", {"targetRefs": [target], "authorization": {"rules": rules}, "cors": {}}),
        tcp,
    )
    authorization = found.l4("tcp").authorization
    assert authorization is not None
    assert [rule.networks for rule in authorization.rules] == [("10.0.0.0/8",)]
    assert [one.path for one in found.diagnostics] == [("spec", "cors"), ("spec", "authorization", "rules", 0)]


def test_a_token_may_fail() -> None:
    spec = provider()
    spec["jwt"]["failOpen"] = True
    security = scene(**spec).rule().security
    assert security is not None
    assert security.jwt is not None
    assert security.jwt.leniency is Leniency.FAILED
