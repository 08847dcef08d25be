"""EnvoyProxies: how Envoy is started, and which statistics there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.client import fetch
from tests.support.collector import METRICS, Collector
from tests.support.gitway import succeed
from tests.support.manifests import CLASS, gateway, route, service
from tests.support.ports import free_port
from tests.support.repository import GitRepository
from tests.support.wait import eventually
from tests.traffic.policies.objects import envoy_gateway
from tests.traffic.scene import FLEET, Object, Scene, rule, running

SPEC = {"infrastructure": {"parametersRef": {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "proxy"}}}
MERGED = """
stats_flush_interval: 0.2s
layeredRuntime: {layers: [{name: gitway, static_layer: {own.key: 7}}]}
node: {locality: {zone: north}, cluster: another}
"""


def proxy(**spec: Any) -> Object:
    return envoy_gateway("EnvoyProxy", "proxy", **spec)


def change(kind: str, **content: Any) -> Object:
    return proxy(bootstrap={"type": kind, **content})


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


@pytest.fixture(scope="module")
def stats_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, collector: Collector, stats_port: int) -> Iterator[Scene]:
    sink = {
        "backendRefs": [{"name": "collector", "port": 80}],
        "headers": [{"name": "x-tenant", "value": "shop"}],
        "resourceAttributes": {"region": "north"},
        "reportCountersAsDeltas": True,
    }
    metrics = {
        "prometheus": {"compression": {"type": "Gzip", "minContentLength": "100"}},
        "sinks": [{"type": "OpenTelemetry", "openTelemetry": sink}],
        "matches": [
            {"type": "Prefix", "value": "cluster."},
            {"type": "RegularExpression", "value": "(vhost|server).*|.*version_text"},
        ],
        "enableVirtualHostStats": True,
        "enablePerEndpointStats": True,
        "enableRequestResponseSizesStats": True,
    }
    asked = proxy(
        telemetry={"metrics": metrics},
        bootstrap={"type": "Merge", "value": MERGED},
        concurrency=2,
        logging={"level": {"default": "error", "upstream": "info"}},
        shutdown={"drainTimeout": "90s"},
        extraArgs=["--parent-shutdown-time-s", "1000"],
    )
    objects = [*service("collector", collector.port), asked, route("all", rule("web"))]
    options = ("--stats", f"127.0.0.1:{stats_port}")
    with running(tmp_path_factory.mktemp("start"), objects, spec=SPEC, bootstrap=options) as scene:
        assert scene.get("/").status == 200
        yield scene


def test_the_command_line(scene: Scene) -> None:
    told = scene.fleet.envoy.admin("/server_info").json["command_line_options"]
    assert (told["concurrency"], told["drain_time"], told["drain_strategy"]) == (2, "90s", "Immediate")
    assert (told["log_level"], told["component_log_level"]) == ("error", "upstream:info")
    assert told["parent_shutdown_time"] == "1000s"


def test_a_bootstrap_that_is_merged(scene: Scene) -> None:
    (bootstrap,) = (part["bootstrap"] for part in scene.fleet.envoy.config_dump()["configs"] if "bootstrap" in part)
    assert bootstrap["stats_flush_interval"] == "0.200s"
    assert (bootstrap["node"]["locality"], bootstrap["node"]["cluster"]) == ({"zone": "north"}, FLEET)
    (layer,) = bootstrap["layered_runtime"]["layers"]
    assert (layer["static_layer"]["own.key"], len(layer["static_layer"])) == (7, 3)


def test_the_page_for_prometheus(scene: Scene, stats_port: int) -> None:
    page = fetch(stats_port, "/stats/prometheus", headers={"accept-encoding": "gzip"})
    assert (page.status, page.headers["content-encoding"]) == (200, "gzip")
    assert b"envoy_cluster_upstream_rq" in fetch(stats_port, "/stats/prometheus").body
    assert fetch(stats_port, "/quitquitquit", method="POST").status == 404


def test_only_statistics_that_match(scene: Scene) -> None:
    told = scene.fleet.envoy.stats()
    names = {name.partition(".")[0] for name in told if not name.endswith("version_text")}
    assert names == {"cluster", "server", "vhost"}


def test_statistics_that_are_sent(scene: Scene, collector: Collector) -> None:
    assert eventually(lambda: collector.has(METRICS, "upstream_rq_total", "region", "north"))
    assert collector.metadata[METRICS]["x-tenant"] == "shop"


def test_statistics_of_hosts(scene: Scene) -> None:
    assert any(name.endswith("upstream_rq_200") for name in scene.fleet.envoy.stats(r"^vhost\..*\.vcluster\."))


def test_statistics_of_endpoints_and_sizes(scene: Scene) -> None:
    endpoint = f'envoy_endpoint_address="127.0.0.1:{scene.backends["web"].port}"'
    assert endpoint in scene.fleet.envoy.admin("/stats/prometheus").body.decode()
    assert b"upstream_rq_headers_size" in scene.fleet.envoy.admin("/stats?filter=headers_size").body


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (
            "Replace",
            {
                "value": """
                admin: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}
                dynamic_resources: {lds_config: {path: /nowhere}}
                static_resources: {clusters: [{name: xds_cluster, type: STRICT_DNS}]}
                header_prefix: x-own
                """
            },
        ),
        (
            "JSONPatch",
            {
                "jsonPatches": [
                    {"op": "add", "path": "/header_prefix", "value": "x-own"},
                    {"op": "add", "jsonPath": "$.layered_runtime.layers[*]", "path": "/static_layer/a", "value": 1},
                ]
            },
        ),
    ],
)
def test_bootstraps_that_are_changed(tmp_path: Path, kind: str, content: dict[str, Any]) -> None:
    """Whatever they say, Envoy finds its sidecar."""
    objects = [change(kind, **content), route("all", rule("web"))]
    with running(tmp_path, objects, spec=SPEC) as scene:
        assert scene.get("/").status == 200
        (bootstrap,) = (part["bootstrap"] for part in scene.fleet.envoy.config_dump()["configs"] if "bootstrap" in part)
    assert bootstrap["header_prefix"] == "x-own"
    assert [one["name"] for one in bootstrap["static_resources"]["clusters"]] == ["gitway"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "Merge", "value": "no_such_field: 1"}, "no_such_field"),
        ({"type": "Merge", "value": "a: ["}, "no YAML"),
        ({"type": "Replace", "value": "[]"}, "no mapping"),
        ({"type": "JSONPatch", "jsonPatches": [{"op": "remove", "path": "/missing"}]}, "remove at /missing"),
    ],
)
def test_a_change_that_cannot_be_made(tmp_path: Path, content: dict[str, Any], words: str) -> None:
    """The Gateway is not accepted: its Envoys keep what they have."""
    edge = gateway(port=80)
    edge["spec"].update(SPEC)
    repository = GitRepository(tmp_path)
    files = {"all.yaml": yaml.safe_dump_all([CLASS, envoy_gateway("EnvoyProxy", "proxy", bootstrap=content), edge])}
    repository.commit("First", files)
    told = succeed("status", "--repo", tmp_path, "-o", "json")
    (status,) = (item["status"] for item in told.json["items"] if item["kind"] == "Gateway")
    accepted = {one["type"]: one for one in status["conditions"]}["Accepted"]
    assert (accepted["status"], accepted["reason"]) == ("False", "InvalidParameters")
    assert words in accepted["message"]


def test_without_a_store_nothing_is_asked() -> None:
    plain = yaml.safe_load(succeed("bootstrap", "--fleet", "a/b", "--repo", "/").stdout)
    assert [one["name"] for one in plain["static_resources"]["clusters"]] == ["gitway"]


def test_a_plan_says_that_envoys_are_started_otherwise(tmp_path: Path) -> None:
    edge = gateway(port=80)
    edge["spec"].update(SPEC)
    repository = GitRepository(tmp_path)
    repository.commit("First", {"all.yaml": yaml.safe_dump_all([CLASS, proxy(concurrency=1), edge])})
    succeed("publish", "--repo", tmp_path)
    repository.commit("Second", {"all.yaml": yaml.safe_dump_all([CLASS, proxy(concurrency=2), edge])})
    assert "1 start of its Envoys changed" in succeed("plan", "--repo", tmp_path).stdout
