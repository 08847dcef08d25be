"""A running Envoy follows the commits that are published, in both protocols of xDS alike."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.manifests import route
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running


@pytest.fixture(scope="module", params=["delta", "sotw"])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """`kept` is never touched; each test has a host of its own."""
    objects = [
        route(
            "kept", rule("one", path("PathPrefix", "/a")), rule("two", path("Exact", "/b")), hostnames=("kept.test",)
        ),
        route("others", rule("three"), rule("one"), rule("two"), hostnames=("others.test",)),
    ]
    with running(tmp_path_factory.mktemp(request.param), objects, protocol=request.param) as started:
        yield started


def publish(scene: Scene, name: str, *made: Object) -> None:
    """A commit with these objects in a file of that name, which the others leave alone."""
    scene.fleet.publish(f"Change {name}", {f"{name}.yaml": list(made)})


def to(name: str, backend: str, **more: Object) -> Object:
    return route(name, rule(backend, **more), hostnames=(f"{name}.test",))


def taken(scene: Scene, name: str, target: str = "/") -> str:
    """Who answers, or the status of an answer that is Envoy's own."""
    answer = scene.get(target, host=f"{name}.test")
    return backend_of(answer) or str(answer.status)


def follows(scene: Scene, name: str, expected: str) -> None:
    eventually(lambda: taken(scene, name) == expected)


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("kept", "/a/x", "one"),
        ("kept", "/b", "two"),
        ("kept", "/c", "404"),
        ("others", "/", "three"),
        ("no", "/", "404"),
    ],
)
def test_answers(scene: Scene, name: str, target: str, expected: str) -> None:
    assert taken(scene, name, target) == expected


def test_a_change_is_followed(scene: Scene) -> None:
    for backend in ("one", "two", "one"):
        publish(scene, "changed", to("changed", backend))
        follows(scene, "changed", backend)
    assert taken(scene, "kept", "/a") == "one"


def test_a_removed_route(scene: Scene) -> None:
    publish(scene, "removed", to("removed", "one"))
    follows(scene, "removed", "one")
    scene.fleet.repository.remove("removed.yaml")
    scene.fleet.publish("Remove", {})
    follows(scene, "removed", "404")
    assert taken(scene, "kept", "/a") == "one"


def test_a_revert_restores(scene: Scene) -> None:
    publish(scene, "reverted", to("reverted", "one"))
    follows(scene, "reverted", "one")
    before = scene.fleet.publish_head()
    publish(scene, "reverted", to("reverted", "two"), to("also-reverted", "two"))
    follows(scene, "reverted", "two")
    follows(scene, "also-reverted", "two")
    scene.fleet.repository.revert()
    after = scene.fleet.publish_head()
    follows(scene, "reverted", "one")
    follows(scene, "also-reverted", "404")
    assert after["snapshot"] == before["snapshot"]


def test_a_mistake_hurts_its_own_route(scene: Scene) -> None:
    publish(scene, "mistaken", to("mistaken", "missing"))
    follows(scene, "mistaken", "500")
    assert taken(scene, "kept", "/a") == "one"
    publish(scene, "mistaken", to("mistaken", "two"))
    follows(scene, "mistaken", "two")


def test_endpoints_move(scene: Scene) -> None:
    """Only an EndpointSlice changes: the cluster and its route stay."""
    of_service = {"kubernetes.io/service-name": "moving"}
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"name": "http", "port": 80}]}}
    endpoints = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4"}
    metadata = {"name": "moving", "namespace": "shop"}
    for backend in ("one", "two"):
        where = {
            "metadata": {**metadata, "labels": of_service},
            "ports": [{"name": "http", "port": scene.backends[backend].port}],
            "endpoints": [{"addresses": ["127.0.0.1"]}],
        }
        publish(scene, "moving", to("moving", "moving"), {**service, "metadata": metadata}, {**endpoints, **where})
        follows(scene, "moving", backend)


def test_a_restarted_envoy_is_given_everything(scene: Scene) -> None:
    publish(scene, "restarted", to("restarted", "one"))
    follows(scene, "restarted", "one")
    scene.fleet.envoy.process.signal(signal.SIGKILL)
    scene.fleet.envoy.process.stop()
    scene.fleet.publish("While it is down", {"restarted.yaml": to("restarted", "two")}, wait=False)
    scene.fleet.envoy.__enter__()
    follows(scene, "restarted", "two")
    assert taken(scene, "kept", "/a") == "one"
