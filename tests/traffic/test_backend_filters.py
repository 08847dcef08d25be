"""Filters of one backendRef beside another without them: each acts on the share of its backend, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import grpc
import pytest

from tests.support.backends import Backends
from tests.support.client import Answer
from tests.support.grpc_backend import GrpcBackend
from tests.support.manifests import route, service
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

REQUESTS = 400
"""So many that a quarter of them is between 55 and 145 but for one run in 10⁶."""
QUARTER = range(55, 145)
ORIGIN = {"origin": "https://www.shop.test"}
NUMBERS = count()


def ref(name: str, *filters: Object, weight: int = 1) -> Object:
    return {"name": name, "port": 80, "weight": weight, "filters": list(filters)}


def mirror(**settings: Any) -> Object:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "shadow", "port": 80}, **settings}}


def cors(*methods: str) -> Object:
    return {"type": "CORS", "cors": {"allowOrigins": [ORIGIN["origin"]], "allowMethods": list(methods)}}


AUTH = {
    "type": "ExternalAuth",
    "externalAuth": {"protocol": "HTTP", "backendRef": {"name": "checker", "port": 80}, "http": {}},
}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"hostname": "other.test", "statusCode": 302}}
ADDED = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-a", "value": "1"}]}}

RULES = {
    "mirror": [rule([ref("a", mirror()), ref("b", weight=3)])],
    "part": [rule([ref("a", weight=1), ref("b", mirror(fraction={"numerator": 1, "denominator": 3}), weight=3)])],
    "alone": [rule([ref("a", mirror(), cors("PUT"), AUTH, ADDED)])],
    "invalid": [rule([ref("a", mirror()), ref("missing", weight=3)])],
    "cors": [rule([ref("b", weight=3), ref("a", cors("PUT"))])],
    "method": [
        rule([ref("b", weight=3), ref("a", cors("PUT"))], path("PathPrefix", "/", method="PUT")),
        rule("other", path("PathPrefix", "/")),
    ],
    "auth": [rule([ref("a", AUTH), ref("b", weight=3)])],
    "mixed": [rule([ref("a", REDIRECT), ref("b", mirror(), AUTH, ADDED, weight=3)])],
}
"""Rules by the host that they are for, without `.test`."""


@pytest.fixture(scope="module")
def calls() -> Iterator[dict[str, GrpcBackend]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(GrpcBackend(name)) for name in ("one", "two", "copy")}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, calls: dict[str, GrpcBackend]) -> Iterator[Scene]:
    copied = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "copy", "port": 80}}}
    with Backends() as backends:
        checker = backends.start("checker")
        objects = [*service("checker", checker.port)]
        for name, backend in calls.items():
            objects += service(name, backend.port)
        objects += [route(name, *rules, hostnames=(f"{name}.test",)) for name, rules in RULES.items()]
        rules = rule([ref("one", copied), ref("two")])
        objects.append({**route("calls", rules, hostnames=("calls.test",)), "kind": "GRPCRoute"})
        with running(tmp_path_factory.mktemp("backend-filters"), objects) as made:
            yield Scene(made.fleet, made.port, {**made.backends, "checker": checker})


def ask(scene: Scene, name: str, query: str = "", **options: Any) -> dict[str, Answer]:
    """The answers to many requests, by their paths, which are like no others."""
    asked = [f"/{next(NUMBERS)}-{name}" for _ in range(REQUESTS)]
    return {one: scene.get(one + query, host=f"{name}.test", **options) for one in asked}


def by_backend(answers: dict[str, Answer]) -> dict[str, set[str]]:
    """Paths by who answered them; Envoy itself: by status."""
    found: dict[str, set[str]] = {}
    for asked, answer in answers.items():
        found.setdefault(backend_of(answer) or str(answer.status), set()).add(asked)
    return found


def seen_by(scene: Scene, backend: str, name: str) -> set[str]:
    paths = [request.path.partition("?")[0] for request in list(scene.backends[backend].requests)]
    return {one for one in paths if one.endswith(f"-{name}")}


@pytest.mark.parametrize("name", ["mirror", "invalid"])
def test_a_mirror_of_one_backend_is_sent_all_of_its_requests_and_no_others(scene: Scene, name: str) -> None:
    found = by_backend(ask(scene, name))
    assert set(found) == {"a", "b" if name == "mirror" else "500"}
    assert len(found["a"]) in QUARTER
    eventually(lambda: seen_by(scene, "shadow", name) == found["a"])


def test_a_part_of_a_backends_requests_is_mirrored(scene: Scene) -> None:
    """Of 300 requests on average a third: 100, which is a quarter of all."""
    found = by_backend(ask(scene, "part"))

    def copies() -> int:
        counters = scene.fleet.envoy.stats("part/rule/0/backend/1-mirror-0.upstream_rq_completed")
        return sum(counters.values())

    eventually(lambda: 0 < copies() == len(seen_by(scene, "shadow", "part")))
    assert seen_by(scene, "shadow", "part") < found["b"]
    assert copies() in QUARTER


def test_the_only_backend_needs_no_shares(scene: Scene) -> None:
    answer = scene.get("/x-alone", host="alone.test", headers=ORIGIN)
    assert (backend_of(answer), answer.headers["access-control-allow-origin"]) == ("a", ORIGIN["origin"])
    assert answer.json["headers"]["x-a"] == "1"
    assert "/x-alone" in seen_by(scene, "checker", "alone")
    eventually(lambda: "/x-alone" in seen_by(scene, "shadow", "alone"))
    assert scene.get("/y-alone?status=403", host="alone.test").headers.get("x-backend") != "a"


def test_cors_of_one_backend(scene: Scene) -> None:
    answers = ask(scene, "cors", headers=ORIGIN)
    found = by_backend(answers)
    assert set(found) == {"a", "b"}
    assert len(found["a"]) in QUARTER
    allowed = {asked for asked, answer in answers.items() if "access-control-allow-origin" in answer.headers}
    assert allowed == found["a"]


@pytest.mark.parametrize(("name", "others"), [("cors", "b"), ("method", "other")])
def test_preflight_requests_of_one_backend(scene: Scene, name: str, others: str) -> None:
    """The share of a backend with a policy is answered by Envoy; others go where they would go without any."""
    headers = {**ORIGIN, "access-control-request-method": "PUT"}
    answers = ask(scene, name, method="OPTIONS", headers=headers)
    found = by_backend(answers)
    assert set(found) == {"200", others}
    assert len(found["200"]) in QUARTER
    assert {answers[asked].headers["access-control-allow-methods"] for asked in found["200"]} == {"PUT"}


def test_requests_of_the_method_are_shared_as_well(scene: Scene) -> None:
    found = by_backend(ask(scene, "method", method="PUT", headers=ORIGIN))
    assert set(found) == {"a", "b"}
    assert len(found["a"]) in QUARTER


def test_external_authorization_of_one_backend(scene: Scene) -> None:
    refused = by_backend(ask(scene, "auth", "?status=403"))
    assert "a" not in refused
    assert REQUESTS - len(refused["b"]) in QUARTER
    found = by_backend(ask(scene, "auth"))
    assert set(found) == {"a", "b"}
    assert len(found["a"]) in QUARTER
    assert seen_by(scene, "checker", "auth") == {*found["a"], *(set().union(*refused.values()) - refused["b"])}


def test_backends_with_different_filters(scene: Scene) -> None:
    answers = ask(scene, "mixed")
    found = by_backend(answers)
    assert set(found) == {"302", "b"}
    assert len(found["302"]) in QUARTER
    assert {answers[asked].json["headers"]["x-a"] for asked in found["b"]} == {"1"}
    assert seen_by(scene, "checker", "mixed") == found["b"]
    eventually(lambda: seen_by(scene, "shadow", "mixed") == found["b"])


def test_a_mirror_of_one_backend_of_grpc(scene: Scene, calls: dict[str, GrpcBackend]) -> None:
    options = [("grpc.default_authority", "calls.test")]
    with grpc.insecure_channel(f"127.0.0.1:{scene.port}", options) as channel:
        stub: Any = channel
        call = stub.stream_stream("/a.B/Echo")
        answers = [b"".join(call(iter([b"hi"]), timeout=10)) for _ in range(60)]
    assert set(answers) == {b"one: hi", b"two: hi"}
    eventually(lambda: len(calls["copy"].calls) == answers.count(b"one: hi"))
