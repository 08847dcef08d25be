"""Sessions of rules whose backends have clusters of their own: the same backend again, and the same endpoint there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.backends import Backends
from tests.support.client import Answer
from tests.support.manifests import route, service
from tests.traffic.scene import Object, Scene, backend_of, rule, running

ADDRESSES = {"red": ("127.0.0.1", "127.0.0.2"), "blue": ("127.0.0.3", "127.0.0.4")}
COLOUR = {address: name for name, addresses in ADDRESSES.items() for address in addresses}
COOKIE = {"cookie": {"name": "here", "path": "/"}}
HEADER = {"type": "Header", "header": {"name": "X-Session"}}
REQUESTS = 60


def ref(name: str, kind: str = "", weight: int = 1, **settings: object) -> Object:
    settings = settings or {"set": [{"name": "x-colour", "value": name}]}
    key = {"RequestHeaderModifier": "requestHeaderModifier", "RequestMirror": "requestMirror"}
    filters = [{"type": kind, key[kind]: settings}] if kind else []
    return {"name": name, "port": 80, "weight": weight, "filters": filters}


SHADOWED = ref("red", "RequestMirror", backendRef={"name": "shadow", "port": 80}, percent=50)
PARTS = [ref("red", "RequestHeaderModifier"), ref("blue", "RequestHeaderModifier")]
RULES = {
    "weighted": rule(PARTS, sessionPersistence=COOKIE),
    "split": rule([SHADOWED, ref("blue", "RequestHeaderModifier")], sessionPersistence=COOKIE),
    "kept": rule(
        PARTS, sessionPersistence={"cookie": {"lifetimeType": "Permanent", "path": "/"}, "absoluteTimeout": "1h"}
    ),
    "half": rule([ref("red"), ref("missing")], sessionPersistence=COOKIE),
    "header": rule(PARTS, sessionPersistence=HEADER),
    "header-split": rule([SHADOWED, ref("blue", "RequestHeaderModifier")], sessionPersistence=HEADER),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        backends = stack.enter_context(Backends())
        objects: list[Object] = []
        for name, (first, second) in ADDRESSES.items():
            port = backends.start(first, first).port
            backends.start(second, second, port)
            made = service(name, port)
            made[1]["endpoints"] = [{"addresses": [first]}, {"addresses": [second]}]
            objects += made
        objects += [route(name, one, hostnames=(f"{name}.test",)) for name, one in RULES.items()]
        yield stack.enter_context(running(tmp_path_factory.mktemp("sessions"), objects))


def cookies_of(answer: Answer) -> str:
    """What a browser sends back: cookies are the parts of `set-cookie` that come before attributes."""
    given = [one.split(";")[0].strip() for one in answer.headers.get("set-cookie", "").split(",")]
    return "; ".join(one for one in given if one)


def ask(scene: Scene, name: str, **headers: str) -> Answer:
    return scene.get("/a", host=f"{name}.test", headers=headers)


@pytest.mark.parametrize("name", ["weighted", "split", "kept", "half"])
def test_a_cookie_leads_back_to_the_endpoint(scene: Scene, name: str) -> None:
    first = next(answer for answer in iter(lambda: ask(scene, name), None) if answer.status == 200)
    cookies = cookies_of(first)
    assert sorted("-backend=" in one for one in cookies.split("; ")) == [False, True]
    again = [ask(scene, name, cookie=f"other=1; {cookies}") for _ in range(REQUESTS)]
    assert {backend_of(answer) for answer in again} == {backend_of(first)}
    assert not any("set-cookie" in answer.headers for answer in again)
    if name != "half":
        assert {COLOUR[backend_of(ask(scene, name))] for _ in range(REQUESTS)} == set(ADDRESSES)


def test_the_second_cookie_is_like_the_first(scene: Scene) -> None:
    told = [one.split("; ") for one in ask(scene, "kept").headers["set-cookie"].split(",")]
    attributes = [{part.lower() for part in parts[1:]} for parts in told]
    assert attributes == [{"max-age=3600", "path=/", "httponly"}] * 2


@pytest.mark.parametrize("name", ["header", "header-split"])
def test_a_header_leads_back_to_the_endpoint(scene: Scene, name: str) -> None:
    seen: set[str] = set()
    while len(seen) < len(COLOUR):
        first = ask(scene, name)
        seen.add(backend_of(first))
        again = [ask(scene, name, **{"x-session": first.headers["x-session"]}) for _ in range(10)]
        assert {backend_of(answer) for answer in again} == {backend_of(first)}
        assert "set-cookie" not in first.headers


@pytest.mark.parametrize("cookie", ["here=nonsense", "here-backend=7", "here-backend="])
def test_what_leads_nowhere_is_no_session(scene: Scene, cookie: str) -> None:
    answers = [ask(scene, "weighted", cookie=cookie) for _ in range(REQUESTS)]
    assert {COLOUR[backend_of(answer)] for answer in answers} == set(ADDRESSES)


def test_a_mirror_has_its_part_of_pinned_requests_as_well(scene: Scene) -> None:
    """Half of 100 is between 20 and 80 but for one run in 10⁸."""
    colours = (ask(scene, "split") for _ in iter(int, 1))
    first = next(answer for answer in colours if COLOUR[backend_of(answer)] == "red")

    def copies() -> int:
        return sum(scene.fleet.envoy.stats("split/rule/0/backend/0-mirror-0.upstream_rq_total").values())

    before = copies()
    for _ in range(100):
        ask(scene, "split", cookie=cookies_of(first))
    assert 20 < copies() - before < 80
