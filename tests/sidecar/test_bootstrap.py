"""The bootstrap, as a real Envoy judges it."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.sidecar.bootstrap import BootstrapError, BootstrapOptions, bootstrap
from tests.support import binaries
from tests.support.certificates import self_signed

FLEET = "infra/edge"


@pytest.mark.parametrize(
    "options",
    [
        {"xds": "127.0.0.1:18000"},
        {"xds": "[::1]:18000", "protocol": "sotw", "node_id": "a"},
        {"xds": "unix:/run/gitway.sock", "admin": None},
        {"xds": "xds.example:18000", "tls": True},
        {"xds": "unix:/run/gitway.sock", "tls": True},
    ],
    ids=lambda options: options["xds"],
)
def test_envoy_accepts_it(tmp_path: Path, options: dict[str, Any]) -> None:
    if options.pop("tls", False):
        certificate, key = self_signed("xds.example")
        for name, content in {"tls_ca": certificate, "tls_cert": certificate, "tls_key": key}.items():
            options[name] = tmp_path / name
            options[name].write_bytes(content)
    path = tmp_path / "envoy.yaml"
    path.write_text(bootstrap(BootstrapOptions(fleet=FLEET, **options)))
    command = [str(binaries.envoy()), "-c", str(path), "--mode", "validate", "-l", "warning"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr


def test_who_it_is_and_how_it_asks() -> None:
    config = yaml.safe_load(bootstrap(BootstrapOptions("127.0.0.1:18000", FLEET)))
    assert config["node"] == {"id": socket.gethostname(), "cluster": FLEET}
    ads = config["dynamic_resources"]["ads_config"]
    assert (ads["api_type"], ads["set_node_on_first_message_only"]) == ("DELTA_GRPC", True)
    assert config["admin"]["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 19000}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"xds": "nonsense", "fleet": FLEET}, "HOST:PORT"),
        ({"xds": "127.0.0.1:1", "fleet": ""}, "--fleet"),
        ({"xds": "127.0.0.1:1", "fleet": FLEET, "admin": "x"}, "HOST:PORT"),
        ({"xds": "127.0.0.1:1", "fleet": FLEET, "tls_ca": Path("ca")}, "--tls-cert"),
    ],
)
def test_options_from_which_none_can_be_made(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BootstrapError, match=message):
        bootstrap(BootstrapOptions(**options))
