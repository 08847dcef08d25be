"""Filters of rules and of backendRefs, each with traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.support.manifests import route
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

REQUESTS = 200
"""So many that half of them is between 60 and 140 but for one run in 10⁷."""


def pairs(values: dict[str, str]) -> list[Object]:
    return [{"name": name, "value": value} for name, value in values.items()]


def modifier(set_: dict[str, str] | None = None, add: dict[str, str] | None = None, *remove: str) -> Object:
    return {"set": pairs(set_ or {}), "add": pairs(add or {}), "remove": list(remove)}


def of_requests(*args: Any) -> Object:
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": modifier(*args)}


def of_responses(*args: Any) -> Object:
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier(*args)}


def redirect(**settings: Any) -> Object:
    return {"type": "RequestRedirect", "requestRedirect": settings}


def rewrite(**settings: Any) -> Object:
    return {"type": "URLRewrite", "urlRewrite": settings}


def mirror(name: str, **settings: Any) -> Object:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": name, "port": 80}, **settings}}


def full(value: str) -> Object:
    return {"type": "ReplaceFullPath", "replaceFullPath": value}


def prefix(value: str) -> Object:
    return {"type": "ReplacePrefixMatch", "replacePrefixMatch": value}


def ref(name: str, *filters: Object, weight: int = 1) -> Object:
    return {"name": name, "port": 80, "weight": weight, "filters": list(filters)}


def host(name: str) -> str:
    return f"{name}.example.com"


def with_filters(name: str, *filters: Object) -> Object:
    """A route with a host of its name, and filters of its only rule."""
    return route(name, rule("web", filters=list(filters)), hostnames=(host(name),))


def by_backend(name: str, *refs: Object, match: Object | None = None, filters: tuple[Object, ...] = ()) -> Object:
    """A route with a host of its name, to some backendRefs."""
    matches = [match] if match else []
    return route(name, rule(refs, *matches, filters=list(filters)), hostnames=(host(name),))


# ---------------------------------------------------------------- headers

SENT = {"x-kept": "sent", "x-set": "sent", "x-add": "sent", "x-remove": "sent"}
ALL = ({"X-Set": "new", "x-set-new": "new"}, {"X-Add": "added", "x-add-new": "added"}, "X-Remove", "x-absent")
CHANGED = {"x-kept": "sent", "x-set": "new", "x-set-new": "new", "x-add": "sent,added", "x-add-new": "added"}

HEADERS = [
    with_filters("request", of_requests(*ALL)),
    by_backend("request-backend", ref("web", of_requests(*ALL))),
    by_backend(
        "request-both",
        ref("web", of_requests({"x-set": "backend"}, {"x-add": "backend"}, "x-set-new", "x-kept")),
        filters=(of_requests(*ALL),),
    ),
    by_backend("request-one", ref("web", of_requests({"x-set": "one"})), ref("web-v2"), filters=(of_requests(*ALL),)),
    with_filters("response", of_responses({"Content-Type": "new"}, {"X-Backend": "added", "x-add": "new"}, "x-none")),
    with_filters("response-removed", of_responses({}, {}, "X-Backend")),
    by_backend("response-backend", ref("web", of_responses({"content-type": "new"}, {"x-backend": "added"}))),
    by_backend(
        "response-both",
        ref("web", of_responses({"content-type": "backend", "x-level": "backend"}, {"x-backend": "backend"})),
        filters=(of_responses({"content-type": "rule"}, {"x-backend": "rule"}),),
    ),
    with_filters("values", of_requests({"x-percent": "100%", "x-like": "%NOTHING%", "x-quoted": '"a" \\ b;c,d'})),
]

REQUEST_CASES: dict[str, dict[str, str]] = {
    "request": CHANGED,
    "request-backend": CHANGED,
    # A rule's filters come first, then the backend's.
    "request-both": {"x-set": "backend", "x-add": "sent,added,backend", "x-add-new": "added"},
}

RESPONSE_CASES: dict[str, dict[str, str | None]] = {
    "response": {"content-type": "new", "x-backend": "web,added", "x-add": "new"},
    "response-removed": {"content-type": "application/json", "x-backend": None},
    "response-backend": {"content-type": "new", "x-backend": "web,added"},
    # Answers come back the other way: first the backend's filters, then the rule's.
    "response-both": {"content-type": "rule", "x-level": "backend", "x-backend": "web,backend,rule"},
}

# ---------------------------------------------------------------- paths

# The table of HTTPPathModifier.replacePrefixMatch in the Gateway API, and what it leaves open.
PREFIXES: dict[tuple[str, str], dict[str, str]] = {
    ("/foo", "/xyz"): {"/foo/bar": "/xyz/bar", "/foo": "/xyz", "/foo/": "/xyz/", "/foo?a=/foo": "/xyz?a=/foo"},
    ("/foo", "/xyz/"): {"/foo/bar": "/xyz/bar"},
    ("/foo/", "/xyz"): {"/foo/bar": "/xyz/bar"},
    ("/foo/", "/xyz/"): {"/foo/bar": "/xyz/bar"},
    ("/foo", ""): {"/foo/bar": "/bar", "/foo/": "/", "/foo": "/", "/foo?a=b": "/?a=b", "/foo/foo": "/foo"},
    ("/foo", "/"): {"/foo/bar": "/bar", "/foo/": "/", "/foo": "/", "/foo/bar?a=b": "/bar?a=b"},
    ("/", "/xyz"): {"/bar": "/xyz/bar", "/bar/": "/xyz/bar/", "/bar?a=b": "/xyz/bar?a=b"},
    ("/", "/"): {"/bar": "/bar", "/": "/"},
    ("/foo.bar", "/"): {"/foo.bar/a": "/a"},
    ("/foo", "/a/b\\1$&"): {"/foo/bar": "/a/b\\1$&/bar"},
}
PREFIX_HOSTS = {key: f"prefix-{number}" for number, key in enumerate(PREFIXES)}
PREFIX_CASES = [(key, asked, seen) for key, table in PREFIXES.items() for asked, seen in table.items()]

REWRITES = [
    *(
        by_backend(
            f"rewrite-{PREFIX_HOSTS[key]}",
            ref("web"),
            match=path("PathPrefix", key[0]),
            filters=(rewrite(path=prefix(key[1])),),
        )
        for key in PREFIXES
    ),
    with_filters("rewrite-host", rewrite(hostname="inner.test")),
    with_filters("rewrite-full", rewrite(path=full("/all"))),
    with_filters("rewrite-full-empty", rewrite(path=full(""))),
    with_filters("rewrite-full-odd", rewrite(path=full("/a\\1%20b"))),
    with_filters("rewrite-all", rewrite(hostname="inner.test", path=prefix("/new"))),
    by_backend("rewrite-full-exact", ref("web"), match=path("Exact", "/old"), filters=(rewrite(path=full("/all")),)),
    by_backend(
        "rewrite-full-regex",
        ref("web"),
        match=path("RegularExpression", "/o.d/.*"),
        filters=(rewrite(path=full("/all")),),
    ),
    by_backend("rewrite-backend", ref("web", rewrite(hostname="inner.test", path=prefix("/new")))),
    by_backend(
        "rewrite-backend-over-rule",
        ref("web", rewrite(path=full("/backend"))),
        filters=(rewrite(hostname="inner.test", path=full("/rule")),),
    ),
    by_backend(
        "rewrite-each",
        ref("web", rewrite(hostname="one.test", path=full("/one"))),
        ref("web-v2", rewrite(hostname="two.test", path=prefix("/two"))),
    ),
    by_backend("rewrite-one", ref("web", rewrite(path=full("/one"))), ref("web-v2")),
]

REWRITE_CASES: dict[tuple[str, str], tuple[str, str]] = {
    ("rewrite-host", "/a?b=c"): ("inner.test", "/a?b=c"),
    ("rewrite-full", "/a/b?c=d"): (host("rewrite-full"), "/all?c=d"),
    ("rewrite-full-empty", "/a/b"): (host("rewrite-full-empty"), "/"),
    ("rewrite-full-odd", "/a?b=c"): (host("rewrite-full-odd"), "/a\\1%20b?b=c"),
    ("rewrite-full-exact", "/old"): (host("rewrite-full-exact"), "/all"),
    ("rewrite-full-regex", "/old/a?b=c"): (host("rewrite-full-regex"), "/all?b=c"),
    ("rewrite-all", "/a"): ("inner.test", "/new/a"),
    ("rewrite-backend", "/a"): ("inner.test", "/new/a"),
    ("rewrite-backend-over-rule", "/a"): ("inner.test", "/backend"),
}

# ---------------------------------------------------------------- redirects

REDIRECT_SETTINGS: dict[str, Object] = {
    "nothing": {},
    "https": {"scheme": "https"},
    "http": {"scheme": "http"},
    "host": {"hostname": "other.test"},
    "host-https": {"hostname": "other.test", "scheme": "https"},
    "port": {"port": 8443},
    "port-80": {"port": 80},
    "port-443": {"port": 443},
    "https-8443": {"scheme": "https", "port": 8443},
    "https-443": {"scheme": "https", "port": 443},
    "http-443": {"scheme": "http", "port": 443},
    "full": {"path": full("/all")},
    "full-empty": {"path": full("")},
    "everything": {"scheme": "https", "hostname": "other.test", "port": 8443, "path": full("/all")},
    **{f"status-{code}": {"statusCode": code, "path": full("/all")} for code in (301, 302, 303, 307, 308)},
}

REDIRECTS = [
    *(
        route(
            f"redirect-{PREFIX_HOSTS[key]}",
            {"matches": [path("PathPrefix", key[0])], "filters": [redirect(path=prefix(key[1]))]},
            hostnames=(host(f"redirect-{PREFIX_HOSTS[key]}"),),
        )
        for key in PREFIXES
    ),
    *(
        route(f"redirect-{name}", {"filters": [redirect(**settings)]}, hostnames=(host(f"redirect-{name}"),))
        for name, settings in REDIRECT_SETTINGS.items()
    ),
    by_backend("redirect-backends", ref("web", redirect(hostname="other.test", port=80))),
    by_backend("redirect-one", ref("web", redirect(hostname="other.test", port=80)), ref("web-v2")),
    by_backend("redirect-each", ref("web", redirect(statusCode=301)), ref("web-v2", redirect(statusCode=302))),
]

# Name of the route → status and `Location` of `/a?b=c`; `{host}` is the host that was asked, `{port}` the listener's.
REDIRECT_CASES: dict[str, tuple[int, str]] = {
    "nothing": (302, "http://{host}:{port}/a?b=c"),
    "https": (302, "https://{host}/a?b=c"),
    "http": (302, "http://{host}/a?b=c"),
    "host": (302, "http://other.test:{port}/a?b=c"),
    "host-https": (302, "https://other.test/a?b=c"),
    "port": (302, "http://{host}:8443/a?b=c"),
    "port-80": (302, "http://{host}/a?b=c"),
    "port-443": (302, "http://{host}:443/a?b=c"),
    "https-8443": (302, "https://{host}:8443/a?b=c"),
    "https-443": (302, "https://{host}/a?b=c"),
    "http-443": (302, "http://{host}:443/a?b=c"),
    "full": (302, "http://{host}:{port}/all?b=c"),
    "full-empty": (302, "http://{host}:{port}/?b=c"),
    "everything": (302, "https://other.test:8443/all?b=c"),
    **{f"status-{code}": (code, "http://{host}:{port}/all?b=c") for code in (301, 302, 303, 307, 308)},
    "backends": (302, "http://other.test/a?b=c"),
}

# ---------------------------------------------------------------- mirrors, and what goes together

MIRRORS = [
    with_filters("mirror", mirror("audit")),
    with_filters("mirror-twice", mirror("audit"), mirror("audit-v2")),
    with_filters(
        "mirror-changed",
        rewrite(hostname="inner.test", path=full("/new")),
        mirror("audit"),
        of_requests({"x-new": "1"}),
    ),
    with_filters("mirror-0", mirror("audit", percent=0)),
    with_filters("mirror-percent", mirror("audit", percent=50)),
    with_filters("mirror-fraction", mirror("audit", fraction={"numerator": 1, "denominator": 2})),
    with_filters("mirror-odd-fraction", mirror("audit", fraction={"numerator": 150, "denominator": 300})),
    with_filters("mirror-nowhere", mirror("missing")),
]

TOGETHER = [
    by_backend(
        "everything",
        ref("web", of_requests({"x-backend-filter": "1"}), of_responses({"x-backend-filter": "1"})),
        match=path("PathPrefix", "/old"),
        filters=(
            of_requests({"x-rule-filter": "1"}),
            of_responses({"x-rule-filter": "1"}),
            rewrite(hostname="inner.test", path=prefix("/new")),
            mirror("audit"),
        ),
    ),
    route(
        "redirect-with-headers",
        {"filters": [redirect(scheme="https"), of_responses({"x-rule-filter": "1"})]},
        hostnames=(host("redirect-with-headers"),),
    ),
    with_filters("untranslated", {"type": "ExtensionRef", "extensionRef": {"group": "a.b", "kind": "C", "name": "d"}}),
    with_filters("bad-header", of_requests({"host": "inner.test"})),
]

WILDCARD = route("wildcard", {"filters": [redirect(scheme="https")]}, hostnames=("*.wildcard.test",))

NUMBERS = count()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    routes = [*HEADERS, *REWRITES, *REDIRECTS, *MIRRORS, *TOGETHER, WILDCARD]
    with running(tmp_path_factory.mktemp("filters"), routes) as started:
        yield started


@pytest.mark.parametrize(("name", "seen"), REQUEST_CASES.items())
def test_request_headers(scene: Scene, name: str, seen: dict[str, str]) -> None:
    got = scene.get(host=host(name), headers=SENT).json["headers"]
    ours = SENT.keys() | CHANGED.keys()
    assert {key: value for key, value in got.items() if key in ours} == seen


def test_request_headers_of_one_backend(scene: Scene) -> None:
    answers = [scene.get(host=host("request-one"), headers=SENT).json for _ in range(40)]
    assert {(told["backend"], told["headers"]["x-set"], told["headers"]["x-add"]) for told in answers} == {
        ("web", "one", "sent,added"),
        ("web-v2", "new", "sent,added"),
    }


def test_values_of_headers_are_text(scene: Scene) -> None:
    got = scene.get(host=host("values")).json["headers"]
    assert (got["x-percent"], got["x-like"], got["x-quoted"]) == ("100%", "%NOTHING%", '"a" \\ b;c,d')


@pytest.mark.parametrize(("name", "seen"), RESPONSE_CASES.items())
def test_response_headers(scene: Scene, name: str, seen: dict[str, str | None]) -> None:
    got = scene.get(host=host(name)).headers
    assert {key: got.get(key) for key in seen} == seen


@pytest.mark.parametrize(("key", "asked", "seen"), PREFIX_CASES)
def test_rewritten_prefix(scene: Scene, key: tuple[str, str], asked: str, seen: str) -> None:
    assert scene.get(asked, host=host(f"rewrite-{PREFIX_HOSTS[key]}")).json["path"] == seen


@pytest.mark.parametrize(("key", "asked", "seen"), PREFIX_CASES)
def test_redirected_prefix(scene: Scene, key: tuple[str, str], asked: str, seen: str) -> None:
    name = host(f"redirect-{PREFIX_HOSTS[key]}")
    assert scene.get(asked, host=name).headers["location"] == f"http://{name}:{scene.port}{seen}"


@pytest.mark.parametrize(("asked", "seen"), REWRITE_CASES.items())
def test_rewrite(scene: Scene, asked: tuple[str, str], seen: tuple[str, str]) -> None:
    name, target = asked
    told = scene.get(target, host=host(name)).json
    assert (told["headers"]["host"], told["path"]) == seen


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("rewrite-each", {("web", "one.test", "/one"), ("web-v2", "two.test", "/two/a")}),
        ("rewrite-one", {("web", host("rewrite-one"), "/one"), ("web-v2", host("rewrite-one"), "/a")}),
    ],
)
def test_rewrites_of_backends(scene: Scene, name: str, seen: set[tuple[str, str, str]]) -> None:
    answers = [scene.get("/a", host=host(name)).json for _ in range(40)]
    assert {(told["backend"], told["headers"]["host"], told["path"]) for told in answers} == seen


@pytest.mark.parametrize("with_port", [False, True])
@pytest.mark.parametrize(("name", "expected"), REDIRECT_CASES.items())
def test_redirect(scene: Scene, name: str, expected: tuple[int, str], with_port: bool) -> None:
    """Whether the request's `Host` names the port makes no difference."""
    asked = host(f"redirect-{name}")
    answer = scene.get("/a?b=c", host=f"{asked}:{scene.port}" if with_port else asked)
    status, location = expected
    told = location.format(host=asked, port=scene.port)
    assert (answer.status, answer.headers["location"]) == (status, told)


def test_redirect_of_any_host_below_a_name(scene: Scene) -> None:
    """Envoy says the port here, which is the well-known one."""
    location = scene.get("/a", host="some.wildcard.test").headers["location"]
    assert location.replace(":443/", "/") == "https://some.wildcard.test/a"


@pytest.mark.parametrize(("name", "one", "other"), [("redirect-one", "302", "web-v2"), ("redirect-each", "301", "302")])
def test_redirects_of_backends(scene: Scene, name: str, one: str, other: str) -> None:
    answers = [scene.get(host=host(name)) for _ in range(REQUESTS)]
    seen = Counter(backend_of(answer) or str(answer.status) for answer in answers)
    assert set(seen) == {one, other}
    assert 60 < seen[one] < 140


def mirrored(scene: Scene, backend: str, marker: str) -> list[Any]:
    """What came to a mirror with this in its query."""
    return [request for request in list(scene.backends[backend].requests) if request.path.endswith(marker)]


def marker_of_test() -> str:
    return f"?marker={next(NUMBERS)}-"


def test_mirror(scene: Scene) -> None:
    marker = marker_of_test()
    answer = scene.get(f"/a{marker}", host=host("mirror"), method="POST", body=b"content", headers={"x-sent": "1"})
    assert answer.json["backend"] == "web"
    [copy] = eventually(lambda: mirrored(scene, "audit", marker))
    assert (copy.method, copy.path, copy.body, copy.headers["x-sent"]) == ("POST", f"/a{marker}", "content", "1")
    assert copy.headers["host"] == host("mirror")


def test_several_mirrors(scene: Scene) -> None:
    marker = marker_of_test()
    assert scene.get(f"/{marker}", host=host("mirror-twice")).json["backend"] == "web"
    eventually(lambda: len(mirrored(scene, "audit", marker)) == len(mirrored(scene, "audit-v2", marker)) == 1)


def test_a_mirror_is_sent_what_the_backend_is_sent(scene: Scene) -> None:
    marker = marker_of_test()
    told = scene.get(f"/a{marker}", host=host("mirror-changed")).json
    [copy] = eventually(lambda: mirrored(scene, "audit", marker))
    assert (copy.path, copy.headers["host"], copy.headers["x-new"]) == (f"/new{marker}", "inner.test", "1")
    assert (told["path"], told["headers"]["host"]) == (copy.path, copy.headers["host"])


def test_an_answer_of_a_mirror_is_ignored(scene: Scene) -> None:
    marker = marker_of_test()
    assert scene.get(f"/?status=503&{marker[1:]}", host=host("mirror")).status == 503
    eventually(lambda: mirrored(scene, "audit", marker[1:]))
    assert scene.get(f"/{marker}", host=host("mirror")).status == 200


@pytest.mark.parametrize("name", ["mirror-percent", "mirror-fraction", "mirror-odd-fraction"])
def test_share_of_a_mirror(scene: Scene, name: str) -> None:
    marker = marker_of_test()
    for _ in range(REQUESTS):
        assert scene.get(f"/{marker}", host=host(name)).status == 200

    def sent() -> int:
        counters = scene.fleet.envoy.stats(f"{name}/rule/0-mirror-0.upstream_rq_completed")
        return sum(counters.values())

    eventually(lambda: 60 < sent() == len(mirrored(scene, "audit", marker)))
    assert sent() < 140


@pytest.mark.parametrize("name", ["mirror-0", "mirror-nowhere"])
def test_no_mirror(scene: Scene, name: str) -> None:
    marker = marker_of_test()
    assert scene.get(f"/{marker}", host=host(name)).json["backend"] == "web"
    assert scene.fleet.envoy.stats(f"{name}/.*mirror-.*upstream_rq_total") == {}


def test_everything_together(scene: Scene) -> None:
    marker = marker_of_test()
    answer = scene.get(f"/old/a{marker}", host=host("everything"))
    headers = answer.json["headers"]
    assert (answer.json["path"], headers["host"]) == (f"/new/a{marker}", "inner.test")
    assert {headers["x-rule-filter"], headers["x-backend-filter"]} == {"1"}
    assert {answer.headers["x-rule-filter"], answer.headers["x-backend-filter"]} == {"1"}
    eventually(lambda: mirrored(scene, "audit", marker))


def test_a_redirect_has_the_headers_of_responses(scene: Scene) -> None:
    answer = scene.get(host=host("redirect-with-headers"))
    assert (answer.status, answer.headers["x-rule-filter"]) == (302, "1")


@pytest.mark.parametrize("name", ["untranslated", "bad-header"])
def test_a_rule_that_cannot_do_what_it_says(scene: Scene, name: str) -> None:
    assert scene.get(host=host(name)).status == 500
