"""What commands load: a start is as short as what it imports. Modules are named here, times are for the benchmarks."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.exits import STORE
from tests.support.repository import GitRepository

_LOADED = """\
import json, sys
from reconciler.cli.main import run
code = run(sys.argv[1:])
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(code)
"""

_MANIFESTS = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edge}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: edge
  listeners: [{name: http, protocol: HTTP, port: 8080}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: [{name: shop, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {ports: [{port: 80}]}
"""


ABSENT = (
    *("grpcroute", "tlsroute", "tcproute", "udproute", "configmap", "backendtlspolicy", "backend", "httproutefilter"),
    *("backendtrafficpolicy", "clienttrafficpolicy", "securitypolicy", "envoyextensionpolicy", "envoyproxy"),
)
"""Kinds that the manifests above have none of."""


def loaded_by(*words: str | Path, code: int = 0) -> set[str]:
    """The modules that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture(scope="module")
def publishes(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """What a first publish loads, of a repository with HTTPRoutes only, and what another one of the same."""
    repository = GitRepository(tmp_path_factory.mktemp("imports") / "repository")
    repository.commit("Begin", {"all.yaml": _MANIFESTS})
    command: list[str | Path] = [
        "publish",
        "--repo",
        repository.path,
        "--store",
        f"file://{repository.path.parent / 'store'}",
    ]
    first, again = (loaded_by(*command, "--envoy-validate", "never", "-o", "json") for _ in range(2))
    return first, again


@pytest.fixture(scope="module")
def published(publishes: tuple[set[str], set[str]]) -> set[str]:
    """What a first publish loads."""
    return publishes[0]


@pytest.mark.parametrize("module", ["envoy", "reconciler.snapshot.check", "reconciler.translate.fleet"])
def test_publish_loads_what_assembles_fleets_only_where_one_has_changed(
    publishes: tuple[set[str], set[str]], module: str
) -> None:
    first, again = publishes
    assert module in first
    assert module not in again


@pytest.mark.parametrize("library", ["typer", "rich", "boto3", "grpc", "cryptography", "jinja2"])
def test_publish_loads_only_the_libraries_it_needs(published: set[str], library: str) -> None:
    assert library not in published


@pytest.mark.parametrize("kind", ABSENT)
def test_publish_loads_only_the_kinds_it_meets(published: set[str], kind: str) -> None:
    assert "reconciler.manifests.httproute" in published
    assert f"reconciler.manifests.{kind}" not in published


def test_serve_loads_no_more_than_a_sidecar_needs() -> None:
    """It ends at once, when all is loaded, as somebody else listens at its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        loaded = loaded_by("serve", "--store", "file:///no/such/store", "--listen", address, code=STORE)
    assert "grpc" in loaded
    assert not loaded & {"typer", "rich", "pydantic", "git", "yaml", "boto3", "envoy_data_plane", "re2"}
