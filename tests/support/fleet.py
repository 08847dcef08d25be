"""The whole way for traffic tests: a repository, a store, `gitway serve`, and an Envoy that gets all from it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.client import Answer, fetch
from tests.support.envoy import EnvoyProxy
from tests.support.gitway import COMMAND, succeed
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.repository import GitRepository
from tests.support.wait import eventually

CONFIG = "addresses: [127.0.0.0/8]\n"
_WATCHED = ("Listener", "Cluster", "RouteConfiguration")


class RunningFleet:
    """One Gateway's Envoy; a context manager.

    Args:
        directory: for everything.
        name: `namespace/name` of the Gateway.
        files: the repository's files, by path.
        protocol: `delta` or `sotw`.
        publish, serve, bootstrap: more options for these commands.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        files: Mapping[str, Any],
        *,
        protocol: str = "delta",
        publish: tuple[object, ...] = (),
        serve: tuple[object, ...] = (),
        bootstrap: tuple[object, ...] = (),
    ) -> None:
        self.name = name
        self.repository = GitRepository(directory / "repository")
        self.store = f"file://{directory / 'store'}"
        self._directory = directory
        self._protocol = protocol
        self._publish = publish
        self._serve = serve
        self._bootstrap = bootstrap
        self._files = {"gitway.yaml": CONFIG, **files}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            told = self.publish("First", self._files, wait=False)
            xds = f"unix:{self._directory / 'xds.sock'}"
            serve = [*COMMAND, "serve", "--store", self.store, "--listen", xds, "--poll", "0.1"]
            # Nothing here is about old connections: what goes from a release goes from Envoy at once.
            serve += ["--drain-time", "0", *map(str, self._serve)]
            self.sidecar = stack.enter_context(Process(serve, log=self._directory / "serve.log"))
            options = ["--xds", xds, "--fleet", self.name, "--protocol", self._protocol]
            options += ["--stats", f"127.0.0.1:{free_port()}"]
            self.envoy = stack.enter_context(self._envoy(*options, "--store", self.store, *self._bootstrap))
            self._wait_for(told)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _envoy(self, *options: object) -> EnvoyProxy:
        admin = free_port()
        bootstrap = succeed("bootstrap", *options, "--admin", f"127.0.0.1:{admin}").stdout
        args = succeed("bootstrap", *options, "--args").stdout.split() if "prometheus_stats" in bootstrap else ()
        return EnvoyProxy(bootstrap, self._directory, admin_port=admin, args=args)

    def publish(self, subject: str, files: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Commit files and publish; wait until Envoy has taken it."""
        self.repository.commit(subject, files)
        return self.publish_head(wait=wait)

    def publish_head(self, *, wait: bool = True) -> dict[str, Any]:
        """Publish the newest commit; give the fleet's entry of `publish -o json`."""
        command = ["publish", "--repo", self.repository.path, "--store", self.store, "-o", "json", *self._publish]
        fleet: dict[str, Any] = succeed(*command).json["fleets"][self.name]
        if wait:
            self._wait_for(fleet)
        return fleet

    def get(self, port: int, path: str = "/", **options: Any) -> Answer:
        """One request through Envoy."""
        return fetch(port, path, **options)

    def _wait_for(self, fleet: Mapping[str, Any]) -> None:
        """Wait until Envoy reports the versions that were published."""
        types = fleet["types"].items()
        versions = {told["version"] for url, told in types if url.rpartition(".")[2] in _WATCHED and told["count"]}

        def arrived() -> bool:
            # After "+" is what the sidecar has added of its own.
            return versions <= {str(text).partition("+")[0] for text in self.envoy.stats("version_text").values()}

        eventually(arrived)
