"""Timeouts of rules: a request that takes too long is answered with 504."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.manifests import route
from tests.traffic.scene import Scene, rule, running

TIMEOUTS: dict[str, dict[str, str]] = {
    "none": {},
    "request": {"request": "100ms"},
    "backend-request": {"backendRequest": "100ms"},
    "both": {"request": "1m", "backendRequest": "100ms"},
    "unlimited-request": {"request": "0s", "backendRequest": "100ms"},
    "unlimited-backend-request": {"request": "100ms", "backendRequest": "0s"},
    "zero-request": {"request": "0s"},
    "zero-backend-request": {"backendRequest": "0s"},
    "long": {"request": "1h"},
}
SHORT = sorted(name for name, timeouts in TIMEOUTS.items() if "100ms" in timeouts.values())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    routes = [
        route(name, rule("web", timeouts=timeouts), hostnames=(f"{name}.example.com",))
        for name, timeouts in TIMEOUTS.items()
    ]
    with running(tmp_path_factory.mktemp("timeouts"), routes) as started:
        yield started


@pytest.mark.parametrize("name", SHORT)
def test_a_request_that_takes_too_long(scene: Scene, name: str) -> None:
    assert scene.get("/?delay=60", host=f"{name}.example.com").status == 504


@pytest.mark.parametrize("name", sorted(TIMEOUTS.keys() - set(SHORT)))
def test_no_timeout_or_a_long_one(scene: Scene, name: str) -> None:
    assert scene.get("/?delay=0.3", host=f"{name}.example.com").status == 200


@pytest.mark.parametrize("name", ["zero-request", "zero-backend-request"])
def test_0s_is_no_timeout_at_all(scene: Scene, name: str) -> None:
    """Envoy itself has one of 15 s, which nobody wants to wait for here."""
    dump = scene.fleet.envoy.config_dump()["configs"]
    configs = [one["route_config"] for part in dump for one in part.get("dynamic_route_configs", ())]
    hosts = {host["domains"][0]: host for config in configs for host in config["virtual_hosts"]}
    assert [each["route"]["timeout"] for each in hosts[f"{name}.example.com"]["routes"]] == ["0s"]
