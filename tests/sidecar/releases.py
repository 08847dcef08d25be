"""Made-up releases: resources are names with a text that stands for their content."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sidecar.protocol import View, content
from reconciler.snapshot.model import (
    CLUSTER,
    CLUSTER_LOAD_ASSIGNMENT,
    LISTENER,
    ROUTE_CONFIGURATION,
    SECRET,
    Resource,
    resource_version,
)

CDS, EDS, LDS, RDS, SDS = CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION, SECRET
FLEET = "infra/edge"

State = Mapping[str, Mapping[str, str]]
"""Type URL → name → content."""


class Releases:
    """Consecutive releases of one fleet: a type keeps its version while its resources stay the same."""

    def __init__(self) -> None:
        self._serial = 0
        self._state: dict[str, dict[str, str]] = {}
        self._versions: dict[str, str] = {}
        self._last: View | None = None

    def next(self, state: State) -> View:
        """The view of the next release."""
        self._serial += 1
        previous = self._last.contents if self._last else {}
        contents = {}
        for url in sorted({*self._state, *state}):
            resources = dict(state.get(url, {}))
            if url not in self._versions or self._state.get(url) != resources:
                self._versions[url] = f"{self._serial}.{abs(hash(tuple(sorted(resources.items())))) % 10**6}"
            self._state[url] = resources
            version = self._versions[url]
            old = previous.get(url)
            if old is not None and old.version == version:
                contents[url] = old
            else:
                contents[url] = content(url, version, [resource(*each) for each in resources.items()], old)
        self._last = View(FLEET, self._serial, f"release-{self._serial}", f"snapshot-{self._serial}", contents)
        return self._last


def resource(name: str, text: str) -> Resource:
    """A resource whose content is a text."""
    value = text.encode()
    return Resource(name, resource_version(value), value)


def site(
    clusters: str = "x", listener: str = "l:1", routes: str = "1", endpoints: str = "1", cluster: str = "1"
) -> dict[str, dict[str, str]]:
    """A whole fleet: clusters (one letter each) with endpoints, one listener (`name:content`) with one route table."""
    name, _, text = listener.partition(":")
    return {
        CDS: dict.fromkeys(clusters, cluster),
        EDS: dict.fromkeys(clusters, endpoints),
        LDS: {name: text},
        RDS: {"table": routes},
    }


def reference(*secrets: str) -> str:
    """The content of a resource that refers to secrets by SDS, as the encoded messages do."""
    return "".join(f"\n{chr(len(secret))}{secret}\x12\x02\x1a\x00" for secret in secrets)
