"""EnvoyProxies: what Envoys tell of their traffic, and what their listeners have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.collector import ACCESS_LOG, LOGS, TRACES, Collector
from tests.support.manifests import CLASS, route, service
from tests.support.wait import eventually
from tests.traffic.policies.objects import envoy_gateway, of_route
from tests.traffic.scene import Object, Scene, path, rule, running

PROXY = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "proxy"}
CORS = "envoy.filters.http.cors"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as started:
        yield started


def refs(name: str = "collector") -> dict[str, Any]:
    return {"backendRefs": [{"name": name, "port": 80}]}


def proxy(**spec: Any) -> Object:
    return envoy_gateway("EnvoyProxy", "proxy", **spec)


def telemetry(directory: Path, collector: dict[str, Any]) -> dict[str, Any]:
    def file(name: str) -> dict[str, Any]:
        return {"type": "File", "file": {"path": str(directory / name)}}

    return {
        "accessLog": {
            "settings": [
                {
                    "format": {"type": "Text", "text": "%REQ_WITHOUT_QUERY(:PATH)% %RESPONSE_CODE%"},
                    "sinks": [file("text")],
                },
                {"format": {"type": "JSON", "json": {"way": "%REQ(:PATH)%"}}, "sinks": [file("json")]},
                {
                    "matches": ["response.code >= 400", "request.method == 'GET'"],
                    "format": {"text": "%REQ(:PATH)%", "type": "Text"},
                    "sinks": [file("errors")],
                },
                {
                    "type": "Upstream",
                    "format": {"type": "Text", "text": "up %REQ(:PATH)%"},
                    "sinks": [file("upstream")],
                },
                {"type": "Listener", "format": {"type": "Text", "text": "connection"}, "sinks": [file("listener")]},
                {
                    "sinks": [
                        {
                            "type": "ALS",
                            "als": {
                                "type": "HTTP",
                                "logName": "our-log",
                                "http": {"requestHeaders": ["x-told"]},
                                **collector,
                            },
                        }
                    ]
                },
                {
                    "format": {"json": {"asked": "%REQ(:PATH)%"}, "text": "body %PROTOCOL%"},
                    "sinks": [
                        {
                            "type": "OpenTelemetry",
                            "openTelemetry": {
                                "headers": [{"name": "x-tenant", "value": "shop"}],
                                "resourceAttributes": {"region": "north"},
                                **collector,
                            },
                        }
                    ],
                },
            ]
        },
        "tracing": {
            "samplingRate": 100,
            "customTags": {
                "fixed": {"type": "Literal", "literal": {"value": "constant"}},
                "asked": {"type": "RequestHeader", "requestHeader": {"name": "x-told", "defaultValue": "nothing"}},
            },
            "tags": {"formatted": "%REQ(:METHOD)%-formatted"},
            "spanName": {"client": "to backend", "server": "from client"},
            "provider": {
                "serviceName": "our-service",
                "openTelemetry": {
                    "headers": [{"name": "x-traces", "value": "yes"}],
                    "resourceAttributes": {"floor": "third"},
                },
                **collector,
            },
        },
        "metrics": {"enableGRPCStats": True},
        "requestID": {"tracing": "Disable"},
    }


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, directory: Path, collector: Collector) -> Iterator[Scene]:
    objects = [
        *service("collector", collector.port),
        proxy(
            telemetry=telemetry(directory, refs()),
            preserveRouteOrder=True,
            filterOrder=[{"name": CORS, "after": "envoy.filters.http.grpc_stats"}],
            provider={"type": "Kubernetes", "kubernetes": {"envoyDeployment": {"replicas": 3}}},
        ),
        route(
            "all",
            rule("web", path("PathPrefix", "/"), filters=[{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]),
            rule("exact", path("Exact", "/exact")),
        ),
    ]
    spec = {"infrastructure": {"parametersRef": PROXY}}
    with running(tmp_path_factory.mktemp("proxy"), objects, spec=spec) as scene:
        yield scene


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_access_logs_in_files(scene: Scene, directory: Path) -> None:
    assert scene.get("/a?b=c").status == 200
    assert scene.get("/d?status=404").status == 404
    assert eventually(lambda: {"/a 200", "/d 404"} <= set(lines(directory / "text")))
    assert eventually(lambda: '{"way":"/a?b=c"}' in lines(directory / "json"))
    assert eventually(lambda: "/d?status=404" in lines(directory / "errors"))
    assert "/a?b=c" not in lines(directory / "errors")
    assert eventually(lambda: "up /a?b=c" in lines(directory / "upstream"))
    assert eventually(lambda: "connection" in lines(directory / "listener"))


def test_the_access_log_service(scene: Scene, collector: Collector) -> None:
    scene.get("/als", headers={"x-told": "to-als"})
    assert eventually(lambda: collector.has(ACCESS_LOG, "/als", "to-als"))
    assert collector.has(ACCESS_LOG, "our-log")


def test_access_logs_of_open_telemetry(scene: Scene, collector: Collector) -> None:
    scene.get("/otel")
    assert eventually(lambda: collector.has(LOGS, "asked", "/otel", "body HTTP/1.1", "region", "north"))
    assert collector.metadata[LOGS]["x-tenant"] == "shop"


def test_traces_of_open_telemetry(scene: Scene, collector: Collector) -> None:
    assert "traceparent" in scene.get("/traced", headers={"x-told": "to-trace"}).json["headers"]
    assert eventually(lambda: collector.has(TRACES, "our-service", "floor", "third"))
    told = ("constant", "to-trace", "GET-formatted", "from client", "to backend")
    assert eventually(lambda: collector.has(TRACES, *told))
    assert collector.metadata[TRACES]["x-traces"] == "yes"


def test_routes_in_the_order_in_which_they_are_written(scene: Scene) -> None:
    assert scene.get("/exact").backend == "web"


def test_the_order_of_filters(scene: Scene) -> None:
    (names,) = {tuple(each) for each in http_filters(scene)}
    assert names.index("envoy.filters.http.grpc_stats") + 1 == names.index(CORS)


def http_filters(scene: Scene) -> Iterator[list[str]]:
    for part in scene.fleet.envoy.config_dump()["configs"]:
        for listener in part.get("dynamic_listeners", ()):
            (manager,) = listener["active_state"]["listener"]["default_filter_chain"]["filters"]
            yield [each["name"] for each in manager["typed_config"]["http_filters"]]


@pytest.mark.parametrize(
    ("kind", "way", "service"), [("Zipkin", "/api/v2/spans", "shop/edge"), ("Datadog", "/v0.4/traces", "our-service")]
)
def test_other_tracers(tmp_path: Path, kind: str, way: str, service: str) -> None:
    provider = {"type": kind, "serviceName": "our-service", **refs("tracer")}
    objects = [
        proxy(telemetry={"tracing": {"provider": provider}}),
        route("all", rule("web")),
        route("other", rule("tracer", path("Exact", "/never"))),
    ]
    with running(tmp_path, objects, spec={"infrastructure": {"parametersRef": PROXY}}) as scene:
        scene.get("/traced")
        asked = scene.backends["tracer"].requests
        assert eventually(lambda: [one for one in asked if one.path == way and service in one.body])


def test_a_class_and_a_gateway_together(tmp_path: Path) -> None:
    log, other = tmp_path / "class", tmp_path / "gateway"

    def settings(file: Path) -> dict[str, Any]:
        form = {"type": "Text", "text": "%REQ(:PATH)%"}
        return {"settings": [{"format": form, "sinks": [{"type": "File", "file": {"path": str(file)}}]}]}

    of_class = proxy(telemetry={"accessLog": settings(log)}, preserveRouteOrder=True)
    of_class["metadata"]["name"] = "of-class"
    own_class: Object = {**CLASS, "metadata": {"name": "own"}}
    own_class["spec"] = {**own_class["spec"], "parametersRef": {**PROXY, "name": "of-class", "namespace": "shop"}}
    objects = [
        own_class,
        of_class,
        proxy(mergeType="StrategicMerge", telemetry={"accessLog": settings(other)}),
        route("all", rule("web", path("PathPrefix", "/")), rule("exact", path("Exact", "/exact"))),
    ]
    spec = {"infrastructure": {"parametersRef": PROXY}, "gatewayClassName": "own"}
    with running(tmp_path / "scene", objects, spec=spec) as scene:
        assert scene.get("/exact").backend == "web"
        assert eventually(lambda: "/exact" in lines(other))
    assert not lines(log)


def test_no_access_log_and_addresses_of_both_families(tmp_path: Path) -> None:
    objects = [proxy(telemetry={"accessLog": {"disable": True}}, ipFamily="DualStack"), route("all", rule("web"))]
    spec = {"infrastructure": {"parametersRef": PROXY}, "addresses": []}
    with running(tmp_path, objects, spec=spec) as scene:
        answers = [scene.get("/", address=address).status for address in ("127.0.0.1", "::1")]
        (dump,) = (
            one["active_state"]["listener"]
            for part in scene.fleet.envoy.config_dump()["configs"]
            for one in part.get("dynamic_listeners", ())
        )
    assert answers == [200, 200]
    assert "access_log" not in dump


def test_services_by_their_own_address(tmp_path: Path) -> None:
    """A policy comes before the EnvoyProxy."""
    with Backends() as backends:
        own, endpoint = backends.start("own"), backends.start("endpoint")
        objects = [proxy(routingType="Service")]
        for name in ("by-address", "by-endpoint"):
            web, slices = service(name, endpoint.port)
            web["spec"] |= {"clusterIP": "127.0.0.1", "ports": [{"name": "http", "port": own.port}]}
            to = {"backendRefs": [{"name": name, "port": own.port}], "matches": [path("Exact", f"/{name}")]}
            objects += [web, slices, route(name, to)]
        objects.append(of_route("BackendTrafficPolicy", "by-endpoint", routingType="Endpoint"))
        with running(tmp_path, objects, spec={"infrastructure": {"parametersRef": PROXY}}) as scene:
            answers = {name: scene.get(f"/{name}").backend for name in ("by-address", "by-endpoint")}
    assert answers == {"by-address": "own", "by-endpoint": "endpoint"}
