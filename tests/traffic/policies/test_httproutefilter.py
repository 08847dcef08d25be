"""HTTPRouteFilter: what rules ask for beyond the Gateway API's filters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.manifests import route
from tests.support.wait import eventually
from tests.traffic.policies.objects import ENVOY_GATEWAY, config_map, envoy_gateway, host, secret
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

LONG = "x" * 5000


def named(name: str) -> Object:
    reference = {"group": ENVOY_GATEWAY, "kind": "HTTPRouteFilter", "name": name}
    return {"type": "ExtensionRef", "extensionRef": reference}


def with_filter(name: str, *matches: Object, filters: tuple[Object, ...] = (), **spec: Any) -> list[Object]:
    """A filter, and a route of its name with a host of its name that has it."""
    made = rule("web", *matches, filters=[named(name), *filters])
    return [envoy_gateway("HTTPRouteFilter", name, **spec), route(name, made, hostnames=(host(name),))]


def host_of(type_: str, **settings: Any) -> Object:
    return {"hostname": {"type": type_, **settings}}


def credential(name: str, **settings: Any) -> Object:
    return {"credential": {"valueRef": {"name": name}}, **settings}


REGEX = {"pattern": "^/service/([^/]+)/(.*)$", "substitution": r"/\2/instance/\1"}
TENANT = {"pattern": "^/([^/]+)/.*$", "substitution": r"\1.tenants.internal"}
REWRITE_PATH = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}}}
REWRITE_HOST = {"type": "URLRewrite", "urlRewrite": {"hostname": "new.example.com"}}
HEADERS = {"set": [{"name": "x-set", "value": "100%"}], "add": [{"name": "x-add", "value": "b"}]}

OBJECTS = [
    *with_filter("regex", urlRewrite={"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": REGEX}}),
    *with_filter("header", urlRewrite=host_of("Header", header="X-Wanted")),
    *with_filter("untold", urlRewrite={**host_of("Header", header="x-wanted"), "appendXForwardedHost": False}),
    *with_filter("tenant", urlRewrite=host_of("PathRegex", pathRegex=TENANT)),
    *with_filter("both", filters=(REWRITE_PATH,), urlRewrite=host_of("Header", header="x-wanted")),
    *with_filter("clash", filters=(REWRITE_HOST,), urlRewrite=host_of("Header", header="x-wanted")),
    *with_filter("empty", directResponse={}),
    *with_filter(
        "inline",
        directResponse={
            "statusCode": 418,
            "contentType": "application/json",
            "body": {"type": "Inline", "inline": '{"share": "100%", "path": "%REQ(:PATH)%"}'},
            "header": HEADERS,
        },
    ),
    *with_filter(
        "config",
        directResponse={
            "statusCode": 503,
            "body": {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "page"}},
        },
    ),
    config_map("page", a__first="not this", response__body=LONG),
    *with_filter("cookie", matches=[{"cookies": [{"name": "tier", "value": "gold"}]}]),
    *with_filter(
        "cookies",
        path("PathPrefix", "/a"),
        path("PathPrefix", "/b"),
        matches=[
            {
                "cookies": [
                    {"name": "user", "type": "RegularExpression", "value": "[a-z]+"},
                    {"name": "b", "value": "1"},
                ]
            },
            {"cookies": [{"name": "any", "value": "yes"}]},
        ],
    ),
    route("cookie-else", rule("other"), hostnames=(host("cookie"), host("cookies"))),
    secret("token"),
    secret("gone"),
    *with_filter("inject", credentialInjection=credential("token")),
    *with_filter("overwrite", credentialInjection=credential("token", overwrite=True)),
    *with_filter("own-header", credentialInjection=credential("token", header="X-Api-Key")),
    *with_filter("without", credentialInjection=credential("gone")),
    envoy_gateway("HTTPRouteFilter", "for-one", credentialInjection=credential("token")),
    route(
        "backends",
        rule(
            [
                {"name": "web", "port": 80, "filters": [named("for-one")]},
                {"name": "other", "port": 80},
            ]
        ),
        hostnames=(host("backends"),),
    ),
    *with_filter(
        "bad-regex",
        urlRewrite={"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": {"pattern": "(", "substitution": ""}}},
    ),
    route("nowhere", rule("web", filters=[named("missing")]), hostnames=(host("nowhere"),)),
]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sidecar's: the credential, as an editor writes it."""
    directory = tmp_path_factory.mktemp("secrets")
    (directory / "shop" / "token").mkdir(parents=True)
    (directory / "shop" / "token" / "credential").write_text("Bearer s3cret\n")
    return directory


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, secrets: Path) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("filters")
    with running(directory, OBJECTS, serve=("--secrets", secrets)) as found:
        eventually(lambda: found.get("/", host=host("inject")).json["headers"]["authorization"])
        yield found


def test_a_path_is_rewritten_by_a_regular_expression(scene: Scene) -> None:
    told = scene.get("/service/foo/v1/api?a=b", host=host("regex")).json
    assert told["path"] == "/v1/api/instance/foo?a=b"
    assert scene.get("/else", host=host("regex")).json["path"] == "/else"


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [("header", host("header"), "wanted.example.org"), ("untold", None, "wanted.example.org")],
)
def test_the_host_is_that_of_a_header(scene: Scene, name: str, asked: str | None, told: str) -> None:
    headers = scene.get(host=host(name), headers={"x-wanted": told}).json["headers"]
    assert (headers["host"], headers.get("x-forwarded-host")) == (told, asked)


def test_the_host_is_made_of_the_path(scene: Scene) -> None:
    assert scene.get("/acme/x", host=host("tenant")).json["headers"]["host"] == "acme.tenants.internal"


def test_a_rewrite_of_the_host_goes_with_one_of_the_path(scene: Scene) -> None:
    told = scene.get("/old", host=host("both"), headers={"x-wanted": "a.example.org"}).json
    assert (told["path"], told["headers"]["host"]) == ("/new", "a.example.org")


def test_two_rewrites_of_the_host_are_a_mistake(scene: Scene) -> None:
    assert scene.get(host=host("clash")).status == 500


def test_the_host_is_the_endpoints(tmp_path: Path) -> None:
    with Backends() as servers:
        port = servers.start("outside").port
        endpoint = {"ip": {"address": "127.0.0.1", "port": port}, "hostname": "outside.example.org"}
        objects = [
            envoy_gateway("Backend", "outside", endpoints=[endpoint]),
            envoy_gateway("HTTPRouteFilter", "backend", urlRewrite=host_of("Backend")),
            route(
                "backend",
                rule(
                    [{"group": ENVOY_GATEWAY, "kind": "Backend", "name": "outside"}],
                    filters=[named("backend")],
                ),
            ),
        ]
        with running(tmp_path, objects) as found:
            assert found.get().json["headers"]["host"] == "outside.example.org"


def test_direct_responses(scene: Scene) -> None:
    assert (scene.get(host=host("empty")).status, scene.get(host=host("empty")).body) == (200, b"")
    inline = scene.get("/page", host=host("inline"))
    assert (inline.status, inline.json) == (418, {"share": "100%", "path": "/page"})
    expected = {"content-type": "application/json", "x-set": "100%", "x-add": "b"}
    assert {name: inline.headers[name] for name in expected} == expected
    config = scene.get(host=host("config"))
    assert (config.status, config.body.decode()) == (503, LONG)


@pytest.mark.parametrize(
    ("name", "url", "cookie", "backend"),
    [
        ("cookie", "/", "a=b; tier=gold", "web"),
        ("cookie", "/", "tier=silver", "other"),
        ("cookie", "/", "", "other"),
        ("cookies", "/a", "user=jo; b=1", "web"),
        ("cookies", "/b", "any=yes", "web"),
        ("cookies", "/a", "user=JO; b=1", "other"),
        ("cookies", "/a", "user=jo", "other"),
        ("cookies", "/c", "any=yes", "other"),
    ],
)
def test_cookies_are_matched(scene: Scene, name: str, url: str, cookie: str, backend: str) -> None:
    assert backend_of(scene.get(url, host=host(name), headers={"cookie": cookie})) == backend


@pytest.mark.parametrize(
    ("name", "sent", "header", "value"),
    [
        ("inject", "", "authorization", "Bearer s3cret"),
        ("inject", "mine", "authorization", "mine"),
        ("overwrite", "mine", "authorization", "Bearer s3cret"),
        ("own-header", "mine", "x-api-key", "Bearer s3cret"),
        ("own-header", "mine", "authorization", "mine"),
    ],
)
def test_a_credential_is_injected(scene: Scene, name: str, sent: str, header: str, value: str) -> None:
    headers = {"authorization": sent} if sent else {}
    assert scene.get(host=host(name), headers=headers).json["headers"][header] == value


def test_a_credential_that_nobody_has_lets_nobody_through(scene: Scene) -> None:
    assert scene.get(host=host("without")).status == 401


def test_a_credential_of_one_backend(scene: Scene) -> None:
    answers = [scene.get(host=host("backends")) for _ in range(40)]
    told = {(answer.backend, answer.json["headers"].get("authorization")) for answer in answers}
    assert told == {("web", "Bearer s3cret"), ("other", None)}


@pytest.mark.parametrize("name", ["bad-regex", "nowhere"])
def test_a_filter_that_cannot_be_had_answers_500(scene: Scene, name: str) -> None:
    assert scene.get(host=host(name)).status == 500


def test_a_credential_is_rotated(scene: Scene, secrets: Path) -> None:
    (secrets / "shop" / "token" / "credential").write_text("Bearer n3w")
    eventually(lambda: scene.get(host=host("inject")).json["headers"]["authorization"] == "Bearer n3w")
    (secrets / "shop" / "token" / "credential").write_text("Bearer s3cret\n")
    eventually(lambda: scene.get(host=host("inject")).json["headers"]["authorization"] == "Bearer s3cret")
