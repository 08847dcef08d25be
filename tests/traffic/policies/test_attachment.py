"""What policies are attached to, seen in what Envoy answers: policies abort requests with a status of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.manifests import route
from tests.support.ports import free_port
from tests.traffic.policies.scene import host, policy
from tests.traffic.scene import Object, Scene, path, rule, running

OTHER = free_port()


def abort(status: int) -> Object:
    return {"faultInjection": {"abort": {"httpStatus": status}}}


def selecting(name: str, spec: Object) -> Object:
    made = policy(name, spec)
    del made["spec"]["targetRefs"]
    made["spec"]["targetSelectors"] = [{"kind": "HTTPRoute", "matchLabels": {"team": "a"}}]
    return made


def objects() -> Iterator[Object]:
    yield policy(
        "all",
        {**abort(430), "timeout": {"http": {"requestTimeout": "100ms"}}},
        target={"kind": "Gateway", "name": "edge"},
    )
    yield policy("listener", abort(431), target={"kind": "Gateway", "name": "edge", "sectionName": "other"})
    yield route("plain", hostnames=(host("plain"),))
    rules = [rule("web", path("PathPrefix", "/special"), name="special"), rule("web")]
    yield route("own", *rules, hostnames=(host("own"),))
    yield policy("own", abort(432))
    yield policy("special", abort(433), target={"name": "own", "sectionName": "special"})
    yield route("deprecated", hostnames=(host("deprecated"),))
    old = policy("deprecated", abort(435))
    old["spec"]["targetRef"] = old["spec"].pop("targetRefs")[0]
    yield old
    selected = route("selected", hostnames=(host("selected"),))
    selected["metadata"]["labels"] = {"team": "a"}
    yield selected
    yield selecting("selecting", abort(434))
    yield route("merged", hostnames=(host("merged"),))
    yield policy(
        "merged", {"mergeType": "StrategicMerge", "faultInjection": {"abort": {"httpStatus": 418, "percentage": 0}}}
    )
    yield route("unmerged", hostnames=(host("unmerged"),))
    yield policy("unmerged", {"faultInjection": {"abort": {"httpStatus": 418, "percentage": 0}}})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    listeners: list[Object] = [
        {"name": "http", "protocol": "HTTP"},
        {"name": "other", "protocol": "HTTP", "port": OTHER},
    ]
    with running(tmp_path_factory.mktemp("attachment"), list(objects()), listeners=listeners) as started:
        yield started


@pytest.mark.parametrize(
    ("case", "target", "status", "elsewhere"),
    [
        ("plain", "/", 430, 431),
        ("own", "/", 432, 432),
        ("own", "/special", 433, 433),
        ("deprecated", "/", 435, 435),
    ],
)
def test_precedence(scene: Scene, case: str, target: str, status: int, elsewhere: int) -> None:
    assert scene.get(target, host=host(case)).status == status
    assert scene.fleet.get(OTHER, target, host=host(case)).status == elsewhere


def test_selectors(scene: Scene) -> None:
    assert scene.get(host=host("selected")).status == 434


def test_merging(scene: Scene) -> None:
    """The Gateway's timeout is in force beside the route's fault; at the other listener its policy has none."""
    assert scene.get("/?delay=0.4", host=host("merged")).status == 504
    assert scene.fleet.get(OTHER, "/?delay=0.4", host=host("merged")).status == 200
    assert scene.get("/?delay=0.4", host=host("unmerged")).status == 200
