"""`python -m tests.reliability.soak`: 200 publishes with Envoys coming and going; memory and descriptors stay flat."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from tests.reliability.test_traffic import DRAIN_TIME, Site, taken
from tests.sidecar.releases import FLEET, LDS
from tests.sidecar.running import Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.binaries import envoy
from tests.support.client import fetch
from tests.support.wait import eventually

PUBLISHES = 200
SETTLED = 50
"""Publishes after which what is kept for good has been kept."""
EVERY = 10
"""Publishes from one Envoy's coming to the next."""
MORE_MIB = 8.0
MORE_DESCRIPTORS = 4


def main() -> int:
    """Prints the figures; 1 where they grow."""
    os.environ["GITWAY_ENVOY"] = str(envoy())
    with tempfile.TemporaryDirectory(prefix="gitway-soak-") as directory, Backends() as backends:
        return _soak(Path(directory), backends)


def _soak(directory: Path, backends: Backends) -> int:
    publisher = Publisher((directory / "store").as_uri())
    site = Site(directory, {name: backends.start(name).port for name in ("blue", "green")})
    site.rotate()
    publisher.publish({FLEET: site.release(0)})
    figures: list[tuple[int, float, int]] = []
    options = {"secrets": (str(site.secrets),), "cache": directory / "cache", "drain_time": DRAIN_TIME}
    with (
        Sidecar(directory, publisher.url, **options) as sidecar,
        connected(directory / "first", sidecar, drain_time=DRAIN_TIME) as first,
    ):
        eventually(lambda: fetch(site.plain).status == 200)
        first.wait_listening(site.secure)
        for number in range(1, PUBLISHES + 1):
            if number % 5 == 0:
                site.rotate()
            version = publisher.publish({FLEET: site.release(number)}).release.fleets[FLEET].types[LDS].version
            eventually(lambda version=version: taken(first, version))  # type: ignore[misc]
            if number % EVERY == 0:
                _another_envoy(directory, sidecar, number)
                figures.append((number, _mib(sidecar), _descriptors(sidecar)))
                print("{:>5} publishes: {:6.1f} MiB, {} descriptors".format(*figures[-1]), flush=True)
    settled = next(each for each in figures if each[0] >= SETTLED)
    grown, opened = figures[-1][1] - settled[1], figures[-1][2] - settled[2]
    print(f"grown since publish {SETTLED}: {grown:+.1f} MiB (at most {MORE_MIB}), {opened:+} descriptors")
    return int(grown > MORE_MIB or opened > MORE_DESCRIPTORS)


def _another_envoy(directory: Path, sidecar: Sidecar, number: int) -> None:
    """One that comes, is configured, and goes."""
    with connected(directory / f"guest-{number}", sidecar, node=f"guest-{number}"):
        eventually(lambda: len(sidecar.admin("/nodes").json["nodes"]) == 2)
    eventually(lambda: len(sidecar.admin("/nodes").json["nodes"]) == 1)


def _mib(sidecar: Sidecar) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{sidecar.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def _descriptors(sidecar: Sidecar) -> int:
    return len(list(Path(f"/proc/{sidecar.pid}/fd").iterdir()))


if __name__ == "__main__":
    sys.exit(main())
