"""The examples of `examples/policies` about routes do what their comments say."""

from __future__ import annotations

from pathlib import Path

from tests.examples.test_proxy_policies import running
from tests.support.wait import eventually


def test_security(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    (secrets / "shop" / "clients").mkdir(parents=True)
    (secrets / "shop" / "clients" / "mobile-app").write_text("k3y\n")
    with running("security", tmp_path, serve=("--secrets", secrets)) as (fleet, ports):
        key = {"x-api-key": "k3y"}
        eventually(lambda: fleet.get(ports[10080], headers=key).status == 200)
        told = fleet.get(ports[10080], headers=key).json["headers"]
        assert (told["x-client"], "x-api-key" in told) == ("mobile-app", False)
        assert fleet.get(ports[10080]).status == 401
        assert fleet.get(ports[10080], headers=key, method="POST").status == 403


def test_extension(tmp_path: Path) -> None:
    with running("extension", tmp_path, config="allowLua: true\n") as (fleet, ports):
        answer = fleet.get(ports[10080], headers={"user-agent": "Something Mobile"})
        assert answer.json["headers"]["x-device"] == "phone"
        assert fleet.get(ports[10080]).json["headers"]["x-device"] == "desktop"


def test_route_filter(tmp_path: Path) -> None:
    with running("route-filter", tmp_path) as (fleet, ports):
        assert fleet.get(ports[10080], "/v2/books").json["path"] == "/books?version=2"
        closed = fleet.get(ports[10080], "/closed")
        assert (closed.status, closed.json) == (503, {"closed": "/closed"})
