"""One Envoy for a whole table of cases: a Gateway, routes, and an echo backend for each Service they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.backends import Backend, Backends
from tests.support.client import Answer
from tests.support.fleet import CONFIG, RunningFleet
from tests.support.manifests import CLASS, gateway, service
from tests.support.ports import free_port

FLEET = "shop/edge"

Object = dict[str, Any]
"""A manifest, or a part of one."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A running fleet; `port` is its listener's, `backends` are by the name of their Service."""

    fleet: RunningFleet
    port: int
    backends: Mapping[str, Backend]

    def get(self, path: str = "/", **options: Any) -> Answer:
        """One request to the listener."""
        return self.fleet.get(self.port, path, **options)


@contextmanager
def running(
    directory: Path,
    objects: Sequence[Object],
    *,
    listeners: Sequence[Object] = (),
    spec: Mapping[str, Any] = MappingProxyType({}),
    config: str = "",
    **options: Any,
) -> Iterator[Scene]:
    """A fleet with these objects and a Service with its EndpointSlice for every one that routes name and that is not
    among them; `missing` is the name of one that is not there.

    Args:
        listeners: instead of one for HTTP that takes any host; those without a port get that of the scene.
        spec: more of the Gateway's spec.
        config: more of `gitway.yaml`.
        options: those of `RunningFleet`.
    """
    port = free_port()
    edge = gateway(port=port)
    if listeners:
        edge["spec"]["listeners"] = [{"port": port, **listener} for listener in listeners]
    edge["spec"].update(spec)
    with Backends() as servers:
        backends = {name: servers.start(name) for name in sorted(_services(objects))}
        services = [item for name, backend in backends.items() for item in service(name, backend.port)]
        files = {"gateway.yaml": [CLASS, edge], "services.yaml": services, "objects.yaml": list(objects)}
        with RunningFleet(directory, FLEET, {"gitway.yaml": CONFIG + config, **files}, **options) as fleet:
            yield Scene(fleet, port, backends)


def rule(backend: str | Sequence[Object], *matches: Object, **more: Any) -> Object:
    """A rule to one Service of the name, or to some backendRefs."""
    refs = [{"name": backend, "port": 80}] if isinstance(backend, str) else list(backend)
    return {"backendRefs": refs, **({"matches": list(matches)} if matches else {}), **more}


def path(kind: str, value: str, **more: Any) -> Object:
    """A match of the path, and of more."""
    return {"path": {"type": kind, "value": value}, **more}


def backend_of(answer: Answer) -> str:
    """Who answered, also where there is no body; an empty string: Envoy itself."""
    return answer.headers.get("x-backend", "")


def _services(objects: Sequence[Object]) -> set[str]:
    given = {item["metadata"]["name"] for item in objects if item["kind"] == "Service"}
    refs = [ref for item in objects if item["kind"].endswith("Route") for ref in _refs(item)]
    return {ref["name"] for ref in refs if ref.get("kind", "Service") == "Service"} - given - {"missing"}


def _refs(route: Object) -> Iterator[Object]:
    for each in route["spec"]["rules"]:
        yield from each.get("backendRefs", ())
        for holder in (each, *each.get("backendRefs", ())):
            filters = holder.get("filters", ())
            yield from (one["requestMirror"]["backendRef"] for one in filters if "requestMirror" in one)
