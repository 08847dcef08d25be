"""What stands before a backend: CORS, external authorization, sessions and retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse
from envoy.type.v3.http_status_pb2 import HttpStatus

from tests.support.backends import Backends
from tests.support.grpc_backend import GrpcBackend
from tests.support.manifests import route, service
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

ORIGIN = "https://www.shop.test"
SESSION_ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


def cors(**settings: Any) -> Object:
    return {"type": "CORS", "cors": settings}


def auth(name: str, protocol: str, settings: Object | None = None, **more: Any) -> Object:
    backend = {"name": name, "port": 80}
    own = {protocol.lower(): settings or {}}
    return {"type": "ExternalAuth", "externalAuth": {"protocol": protocol, "backendRef": backend, **own, **more}}


def at(prefix: str, backend: str = "web", method: str = "", **more: Any) -> Object:
    match = path("PathPrefix", prefix, **({"method": method} if method else {}))
    return rule(backend, match, **more)


RULES = {
    "cors": [
        at("/plain", filters=[cors(allowOrigins=["https://*.shop.test"], allowMethods=["GET"], maxAge=60)]),
        at("/put", method="PUT", filters=[cors(allowOrigins=["*"], allowMethods=["PUT"], allowCredentials=True)]),
        at("/put", "other", method="POST", filters=[cors(allowOrigins=["https://a.test"], allowMethods=["POST"])]),
    ],
    "auth": [
        at("/http", filters=[auth("checker", "HTTP", {"path": "/check", "allowedHeaders": ["X-A"]})]),
        at("/some", filters=[auth("checker", "HTTP", {"allowedResponseHeaders": ["content-type"]})]),
        at("/body", filters=[auth("checker", "HTTP", forwardBody={"maxSize": 10})]),
        at("/grpc", filters=[auth("authority", "GRPC")]),
        at("/nobody", filters=[auth("missing", "HTTP")]),
        at("/free"),
    ],
    "retry": [
        at("/listed", "flaky", retry={"codes": [500, 503], "attempts": 3, "backoff": "1ms"}),
        at("/one", "flaky", retry={"codes": [500], "attempts": 1, "backoff": "1ms"}),
        at("/never", "flaky"),
    ],
    "session": [
        at("/cookie", "several", sessionPersistence={"cookie": {"name": "here", "path": "/cookie"}}),
        at("/named", "several", sessionPersistence={"cookie": {}}),
        at(
            "/kept",
            "several",
            sessionPersistence={"cookie": {"lifetimeType": "Permanent"}, "absoluteTimeout": "1h"},
        ),
        at("/header", "several", sessionPersistence={"type": "Header", "header": {"name": "x-session"}}),
    ],
}
"""Rules by the host that they are for, without `.test`."""


def check(messages: Iterator[bytes], _context: Any) -> Iterator[bytes]:
    """Envoy's authorization service: whoever has the token is somebody."""
    request = CheckRequest.FromString(next(iter(messages))).attributes.request.http
    response = CheckResponse()
    if request.headers.get("x-token") == "open":
        response.ok_response.headers.append(HeaderValueOption(header=HeaderValue(key="x-user", value="somebody")))
    else:
        response.status.code = 7
        response.denied_response.status.CopyFrom(HttpStatus(code=401))
        response.denied_response.body = "who are you?"
    yield response.SerializeToString()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        backends = stack.enter_context(Backends())
        checker = backends.start("checker")
        port = backends.start("127.0.0.1").port
        for address in SESSION_ADDRESSES[1:]:
            backends.start(address, address, port)
        authority = stack.enter_context(GrpcBackend("authority", {"/envoy.service.auth.v3.Authorization/Check": check}))
        several = service("several", port)
        several[1]["endpoints"] = [{"addresses": [address]} for address in SESSION_ADDRESSES]
        objects = [*service("checker", checker.port), *service("authority", authority.port), *several]
        objects += [route(name, *rules, hostnames=(f"{name}.test",)) for name, rules in RULES.items()]
        yield stack.enter_context(running(tmp_path_factory.mktemp("guards"), objects))


# ---------------------------------------------------------------- CORS


def preflight(scene: Scene, target: str, method: str, origin: str = ORIGIN) -> dict[str, str]:
    """The CORS headers of the answer, without their prefix."""
    asked = {"origin": origin, "access-control-request-method": method}
    answer = scene.get(target, host="cors.test", method="OPTIONS", headers=asked)
    assert (answer.status, backend_of(answer)) in {(200, ""), (204, "")}
    prefix = "access-control-"
    return {name.removeprefix(prefix): value for name, value in answer.headers.items() if name.startswith(prefix)}


@pytest.mark.parametrize(
    ("target", "method", "origin", "expected"),
    [
        ("/plain", "GET", ORIGIN, {"allow-origin": ORIGIN, "allow-methods": "GET", "max-age": "60"}),
        (
            "/put",
            "PUT",
            ORIGIN,
            {"allow-origin": ORIGIN, "allow-methods": "PUT", "max-age": "5", "allow-credentials": "true"},
        ),
        (
            "/put",
            "POST",
            "https://a.test",
            {"allow-origin": "https://a.test", "allow-methods": "POST", "max-age": "5"},
        ),
    ],
)
def test_preflight(scene: Scene, target: str, method: str, origin: str, expected: dict[str, str]) -> None:
    assert preflight(scene, target, method, origin) == expected


@pytest.mark.parametrize(
    ("target", "method", "origin"), [("/plain", "GET", "https://www.shop.test.evil.test"), ("/put", "POST", ORIGIN)]
)
def test_preflight_of_another_origin(scene: Scene, target: str, method: str, origin: str) -> None:
    """Whatever else the answer says, a browser goes no further."""
    assert "allow-origin" not in preflight(scene, target, method, origin)


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, ORIGIN), ("https://evil.test", None)])
def test_requests_of_other_origins_reach_the_backend(scene: Scene, origin: str, allowed: str | None) -> None:
    answer = scene.get("/plain", host="cors.test", headers={"origin": origin})
    assert (answer.backend, answer.headers.get("access-control-allow-origin")) == ("web", allowed)


# ---------------------------------------------------------------- external authorization


def ask(scene: Scene, target: str, **options: Any) -> Any:
    return scene.get(target, host="auth.test", **options)


def test_consent_by_http(scene: Scene) -> None:
    """The echo server consents with 200; all that it says of itself goes to the backend, but for its framing."""
    answer = ask(scene, "/http/a?b=c", method="POST", body=b"1234", headers={"x-own": "1"})
    assert answer.backend == "web"
    assert answer.json["body"] == "1234"
    seen = answer.json["headers"]
    assert (seen["x-backend"], seen["content-length"], seen["host"], seen["x-own"]) == (
        "checker",
        "4",
        "auth.test",
        "1",
    )


def test_refusal_by_http(scene: Scene) -> None:
    answer = ask(scene, "/http?status=401", headers={"x-a": "1", "x-b": "2", "authorization": "me"})
    assert answer.status == 401
    asked = answer.json
    assert (asked["backend"], asked["path"]) == ("checker", "/check/http?status=401")
    assert (asked["headers"]["x-a"], asked["headers"]["authorization"]) == ("1", "me")
    assert "x-b" not in asked["headers"]


def test_only_some_headers_of_the_answer(scene: Scene) -> None:
    seen = ask(scene, "/some").json["headers"]
    assert seen["content-type"] == "application/json"
    assert "x-backend" not in seen


@pytest.mark.parametrize(("body", "status"), [(b"12345", 418), (b"12345678901", 413)])
def test_bodies_are_forwarded_up_to_a_length(scene: Scene, body: bytes, status: int) -> None:
    answer = ask(scene, "/body?status=418", method="POST", body=body)
    assert answer.status == status
    assert status == 413 or answer.json["body"] == body.decode()


def test_by_grpc(scene: Scene) -> None:
    refused = ask(scene, "/grpc")
    assert (refused.status, refused.body) == (401, b"who are you?")
    assert ask(scene, "/grpc", headers={"x-token": "open"}).json["headers"]["x-user"] == "somebody"


def test_nobody_to_ask(scene: Scene) -> None:
    assert ask(scene, "/nobody").status == 500
    assert ask(scene, "/free").backend == "web"


# ---------------------------------------------------------------- retries


@pytest.mark.parametrize(
    ("target", "attempts"),
    [("/listed?status=503&a", 4), ("/listed?status=502&b", 1), ("/one?status=500&c", 2), ("/never?status=503&d", 1)],
)
def test_retries(scene: Scene, target: str, attempts: int) -> None:
    answer = scene.get(target, host="retry.test")
    assert answer.status == int(target.partition("status=")[2][:3])
    assert sum(request.path == target for request in scene.backends["flaky"].requests) == attempts


# ---------------------------------------------------------------- sessions


@pytest.mark.parametrize(
    ("target", "cookie", "attributes"),
    [
        ("/cookie", "here", {"path=/cookie", "httponly"}),
        ("/named", "httproute-shop-session-rule-1", {"path=/", "httponly"}),
        ("/kept", "httproute-shop-session-rule-2", {"path=/", "httponly", "max-age=3600"}),
    ],
)
def test_a_cookie_leads_back(scene: Scene, target: str, cookie: str, attributes: set[str]) -> None:
    first = scene.get(target, host="session.test")
    value, *given = (part.strip() for part in first.headers["set-cookie"].split(";"))
    assert value.startswith(f"{cookie}=")
    assert {one.lower() for one in given} == attributes
    again = [scene.get(target, host="session.test", headers={"cookie": value}) for _ in range(12)]
    assert {answer.backend for answer in again} == {first.backend}
    assert {scene.get(target, host="session.test").backend for _ in range(60)} == set(SESSION_ADDRESSES)


def test_a_header_leads_back(scene: Scene) -> None:
    first = scene.get("/header", host="session.test")
    headers = {"x-session": first.headers["x-session"]}
    assert {scene.get("/header", host="session.test", headers=headers).backend for _ in range(12)} == {first.backend}
