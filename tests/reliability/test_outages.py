"""Static stability: whatever happens to the store, the sidecar or the disk, traffic goes on and Envoys start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.reliability.load import Load
from tests.reliability.proxy import WAYS, Proxy
from tests.sidecar.envoys import Resources, listener, resources, route
from tests.sidecar.releases import CDS, FLEET
from tests.sidecar.running import Call, Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.client import fetch
from tests.support.ports import free_port
from tests.support.s3 import S3Server
from tests.support.wait import eventually

ONE = {FLEET: {CDS: {"x": b"\x0a\x01x"}}}


def site(port: int, to: str, backend: int) -> Resources:
    """A listener that sends all to one backend."""
    return resources({"web": listener(port, "table")}, {"table": route(to)}, {to: backend})


def killed(sidecar: Sidecar) -> None:
    """As the kernel does it when memory runs out."""
    sidecar.signal(signal.SIGKILL)
    sidecar.popen.wait()
    Path(sidecar.xds.removeprefix("unix:")).unlink()


@pytest.mark.parametrize("way", WAYS)
def test_a_store_that_fails(
    tmp_path: Path, s3_server: S3Server, backends: Backends, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Traffic goes on, Envoys that start are configured, a sidecar that was killed starts from its cache."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    publisher = Publisher(f"s3://{s3_server.create_bucket(f'b-{uuid4()}')}/edge")
    ports = {name: backends.start(name).port for name in ("blue", "green")}
    port = free_port()
    publisher.publish({FLEET: site(port, "blue", ports["blue"])})
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    with Proxy(s3_server.port) as proxy, ExitStack() as envoys:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{proxy.port}")

        def start(node: str, sidecar: Sidecar) -> None:
            """All Envoys share the port: none may end before the load does."""
            envoys.enter_context(connected(tmp_path / node, sidecar, node=node))
            eventually(lambda: node in [each["node"] for each in sidecar.admin("/nodes").json["nodes"]])

        with Sidecar(tmp_path, publisher.url, **options) as sidecar:
            start("a", sidecar)
            eventually(lambda: fetch(port).backend == "blue")
            eventually(lambda: (tmp_path / "cache" / "HEAD.json").exists())
            with Load(port, rate=100) as load:
                proxy.fail(way)
                if way not in {"hanging", "empty"}:
                    eventually(lambda: not sidecar.admin("/").json["store"]["up"])
                start("b", sidecar)
                killed(sidecar)
                with Sidecar(tmp_path, publisher.url, **options) as restarted:
                    eventually(lambda: "from the cache" in restarted.output())
                    start("c", restarted)
                    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_server.endpoint)
                    publisher.publish({FLEET: site(port, "green", ports["green"])})
                    proxy.mend()
                    served = [2, 2, 2]
                    eventually(lambda: [each["serial"] for each in restarted.admin("/nodes").json["nodes"]] == served)
            assert load.failed == []
            assert set(load.backends) == {"blue", "green"}


def test_a_store_that_stops_for_good(tmp_path: Path, backends: Backends) -> None:
    """Without a cache either, whatever is running goes on; an Envoy that was killed is configured again."""
    port = free_port()
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish({FLEET: site(port, "blue", backends.start("blue").port)})
    with Sidecar(tmp_path, publisher.url) as sidecar:
        with connected(tmp_path / "a", sidecar) as envoy:
            eventually(lambda: fetch(port).backend == "blue")
            shutil.rmtree(tmp_path / "store")
            eventually(lambda: "no release yet" in sidecar.output())
            envoy.process.signal(signal.SIGKILL)
            envoy.process.popen.wait()
        with connected(tmp_path / "b", sidecar):
            eventually(lambda: fetch(port).backend == "blue")
        assert sidecar.admin("/readyz").status == 200


def test_a_sidecar_that_is_killed_costs_no_request(tmp_path: Path, backends: Backends) -> None:
    """And what was published meanwhile arrives when it is back."""
    port = free_port()
    ports = {name: backends.start(name).port for name in ("blue", "green")}
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish({FLEET: site(port, "blue", ports["blue"])})
    with Sidecar(tmp_path, publisher.url) as sidecar, connected(tmp_path / "a", sidecar):
        eventually(lambda: fetch(port).backend == "blue")
        with Load(port, rate=200) as load:
            killed(sidecar)
            publisher.publish({FLEET: site(port, "green", ports["green"])})
            with Sidecar(tmp_path, publisher.url):
                eventually(lambda: fetch(port).backend == "green")
        assert load.failed == []


def test_a_full_disk_is_told_and_written_to_when_there_is_room(tmp_path: Path) -> None:
    """Serving does not need the cache; without another publish it is complete once there is room."""
    publisher = Publisher((tmp_path / "store").as_uri())
    other = {"infra/other": {CDS: {"y": os.urandom(300_000)}}}
    publisher.publish({FLEET: {CDS: {"x": os.urandom(300_000)}}, **other})
    cache = tmp_path / "cache"
    with Sidecar(tmp_path, publisher.url, cache=cache) as sidecar:
        subprocess.run(["prlimit", f"--pid={sidecar.pid}", "--fsize=100000:unlimited"], check=True)
        publisher.publish({FLEET: {CDS: {"x": os.urandom(300_000)}}, **other})
        sidecar.wait_serial(2)
        eventually(lambda: "File too large" in sidecar.output())
        for _ in range(10):
            polls = sidecar.admin("/").json["store"]["polls"]
            eventually(lambda before=polls: sidecar.admin("/").json["store"]["polls"] > before)  # type: ignore[misc]
        assert sidecar.output().count("File too large") <= 3  # once for each object, not at every look
        with Call(sidecar.xds, delta=True) as call:
            call.ask(CDS, fleet=FLEET)
            assert len(call.next().resources) == 1
        subprocess.run(["prlimit", f"--pid={sidecar.pid}", "--fsize=unlimited"], check=True)
        eventually(lambda: b'"serial":2' in (cache / "HEAD.json").read_bytes())
    shutil.rmtree(tmp_path / "store")
    with Sidecar(tmp_path / "again", publisher.url, cache=cache) as sidecar:
        sidecar.wait_serial(2)
        assert sorted(sidecar.admin("/").json["fleets"]) == [FLEET, "infra/other"]


@pytest.mark.parametrize("damage", ["snapshots", "releases", "HEAD.json"])
def test_a_damaged_cache_is_told_and_read_from_the_store_again(tmp_path: Path, damage: str) -> None:
    """With the store away it waits; when that is back the cache is whole again."""
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish(ONE)
    cache, store = tmp_path / "cache", tmp_path / "store"
    with Sidecar(tmp_path / "one", publisher.url, cache=cache):
        eventually(lambda: (cache / "HEAD.json").exists())
    found = cache / damage
    [spoilt] = found.iterdir() if found.is_dir() else [found]
    spoilt.write_bytes(b"garbage")
    store.rename(tmp_path / "away")
    store.write_text("not a directory")
    with Sidecar(tmp_path / "two", publisher.url, cache=cache) as sidecar:
        eventually(lambda: "damaged" in sidecar.output())
        assert sidecar.admin("/readyz").status == 503
        store.unlink()
        (tmp_path / "away").rename(store)
        sidecar.wait_serial(1)
        eventually(lambda: spoilt.read_bytes() != b"garbage")
    store.rename(tmp_path / "away")
    with Sidecar(tmp_path / "three", publisher.url, cache=cache) as sidecar:
        sidecar.wait_serial(1)
