"""The examples of `examples/policies` about listeners, backends and whole fleets do what their comments say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.backends import Backends
from tests.support.fleet import CONFIG, RunningFleet
from tests.support.ports import free_port
from tests.support.wait import eventually

EXAMPLES = Path(__file__).parents[2] / "examples"
LISTENERS = (10080, 10082)
SERVICES = {"web": 11081, "web-v2": 11082, "audit": 11083}


@contextmanager
def running(
    name: str, directory: Path, *, fleet: str = "shop/edge", config: str = "", serve: tuple[object, ...] = ()
) -> Iterator[tuple[RunningFleet, dict[int, int]]]:
    """The example, and free ports for those of its manifests."""
    with Backends() as backends:
        ports = {port: free_port() for port in LISTENERS}
        ports |= {port: backends.start(service).port for service, port in SERVICES.items()}
        files = {"gitway.yaml": CONFIG + config}
        for folder in (EXAMPLES / "gateway-api" / "base", EXAMPLES / "policies" / name):
            for file in sorted(folder.glob("*.yaml")):
                text = file.read_text().replace("/tmp/gitway-example", str(directory / "example"))
                for port, free in ports.items():
                    text = re.sub(rf"\b(port: |http-){port}\b", rf"\g<1>{free}", text)
                files[f"{folder.name}/{file.name}"] = text
        with RunningFleet(directory, fleet, files, serve=serve) as started:
            yield started, ports


def test_client_traffic(tmp_path: Path) -> None:
    with running("client-traffic", tmp_path) as (fleet, ports):
        answer = fleet.get(ports[10080], headers={"x-internal-user": "me", "x-forwarded-for": "203.0.113.7"})
        ready = fleet.get(ports[10080], "/ready")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-internal-user" not in answer.json["headers"]
    assert (ready.status, ready.body) == (200, b"")


def test_envoy_proxy(tmp_path: Path) -> None:
    log = tmp_path / "example-access.log"
    with running("envoy-proxy", tmp_path, fleet="shop/observed") as (fleet, ports):
        assert fleet.get(ports[10082], "/never?status=503").backend == "web"
        assert fleet.get(ports[10082], "/good").status == 200
        assert eventually(lambda: "/never" in log.read_text())
        assert "/good" not in log.read_text()


def test_envoy_patch(tmp_path: Path) -> None:
    with running("envoy-patch", tmp_path, config="allowEnvoyPatchPolicy: true\n") as (fleet, ports):
        assert fleet.get(ports[10080]).headers["x-served-by"] == "gitway"


def test_backend_traffic_of_a_gateway(tmp_path: Path) -> None:
    with running("backend-traffic-gateway", tmp_path) as (fleet, ports):
        accepted = {"accept-encoding": "gzip, br"}
        plain = fleet.get(ports[10080], f"/{'x' * 200}", host="www.example.com", headers=accepted)
        report = fleet.get(ports[10080], f"/reports/{'x' * 200}", host="www.example.com", headers=accepted)
        for path in ("/?status=500", "/reports?status=500"):
            failed = fleet.get(ports[10080], path, host="www.example.com")
            assert (failed.status, failed.body) == (500, b"Something went wrong. Please try again.")
    assert "content-encoding" not in plain.headers
    assert report.headers["content-encoding"] == "br"


def test_backend_traffic_limits(tmp_path: Path) -> None:
    with running("backend-traffic-limits", tmp_path) as (fleet, ports):

        def order(user: str, method: str = "POST") -> int:
            headers = {"x-user": user}
            return fleet.get(ports[10080], host="www.example.com", method=method, headers=headers).status

        assert [order("jo") for _ in range(6)] == [200] * 5 + [429]
        assert (order("mo"), order("jo", "GET")) == (200, 200)
