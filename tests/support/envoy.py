"""A real Envoy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests.support import binaries
from tests.support.client import Answer, fetch
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually, listens

START = 30.0
"""Seconds until an Envoy must be ready."""


class EnvoyProxy:
    """Envoy with a bootstrap, one worker thread, and its admin interface on a free loopback port; a context manager.

    Args:
        bootstrap: YAML text or the mapping itself; its `admin` is replaced.
        directory: for its configuration and log.
        wait: on entering, wait until it is ready (its listeners and clusters have been initialised).
        drain_time: seconds in which it drains replaced listeners.
        admin_port: of the admin interface; 0: any.
        args: more of the command line.
    """

    def __init__(
        self,
        bootstrap: str | Mapping[str, Any],
        directory: Path,
        *,
        wait: bool = True,
        drain_time: int = 600,
        admin_port: int = 0,
        args: Sequence[str] = (),
    ) -> None:
        config = dict(yaml.safe_load(bootstrap) if isinstance(bootstrap, str) else bootstrap)
        self.admin_port = admin_port or free_port()
        config["admin"] = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": self.admin_port}}}
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"envoy-{self.admin_port}.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False))
        options = ["--disable-hot-restart", *args]
        usual = {"--concurrency": "1", "--log-level": "warning", "--drain-time-s": str(drain_time)}
        options += [part for pair in usual.items() if pair[0] not in args for part in pair]
        self.process = Process([binaries.envoy(), "-c", path, *options], log=path.with_suffix(".log"))
        self._wait = wait

    def __enter__(self) -> Self:
        self.process.__enter__()
        try:
            if self._wait:
                self.wait_ready()
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.stop()

    def admin(self, path: str, method: str = "GET") -> Answer:
        """Asks the admin interface."""
        return fetch(self.admin_port, path, host="admin", method=method)

    def ready(self) -> bool:
        """True when Envoy says that it serves."""
        self.process.check_running()
        try:
            return self.admin("/ready").status == 200
        except (OSError, HTTPException):
            return False

    def wait_ready(self, seconds: float = START) -> None:
        """Waits until it is ready.

        Raises:
            AssertionError: it is not, in time; with the end of its log.
        """
        try:
            eventually(self.ready, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.process.output()[-2000:]}") from error

    def wait_listening(self, port: int, address: str = "127.0.0.1", seconds: float = START) -> None:
        """Waits until a listener accepts connections."""

        def connects() -> bool:
            self.process.check_running()
            return listens(port, address)

        eventually(connects, seconds=seconds)

    def stats(self, pattern: str = "") -> dict[str, Any]:
        """Counters, gauges and text readouts whose names match a regular expression."""
        told = json.loads(self.admin(f"/stats?format=json&filter={pattern}").body)
        return {entry["name"]: entry["value"] for entry in told["stats"] if "name" in entry}

    def config_dump(self) -> dict[str, Any]:
        """What it runs, endpoints included."""
        dump: dict[str, Any] = self.admin("/config_dump?include_eds").json
        return dump
