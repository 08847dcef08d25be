"""SecurityPolicy: each way to say who may send requests, with real peers."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from envoy.service.auth.v3 import external_auth_pb2 as auth

from tests.support.backends import Backends
from tests.support.client import Answer
from tests.support.grpc_backend import GrpcBackend
from tests.support.identity import Issuer, Provider
from tests.support.identity import running as running_provider
from tests.support.manifests import route, service
from tests.support.wait import eventually
from tests.traffic.policies.objects import GATEWAY_API, config_map, envoy_gateway, host, of_route, secret
from tests.traffic.scene import Object, Scene, rule, running

ORIGIN = "https://shop.example.com"


@dataclass
class Peers:
    """Who the gateway asks."""

    issuer: Issuer = field(default_factory=Issuer)
    asked: list[Any] = field(default_factory=list)

    def check(self, messages: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        """Envoy's authorization protocol: requests with `x-pass` pass, and those that go without `x-user` get it."""
        for message in messages:
            request = auth.CheckRequest.FromString(message)
            self.asked.append(request)
            headers = request.attributes.request.http.headers
            if "x-pass" in headers:
                added = [{"header": {"key": "x-user", "value": "someone"}}]
                answer = auth.CheckResponse(status={"code": 0}, ok_response={"headers": added})
            else:
                answer = auth.CheckResponse(status={"code": 7}, denied_response={"status": {"code": 403}, "body": "no"})
            yield answer.SerializeToString()


def policy(name: str, **spec: Any) -> list[Object]:
    """A policy, and the route of its name with a host of its name that it is for."""
    return [of_route("SecurityPolicy", name, **spec), route(name, rule("web"), hostnames=(host(name),))]


def backends(name: str) -> Object:
    return {"backendRefs": [{"name": name, "port": 80}]}


def sha(user: str, password: str) -> str:
    digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
    return f"{user}:{{SHA}}{digest}"


def authorized(name: str, *rules: Object, default: str | None = None, **spec: Any) -> list[Object]:
    settings = {"rules": list(rules), **({"defaultAction": default} if default else {})}
    return policy(name, authorization=settings, **spec)


def allow(**fields: Any) -> Object:
    return {"action": "Allow", **fields}


def path(value: str, type_: str, **more: Any) -> Object:
    return {"path": {"value": value, "type": type_, **more}}


ANYBODY = {"clientCIDRs": ["0.0.0.0/0", "::/0"]}
KEYS = {"credentialRefs": [{"name": "keys"}, {"name": "more-keys"}]}
CONTEXT = [
    {"name": "tier", "type": "Value", "value": "gold"},
    {"name": "page", "type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "page", "key": "a"}},
    {"name": "key", "type": "ValueRef", "valueRef": {"group": "", "kind": "Secret", "name": "token", "key": "value"}},
]


def objects(peers: Peers) -> list[Object]:
    inline = {"type": "Inline", "inline": peers.issuer.keys}
    tokens = {"name": "example", "issuer": peers.issuer.name, "localJWKS": inline}
    jwt = {"providers": [tokens]}
    oidc = {
        "provider": {
            "issuer": "https://issuer.example.com",
            "authorizationEndpoint": "https://issuer.example.com/authorize",
            "tokenEndpoint": "http://issuer.example.com/token",
            **backends("provider"),
        },
        "clientSecret": {"name": "oidc"},
    }
    return [
        *policy(
            "cors",
            cors={
                "allowOrigins": [ORIGIN, "https://*.example.org"],
                "allowMethods": ["GET", "PUT"],
                "allowHeaders": ["x-a"],
                "exposeHeaders": ["x-b"],
                "maxAge": "2m",
                "allowCredentials": True,
            },
        ),
        *policy("csrf", csrf={"additionalOrigins": [ORIGIN, "https://*.example.org"]}),
        *policy("csrf-shadow", csrf={"shadowFraction": {"numerator": 100}}),
        *policy("basic", basicAuth={"users": {"name": "users"}, "forwardUsernameHeader": "x-user"}),
        *policy("basic-gone", basicAuth={"users": {"name": "gone"}}),
        *policy(
            "keys",
            apiKeyAuth={
                **KEYS,
                "extractFrom": [{"headers": ["x-key"]}, {"params": ["key"]}, {"cookies": ["key"]}],
                "forwardClientIDHeader": "x-client",
                "sanitize": True,
            },
        ),
        *policy(
            "keys-gone", apiKeyAuth={"credentialRefs": [{"name": "gone"}], "extractFrom": [{"headers": ["x-key"]}]}
        ),
        *policy("jwt", jwt={"providers": [{**tokens, "audiences": ["shop"]}]}),
        *policy("jwt-optional", jwt={**jwt, "optional": True}),
        *policy("jwt-open", jwt={**jwt, "failOpen": True}),
        *policy(
            "jwt-from",
            jwt={
                "providers": [
                    {
                        **tokens,
                        "localJWKS": {
                            "type": "ValueRef",
                            "valueRef": {"group": "", "kind": "ConfigMap", "name": "jwks"},
                        },
                        "claimToHeaders": [{"header": "x-sub", "claim": "sub"}, {"header": "x-org", "claim": "org.id"}],
                        "extractFrom": {
                            "headers": [{"name": "x-token", "valuePrefix": "Token "}],
                            "cookies": ["token"],
                            "params": ["token"],
                        },
                    }
                ]
            },
        ),
        config_map("jwks", jwks=peers.issuer.keys),
        *policy(
            "jwt-remote",
            jwt={
                "providers": [
                    {
                        "name": "remote",
                        "remoteJWKS": {"uri": "https://issuer.example.com/keys", **backends("provider")},
                    }
                ]
            },
        ),
        # The claim decides on the route.
        of_route(
            "SecurityPolicy",
            "jwt-routed",
            jwt={
                "providers": [
                    {**tokens, "claimToHeaders": [{"header": "x-tier", "claim": "tier"}], "recomputeRoute": True}
                ]
            },
        ),
        route(
            "jwt-routed",
            rule("gold", {"headers": [{"name": "x-tier", "value": "gold"}]}),
            rule("web"),
            hostnames=(host("jwt-routed"),),
        ),
        *policy(
            "ext-grpc",
            extAuth={
                "grpc": backends("auth"),
                "headersToExtAuth": ["x-pass"],
                "bodyToExtAuth": {"maxRequestBytes": 64},
                "contextExtensions": CONTEXT,
            },
        ),
        config_map("page", a="from a ConfigMap"),
        *policy(
            "ext-http",
            extAuth={"http": {**backends("http-auth"), "path": "/check/", "headersToBackend": ["x-backend"]}},
        ),
        *policy("ext-override", extAuth={"http": {**backends("http-auth"), "pathOverride": "/fixed?status=403"}}),
        *policy("ext-down", extAuth={"grpc": backends("down"), "timeout": "1s"}),
        *policy(
            "ext-settings",
            extAuth={
                "grpc": {
                    **backends("auth"),
                    "backendSettings": {
                        "circuitBreaker": {"maxConnections": 7},
                        "timeout": {"tcp": {"connectTimeout": "3s"}},
                        "retry": {"numRetries": 4, "perRetry": {"backOff": {"baseInterval": "100ms"}}},
                    },
                }
            },
        ),
        *policy("ext-status", extAuth={"grpc": backends("down"), "statusOnError": 503}),
        *policy("ext-open", extAuth={"grpc": backends("down"), "failOpen": True}),
        *policy("ext-missing", extAuth={"grpc": {"backendRefs": [{"name": "missing", "port": 80}]}}),
        *policy(
            "ext-missing-open",
            extAuth={"grpc": {"backendRefs": [{"name": "missing", "port": 80}]}, "failOpen": True},
        ),
        *policy(
            "ext-secret",
            extAuth={
                "grpc": backends("auth"),
                "contextExtensions": [
                    {
                        "name": "key",
                        "type": "ValueRef",
                        "valueRef": {"group": "", "kind": "Secret", "name": "gone", "key": "value"},
                    }
                ],
            },
        ),
        *policy("oidc", oidc={**oidc, "clientID": "shop", "scopes": ["email"], "cookieConfig": {"sameSite": "Lax"}}),
        *policy(
            "oidc-own",
            oidc={
                **oidc,
                "clientIDRef": {"name": "oidc"},
                "redirectURL": "http://oidc-own.example.com/cb",
                "cookieNames": {"accessToken": "access", "idToken": "id"},
                "cookieDomain": "example.com",
                "forwardAccessToken": True,
                "denyRedirect": {"headers": [{"name": "x-requested-with", "value": "fetch"}]},
                "disableTokenEncryption": True,
            },
        ),
        *policy(
            "oidc-pass",
            oidc={**oidc, "clientID": "shop", "passThroughAuthHeader": True},
            jwt={"providers": [{**tokens, "extractFrom": {"headers": [{"name": "x-token"}]}}], "optional": True},
        ),
        *policy(
            "oidc-unlocked",
            oidc={"provider": {"issuer": "https://a.example"}, "clientID": "a", "clientSecret": {"name": "oidc"}},
        ),
        secret("users"),
        secret("keys"),
        secret("more-keys"),
        secret("token"),
        secret("oidc"),
        secret("gone"),
        *authorized("cidr", allow(principal={"clientCIDRs": ["10.0.0.0/8", "127.0.0.2/32"]})),
        *authorized("cidr-else", {"action": "Deny", "principal": {"clientCIDRs": ["127.0.0.1/32"]}}, default="Allow"),
        *authorized(
            "claims",
            allow(
                principal={
                    "jwt": {
                        "provider": "example",
                        "scopes": ["read", "write"],
                        "claims": [
                            {"name": "org.id", "values": ["a", "b"]},
                            {"name": "roles", "valueType": "StringArray", "values": ["admin"]},
                        ],
                    }
                }
            ),
            jwt=jwt,
        ),
        *authorized(
            "headers",
            allow(
                principal={
                    "headers": [{"name": "X-A", "values": ["1", "2"]}, {"name": "x-b", "values": ["3"]}],
                    **ANYBODY,
                }
            ),
        ),
        *authorized("methods", allow(principal=ANYBODY, operation={"methods": ["GET", "PUT"]})),
        *authorized("exact", allow(principal=ANYBODY, operation=path("/a", "Exact"))),
        *authorized("prefix", allow(principal=ANYBODY, operation=path("/a/", "PathPrefix"))),
        *authorized("regex", allow(principal=ANYBODY, operation=path("/a[0-9]+", "RegularExpression"))),
        *authorized("other", allow(principal=ANYBODY, operation=path("/a", "PathPrefix", invert=True))),
        *authorized("cel", allow(cel="request.method == 'GET' && request.headers['x-a'] in ['1', '2']")),
        *authorized("cel-bad", allow(cel="request.")),
    ]


@pytest.fixture(scope="module")
def peers() -> Peers:
    return Peers()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the sidecar has; nothing of `gone`."""
    directory = tmp_path_factory.mktemp("secrets")
    content = {
        "users": {".htpasswd": f"# people\n{sha('jo', 'secret')}\n{sha('al', 'other')}\nmd5:$apr1$x$y\n"},
        "keys": {"client-1": "key-1\n", "client-2": "key-2"},
        "more-keys": {"client-3": "key-3", "client-4": "key-1"},
        "token": {"value": "t0ken"},
        "oidc": {"client-secret": "s3cret", "client-id": "from-secret"},
    }
    for name, values in content.items():
        (directory / "shop" / name).mkdir(parents=True)
        for key, value in values.items():
            (directory / "shop" / name / key).write_text(value)
    return directory


@pytest.fixture(scope="module")
def provider(peers: Peers) -> Iterator[Provider]:
    with running_provider(Provider(peers.issuer)) as found:
        yield found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, peers: Peers, secrets: Path, provider: Provider) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("security")
    method = "/envoy.service.auth.v3.Authorization/Check"
    with GrpcBackend("auth", {method: peers.check}) as server, Backends() as others:
        services = [
            *service("auth", server.port),
            *service("http-auth", others.start("http-auth").port),
            *service("provider", provider.port),
            *service("down", 1),
        ]
        with running(directory, [*objects(peers), *services], serve=("--secrets", secrets)) as found:
            eventually(lambda: found.get(host=host("basic"), headers=basic("jo", "secret")).status == 200)
            yield found


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def status(scene: Scene, name: str, path: str = "/", **options: Any) -> int:
    return scene.get(path, host=host(name), **options).status


# ---------------------------------------------------------------- origins


def test_cors(scene: Scene) -> None:
    asked = {"origin": ORIGIN, "access-control-request-method": "PUT"}
    preflight = scene.get(host=host("cors"), method="OPTIONS", headers=asked)
    expected = {
        "access-control-allow-origin": ORIGIN,
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "x-a",
        "access-control-max-age": "120",
        "access-control-allow-credentials": "true",
    }
    assert {name: preflight.headers.get(name) for name in expected} == expected
    answer = scene.get(host=host("cors"), headers={"origin": "https://a.b.example.org"})
    assert answer.headers["access-control-expose-headers"] == "x-b"
    other = scene.get(host=host("cors"), headers={"origin": "https://example.net"})
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("name", "origin", "expected"),
    [
        ("csrf", "http://csrf.example.com", 200),
        ("csrf", ORIGIN, 200),
        ("csrf", "https://a.b.example.org", 200),
        ("csrf", "https://example.net", 403),
        ("csrf", "", 403),
        ("csrf-shadow", "https://example.net", 200),
    ],
)
def test_csrf(scene: Scene, name: str, origin: str, expected: int) -> None:
    headers = {"origin": origin} if origin else {}
    assert status(scene, name, method="POST", headers=headers) == expected
    assert status(scene, name, headers=headers) == 200


# ---------------------------------------------------------------- what clients know


def test_basic_authentication(scene: Scene) -> None:
    answer = scene.get(host=host("basic"), headers=basic("jo", "secret"))
    assert answer.json["headers"]["x-user"] == "jo"
    assert status(scene, "basic", headers=basic("al", "other")) == 200
    assert status(scene, "basic", headers=basic("jo", "other")) == 401
    assert status(scene, "basic") == 401


@pytest.mark.parametrize(("user", "password"), [("-", ""), ("", ""), ("jo", "secret")])
def test_without_users_nobody_is_let_in(scene: Scene, user: str, password: str) -> None:
    assert status(scene, "basic-gone", headers=basic(user, password)) == 401
    assert status(scene, "basic-gone") == 401


@pytest.mark.parametrize(
    ("path", "headers", "client"),
    [
        ("/", {"x-key": "key-1"}, "client-1"),
        ("/?key=key-2", {}, "client-2"),
        ("/", {"cookie": "key=key-3"}, "client-3"),
    ],
)
def test_api_keys(scene: Scene, path: str, headers: dict[str, str], client: str) -> None:
    told = scene.get(path, host=host("keys"), headers=headers).json
    assert told["headers"]["x-client"] == client
    assert "key-" not in json.dumps(told)


@pytest.mark.parametrize(("name", "key"), [("keys", "key-4"), ("keys", ""), ("keys-gone", "key-1"), ("keys-gone", "")])
def test_without_a_key_nobody_is_let_in(scene: Scene, name: str, key: str) -> None:
    assert status(scene, name, headers={"x-key": key}) == 401
    assert status(scene, name) == 401


def test_users_and_keys_are_rotated(scene: Scene, secrets: Path) -> None:
    users, keys = secrets / "shop" / "users" / ".htpasswd", secrets / "shop" / "keys" / "client-5"
    before = users.read_text()
    users.write_text(before + sha("new", "pass") + "\n")
    keys.write_text("key-5")
    try:
        eventually(lambda: status(scene, "basic", headers=basic("new", "pass")) == 200)
        eventually(lambda: status(scene, "keys", headers={"x-key": "key-5"}) == 200)
    finally:
        users.write_text(before)
        keys.unlink()
    eventually(lambda: status(scene, "basic", headers=basic("new", "pass")) == 401)
    eventually(lambda: status(scene, "keys", headers={"x-key": "key-5"}) == 401)


def test_what_cannot_be_filled_in_is_told_and_stands_in_no_snapshot(scene: Scene) -> None:
    log = scene.fleet.sidecar.log.read_text()
    assert "shop/gone/.htpasswd" in log
    assert "shop/users/.htpasswd: 1 lines are not new users" in log
    store = Path(scene.fleet.store.removeprefix("file://"))
    published = b"".join(file.read_bytes() for file in store.rglob("*") if file.is_file())
    assert b"{SHA}" not in published.replace(b"AAAAAAAAAAAAAAAA", b"")


# ---------------------------------------------------------------- tokens


def test_a_token_is_verified(scene: Scene, peers: Peers) -> None:
    good = peers.issuer.token(aud="shop")
    assert scene.get(host=host("jwt"), headers=bearer(good)).json["headers"]["authorization"] == f"Bearer {good}"
    bad = [
        peers.issuer.token(aud="other"),
        peers.issuer.token(aud="shop", exp=int(time.time()) - 3600),
        peers.issuer.token(aud="shop", iss="https://else.example.com"),
        Issuer().token(aud="shop"),
        "no token",
    ]
    assert [status(scene, "jwt", headers=bearer(token)) for token in bad] == [403, 401, 401, 401, 401]
    assert status(scene, "jwt") == 401


@pytest.mark.parametrize(("name", "without", "bad"), [("jwt-optional", 200, 401), ("jwt-open", 200, 200)])
def test_a_token_may_be_missing(scene: Scene, name: str, without: int, bad: int) -> None:
    assert status(scene, name) == without
    assert status(scene, name, headers=bearer(Issuer().token())) == bad


def test_a_token_from_elsewhere_and_its_claims(scene: Scene, peers: Peers) -> None:
    token = peers.issuer.token(sub="jo", org={"id": "acme"})
    places = [("/", {"x-token": f"Token {token}"}), ("/", {"cookie": f"token={token}"}), (f"/?token={token}", {})]
    for url, headers in places:
        told = scene.get(url, host=host("jwt-from"), headers=headers).json["headers"]
        assert (told["x-sub"], told["x-org"]) == ("jo", "acme")
    assert status(scene, "jwt-from", headers=bearer(token)) == 401


def test_keys_are_fetched(scene: Scene, peers: Peers) -> None:
    assert status(scene, "jwt-remote", headers=bearer(Issuer().token())) == 401
    eventually(lambda: status(scene, "jwt-remote", headers=bearer(peers.issuer.token())) == 200)


def test_a_claim_decides_on_the_route(scene: Scene, peers: Peers) -> None:
    def backend(**claims: str) -> str:
        return scene.get(host=host("jwt-routed"), headers=bearer(peers.issuer.token(**claims))).backend

    assert (backend(tier="gold"), backend()) == ("gold", "web")


# ---------------------------------------------------------------- services that are asked


def test_external_authorization_by_grpc(scene: Scene, peers: Peers) -> None:
    peers.asked.clear()
    passed = scene.get(
        "/a", host=host("ext-grpc"), method="POST", headers={"x-pass": "1", "x-other": "2"}, body=b"body"
    )
    assert passed.json["headers"]["x-user"] == "someone"
    (request,) = peers.asked
    http = request.attributes.request.http
    assert ("x-pass" in http.headers, "x-other" in http.headers, http.body) == (True, False, "body")
    assert dict(request.attributes.context_extensions) == {"tier": "gold", "page": "from a ConfigMap", "key": "t0ken"}
    refused = scene.get(host=host("ext-grpc"))
    assert (refused.status, refused.body) == (403, b"no")


def test_external_authorization_by_http(scene: Scene) -> None:
    assert scene.get("/a", host=host("ext-http")).json["headers"]["x-backend"] == "http-auth"
    refused = scene.get("/a?status=403", host=host("ext-http"))
    assert (refused.status, refused.json["path"]) == (403, "/check/a?status=403")
    assert scene.get("/a", host=host("ext-override")).json["path"] == "/fixed?status=403"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ext-down", 403),
        ("ext-status", 503),
        ("ext-open", 200),
        ("ext-missing", 500),
        ("ext-missing-open", 200),
        ("ext-secret", 500),
    ],
)
def test_an_authorization_service_that_cannot_be_asked(scene: Scene, name: str, expected: int) -> None:
    assert status(scene, name, headers={"x-pass": "1"}) == expected


def test_how_services_are_connected_to(scene: Scene) -> None:
    assert status(scene, "ext-settings", headers={"x-pass": "1"}) == 200
    told = scene.fleet.envoy.admin("/config_dump").body.decode()
    assert '"max_connections": 7' in told
    assert '"connect_timeout": "3s"' in told
    assert '"num_retries": 4' in told


# ---------------------------------------------------------------- people who sign in


def cookies(answer: Answer) -> dict[str, str]:
    """Names and values of the cookies of an answer, whose dates have commas of their own."""
    found = [part.strip().partition(";")[0] for part in answer.headers["set-cookie"].split(",")]
    return dict(each.partition("=")[::2] for each in found if "=" in each)


def sign_in(scene: Scene, name: str, callback: str) -> tuple[Answer, Answer]:
    """The answer to the first request, and what the provider's sending back ends in."""
    asked = scene.get("/wanted?a=b", host=host(name))
    assert asked.status == 302
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    sent = "; ".join(f"{key}={value}" for key, value in cookies(asked).items())
    back = scene.get(f"{callback}?code=c0de&state={query['state'][0]}", host=host(name), headers={"cookie": sent})
    return asked, back


def test_people_sign_in(scene: Scene, provider: Provider) -> None:
    provider.asked.clear()
    provider.authorizations.clear()
    asked, back = sign_in(scene, "oidc", "/oauth2/callback")
    to = urlsplit(asked.headers["location"])
    query = parse_qs(to.query)
    assert f"{to.scheme}://{to.netloc}{to.path}" == "https://issuer.example.com/authorize"
    assert (query["client_id"], query["scope"]) == (["shop"], ["openid email"])
    assert query["redirect_uri"] == ["http://oidc.example.com/oauth2/callback"]
    assert (back.status, back.headers["location"]) == (302, "http://oidc.example.com/wanted?a=b")
    (form,) = provider.asked
    assert (form["grant_type"], form["code"]) == ("authorization_code", "c0de")
    assert provider.authorizations == [basic("shop", "s3cret")["authorization"]]
    assert "SameSite=Lax" in back.headers["set-cookie"]
    sent = "; ".join(f"{key}={value}" for key, value in cookies(back).items())
    told = scene.get(host=host("oidc"), headers={"cookie": sent})
    assert told.status == 200
    assert "authorization" not in told.json["headers"]
    assert status(scene, "oidc", "/logout", headers={"cookie": sent}) == 302


def test_sign_in_as_it_is_asked_for(scene: Scene) -> None:
    asked, back = sign_in(scene, "oidc-own", "/cb")
    query = parse_qs(urlsplit(asked.headers["location"]).query)
    assert (query["client_id"], query["redirect_uri"]) == (["from-secret"], ["http://oidc-own.example.com/cb"])
    assert (cookies(back)["access"], cookies(back)["id"].count(".")) == ("opaque", 2)
    assert "domain=example.com" in back.headers["set-cookie"].lower()
    sent = "; ".join(f"{key}={value}" for key, value in cookies(back).items())
    assert (
        scene.get(host=host("oidc-own"), headers={"cookie": sent}).json["headers"]["authorization"] == "Bearer opaque"
    )
    assert status(scene, "oidc-own", headers={"x-requested-with": "fetch"}) == 401


def test_who_has_a_token_need_not_sign_in(scene: Scene, peers: Peers) -> None:
    assert status(scene, "oidc-pass") == 302
    assert status(scene, "oidc-pass", headers={"x-token": peers.issuer.token()}) == 200


def test_a_provider_whose_endpoints_are_unknown_answers_500(scene: Scene) -> None:
    assert status(scene, "oidc-unlocked") == 500


# ---------------------------------------------------------------- authorization


@pytest.mark.parametrize(
    ("name", "url", "options", "expected"),
    [
        ("cidr", "/", {}, 403),
        ("cidr", "/", {"headers": {"x-forwarded-for": "10.1.2.3"}}, 403),
        ("cidr-else", "/", {}, 403),
        ("headers", "/", {"headers": {"x-a": "2", "x-b": "3"}}, 200),
        ("headers", "/", {"headers": {"x-a": "2"}}, 403),
        ("headers", "/", {"headers": {"x-a": "4", "x-b": "3"}}, 403),
        ("methods", "/", {"method": "PUT"}, 200),
        ("methods", "/", {"method": "POST"}, 403),
        ("exact", "/a?b=c", {}, 200),
        ("exact", "/a/", {}, 403),
        ("prefix", "/a", {}, 200),
        ("prefix", "/a/b?c", {}, 200),
        ("prefix", "/ab", {}, 403),
        ("regex", "/a12?b", {}, 200),
        ("regex", "/a12b", {}, 403),
        ("other", "/b", {}, 200),
        ("other", "/a/b", {}, 403),
        ("cel", "/", {"headers": {"x-a": "2"}}, 200),
        ("cel", "/", {"headers": {"x-a": "3"}}, 403),
        ("cel", "/", {"headers": {"x-a": "2"}, "method": "POST"}, 403),
        ("cel-bad", "/", {}, 500),
    ],
)
def test_authorization(scene: Scene, name: str, url: str, options: dict[str, Any], expected: int) -> None:
    assert status(scene, name, url, **options) == expected


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"scope": "read write", "org": {"id": "b"}, "roles": ["user", "admin"]}, 200),
        ({"scp": ["write", "read"], "org": {"id": "a"}, "roles": ["admin"]}, 200),
        ({"scope": "read", "org": {"id": "a"}, "roles": ["admin"]}, 403),
        ({"scope": "read write", "org": {"id": "c"}, "roles": ["admin"]}, 403),
        ({"scope": "read write", "org": {"id": "a"}, "roles": "admin"}, 403),
        ({}, 403),
    ],
)
def test_authorization_by_claims(scene: Scene, peers: Peers, claims: dict[str, Any], expected: int) -> None:
    assert status(scene, "claims", headers=bearer(peers.issuer.token(**claims))) == expected


@pytest.mark.parametrize("networks", [["127.0.0.1/32"], ["10.0.0.0/8"]])
def test_authorization_of_connections(tmp_path: Path, networks: list[str]) -> None:
    """What is about requests fits no connection."""
    rules = [allow(principal={"headers": [{"name": "x", "values": ["1"]}]}), allow(principal={"clientCIDRs": networks})]
    target = {"group": GATEWAY_API, "kind": "TCPRoute", "name": "tcp"}
    spec = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}
    connections = {
        "apiVersion": f"{GATEWAY_API}/v1",
        "kind": "TCPRoute",
        "metadata": {"name": "tcp", "namespace": "shop"},
        "spec": spec,
    }
    own = envoy_gateway("SecurityPolicy", "tcp", targetRefs=[target], authorization={"rules": rules})
    with running(tmp_path, [connections, own], listeners=[{"name": "tcp", "protocol": "TCP"}]) as found:
        if networks == ["127.0.0.1/32"]:
            assert found.get().backend == "web"
        else:
            with pytest.raises((OSError, HTTPException)):
                found.get()
