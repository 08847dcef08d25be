"""Which listener and which route take a host: exact names, wildcards, intersection and isolation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.manifests import route
from tests.support.ports import free_port
from tests.traffic.scene import Object, Scene, backend_of, rule, running


def on(listener: str, backend: str, *hostnames: str) -> Object:
    """A route of one listener."""
    return route(backend, rule(backend), hostnames=hostnames, parentRefs=[{"name": "edge", "sectionName": listener}])


ISOLATED: list[Object] = [
    {"name": "exact", "protocol": "HTTP", "hostname": "exact.example.com"},
    {"name": "wildcard", "protocol": "HTTP", "hostname": "*.example.com"},
    {"name": "empty", "protocol": "HTTP", "hostname": "*.empty.example.com"},
    {"name": "empty-exact", "protocol": "HTTP", "hostname": "none.example.com"},
    {"name": "any", "protocol": "HTTP"},
]

ISOLATED_ROUTES = [
    on("exact", "exact"),
    on("wildcard", "wildcard"),
    on("any", "any"),
    # The listener `wildcard` is more specific for the one, `empty` for the other: neither is ever taken.
    on("any", "not-mine", "stolen.example.com", "some.empty.example.com", "none.example.com"),
    on("wildcard", "below-empty", "some.empty.example.com"),
]

ISOLATED_CASES = {
    "exact.example.com": "exact",
    "EXACT.Example.com": "exact",
    "exact.example.com:1234": "exact",
    "other.example.com": "wildcard",
    "other.example.com:80": "wildcard",
    "two.labels.example.com": "wildcard",
    "below.exact.example.com": "wildcard",
    "stolen.example.com": "wildcard",
    "example.com": "any",
    "badexample.com": "any",
    "127.0.0.1": "any",
    "localhost:8080": "any",
    # Listeners without a route take their hosts all the same, and have nothing to answer.
    "some.empty.example.com": "",
    "deep.below.empty.example.com": "",
    "none.example.com": "",
    "none.example.com:1234": "",
    "empty.example.com": "wildcard",
}

ONE_LISTENER: list[Object] = [{"name": "only", "protocol": "HTTP", "hostname": "*.only.test"}]

ONE_LISTENER_ROUTES = [
    on("only", "specific", "specific.only.test", "elsewhere.test"),
    on("only", "narrower", "*.narrower.only.test"),
    on("only", "wider", "*.test"),
]

ONE_LISTENER_CASES = {
    "specific.only.test": "specific",
    "below.narrower.only.test": "narrower",
    "narrower.only.test": "wider",
    "a.only.test": "wider",
    "a.b.only.test": "wider",
    "below.specific.only.test": "wider",
    # Hosts of routes that the listener does not have.
    "only.test": "",
    "elsewhere.test": "",
    "other.test": "",
}

OPEN: list[Object] = [{"name": "open", "protocol": "HTTP"}]

OPEN_ROUTES = [
    on("open", "one-host", "one.open.test"),
    on("open", "wild-host", "*.open.test"),
    on("open", "deeper", "*.deep.open.test"),
    on("open", "several", "first.test", "second.test"),
]

OPEN_CASES = {
    "one.open.test": "one-host",
    "two.open.test": "wild-host",
    "below.one.open.test": "wild-host",
    "a.deep.open.test": "deeper",
    "deep.open.test": "wild-host",
    "first.test": "several",
    "second.test": "several",
    "third.test": "",
    "open.test": "",
}

# The same route on every listener of its Gateway, or on those of a port.
EVERYWHERE = route("everywhere", rule("everywhere"), hostnames=("everywhere.test",))

TABLES = {"isolated": ISOLATED_CASES, "one": ONE_LISTENER_CASES, "open": OPEN_CASES}
CASES = [(port, host, backend) for port, table in TABLES.items() for host, backend in table.items()]


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: free_port() for name in (*TABLES, "by-port")}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]) -> Iterator[Scene]:
    by_port: list[Object] = [{"name": "by-port", "protocol": "HTTP"}]
    groups = (("isolated", ISOLATED), ("one", ONE_LISTENER), ("open", OPEN), ("by-port", by_port))
    listeners = [{**listener, "port": ports[name]} for name, group in groups for listener in group]
    of_port = route("of-port", rule("of-port"), parentRefs=[{"name": "edge", "port": ports["by-port"]}])
    routes = [*ISOLATED_ROUTES, *ONE_LISTENER_ROUTES, *OPEN_ROUTES, EVERYWHERE, of_port]
    with running(tmp_path_factory.mktemp("hostnames"), routes, listeners=listeners) as started:
        yield started


def taken(scene: Scene, port: int, host: str, **options: Any) -> str:
    """The backend that answers; an empty string for a 404."""
    answer = scene.fleet.get(port, host=host, **options)
    assert answer.status == (200 if backend_of(answer) else 404)
    return backend_of(answer)


@pytest.mark.parametrize(("name", "host", "backend"), CASES)
def test_host(scene: Scene, ports: dict[str, int], name: str, host: str, backend: str) -> None:
    assert taken(scene, ports[name], host) == backend


@pytest.mark.parametrize(
    ("name", "backend"), [("isolated", "everywhere"), ("open", "everywhere"), ("by-port", "everywhere"), ("one", "")]
)
def test_a_route_without_section_is_on_every_listener_that_takes_its_host(
    scene: Scene, ports: dict[str, int], name: str, backend: str
) -> None:
    assert taken(scene, ports[name], "everywhere.test") == backend


def test_a_route_of_a_port_is_on_that_port_alone(scene: Scene, ports: dict[str, int]) -> None:
    assert taken(scene, ports["by-port"], "of-port.test") == "of-port"
    assert taken(scene, ports["open"], "of-port.test") == ""
