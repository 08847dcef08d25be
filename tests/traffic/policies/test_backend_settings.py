"""BackendTrafficPolicy: how backends are connected to, chosen and watched."""

from __future__ import annotations

import base64
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.support.wait import eventually
from tests.traffic.policies.scene import host, policy
from tests.traffic.scene import Object, Scene, backend_of, rule, running

POOL = ("one", "two", "three")


def hashed(kind: str, **settings: Any) -> Object:
    return {"loadBalancer": {"type": "ConsistentHash", "consistentHash": {"type": kind, **settings}}}


def check(**settings: Any) -> Object:
    return {"healthCheck": {"active": {"timeout": "1s", "interval": "100ms", "unhealthyThreshold": 1, **settings}}}


def text(content: str) -> Object:
    return {"type": "Text", "text": content}


def binary(content: bytes) -> Object:
    return {"type": "Binary", "binary": base64.b64encode(content).decode()}


def zone(name: str, weight: int) -> Object:
    return {"zone": name, "weight": weight}


GOOD: Object = {"path": "/?status=203", "expectedStatuses": [203], "retriableStatuses": [429]}
POST: Object = {"path": "/", "method": "POST", "requestBody": text("knock"), "expectedResponse": binary(b"knock")}
BAD: Object = {"path": "/?status=500"}
FROM_HEADER: Object = {"extractFrom": [{"header": "x-endpoint"}]}
SLOW_START: Object = {"slowStart": {"window": "1s"}}

BALANCERS: dict[str, tuple[Object, str]] = {
    "least": ({"type": "LeastRequest", **SLOW_START}, "least_request"),
    "robin": ({"type": "RoundRobin", **SLOW_START}, "round_robin"),
    "random": ({"type": "Random"}, "random"),
    "utilization": (
        {
            "type": "BackendUtilization",
            "backendUtilization": {
                "blackoutPeriod": "1s",
                "weightExpirationPeriod": "10s",
                "weightUpdatePeriod": "1s",
                "errorUtilizationPenaltyPercent": 50,
                "metricNamesForComputingUtilization": ["named_metrics.a"],
            },
        },
        "client_side_weighted_round_robin",
    ),
    "weighted-zones": (
        {
            "type": "RoundRobin",
            "zoneAware": {"weightedZones": [{"zone": "a", "weight": 3}, {"zone": "b", "weight": 1}]},
        },
        "round_robin",
    ),
    "prefer-local": (
        {"type": "RoundRobin", "zoneAware": {"preferLocal": {"minEndpointsThreshold": 1, "percentageEnabled": 100}}},
        "round_robin",
    ),
}

POLICIES: dict[str, Object] = {
    "plain": {},
    **{name: {"loadBalancer": balancer} for name, (balancer, _) in BALANCERS.items()},
    "hash-source": hashed("SourceIP"),
    "hash-header": hashed("Header", header={"name": "x-user"}),
    "hash-headers": hashed("Headers", headers=[{"name": "x-user"}, {"name": "x-team"}], tableSize=1009),
    "hash-query": hashed("QueryParams", queryParams=[{"name": "user"}]),
    "hash-cookie": hashed("Cookie", cookie={"name": "seat", "ttl": "1h", "attributes": {"SameSite": "Strict"}}),
    "override": {
        "loadBalancer": {"type": "RoundRobin", "endpointOverride": {"extractFrom": [{"header": "x-endpoint"}]}}
    },
    "breaker": {"circuitBreaker": {"maxParallelRequests": 1, "maxPendingRequests": 1}},
    "passive": {
        "healthCheck": {
            "passive": {
                "interval": "100ms",
                "baseEjectionTime": "300s",
                "maxEjectionPercent": 100,
                "consecutive5XxErrors": 1,
                "alwaysEjectOneEndpoint": True,
            }
        }
    },
    "check-http": check(type="HTTP", http=GOOD),
    "check-body": check(type="HTTP", http=POST),
    "check-wrong": {
        "healthCheck": {**check(type="HTTP", http={"path": "/?status=500"})["healthCheck"], "panicThreshold": 0}
    },
    "check-tcp": check(type="TCP", tcp={"send": text("GET / HTTP/1.1\r\nhost: a\r\n\r\n"), "receive": text("200 OK")}),
    "check-port": check(type="TCP", tcp={}, overrides={"port": 1}),
    "proxy-1": {"proxyProtocol": {"version": "V1"}},
    "proxy-2": {"proxyProtocol": {"version": "V2"}},
    "same-protocol": {"useClientProtocol": True},
    "admission": {
        "admissionControl": {
            "samplingWindow": "60s",
            "minSuccessRate": 100,
            "maxRejectionPercent": 100,
            "rejectionAggression": 1,
            "minRequestRate": 0,
            "successCriteria": {"http": {"statusCodes": [200]}},
        }
    },
    "told": {
        "circuitBreaker": {
            "maxConnections": 11,
            "maxPendingRequests": 12,
            "maxParallelRequests": 13,
            "maxParallelRetries": 14,
            "maxRequestsPerConnection": 15,
            "perEndpoint": {"maxConnections": 16},
            "retryBudget": {"percent": {"numerator": 1, "denominator": 4}, "minRetryConcurrency": 17},
        },
        "connection": {"bufferLimit": "64Ki", "preconnect": {"perEndpointPercent": 150, "predictivePercent": 125}},
        "loadBalancer": {"type": "RoundRobin"},
        "http2": {
            "initialStreamWindowSize": "128Ki",
            "initialConnectionWindowSize": "1Mi",
            "maxConcurrentStreams": 18,
            "onInvalidMessage": "TerminateStream",
            "connectionKeepalive": {"interval": "20s", "timeout": "2s", "intervalJitter": 5, "idleInterval": "30s"},
        },
        "healthCheck": {"panicThreshold": 66},
        "tcpKeepalive": {"probes": 3, "idleTime": "1m", "interval": "1500ms"},
        "timeout": {
            "tcp": {"connectTimeout": "3s"},
            "http": {"connectionIdleTimeout": "1m", "maxConnectionDuration": "1h"},
        },
    },
    "dns": {"dns": {"dnsRefreshRate": "7s", "respectDnsTtl": False, "lookupFamily": "IPv4"}},
}

BACKENDS = {
    "proxy-1": "told",
    "proxy-2": "told",
    "check-port": "pool",
    "dns": "named",
    "passive": "half",
    "same-protocol": "h2",
    "told": "h2",
}
"""Where it is not `pool`, or for health checks `half` of which the other half is dead."""


def backend(name: str, endpoints: list[Object], *protocols: str) -> Object:
    spec = {"endpoints": endpoints, **({"appProtocols": list(protocols)} if protocols else {})}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def ip(port: int, zone: str = "") -> Object:
    return {"ip": {"address": "127.0.0.1", "port": port}, **({"zone": zone} if zone else {})}


def to(name: str) -> list[Object]:
    return [{"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name}]


class Listening:
    """A TCP server that notes how each connection begins."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                heard = b""
                while b"host:" not in heard:
                    heard += connection.recv(4096)
                self.heard.append(heard)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def heard() -> Iterator[Listening]:
    listening = Listening()
    yield listening
    listening.server.close()


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with Backends() as servers:
        yield {name: servers.start(name).port for name in POOL}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, heard: Listening, ports: dict[str, int]) -> Iterator[Scene]:
    zones = dict(zip(POOL, "aab", strict=True))
    dead = ip(free_port())
    objects: list[Object] = [
        backend("pool", [ip(ports[name], zones[name]) for name in POOL]),
        backend("half", [ip(ports["one"]), dead]),
        backend("told", [ip(heard.port)]),
        backend("named", [{"fqdn": {"hostname": "localhost", "port": ports["one"]}}]),
        backend("h2", [ip(ports["one"])], "gateway.envoyproxy.io/h2c"),
    ]
    for name, spec in POLICIES.items():
        leads = BACKENDS.get(name, "half" if name.startswith("check-") else "pool")
        objects += [route(name, rule(to(leads)), hostnames=(host(name),)), policy(name, spec)]
    service = {"name": "by-service", "namespace": "shop"}
    objects += [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": service,
            "spec": {"clusterIP": "127.0.0.1", "ports": [{"name": "http", "port": ports["two"]}]},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**service, "labels": {"kubernetes.io/service-name": "by-service"}},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": ports["one"]}],
            "endpoints": [{"addresses": ["127.0.0.1"]}],
        },
    ]
    for name, kind in (("by-endpoint", "Endpoint"), ("by-address", "Service")):
        ref = [{"name": "by-service", "port": ports["two"]}]
        objects += [route(name, rule(ref), hostnames=(host(name),)), policy(name, {"routingType": kind})]
    with running(tmp_path_factory.mktemp("backend-settings"), objects) as started:
        yield started


def get(scene: Scene, case: str, path: str = "/", **options: Any) -> Any:
    return scene.get(path, host=host(case), **options)


def cluster(scene: Scene, case: str) -> Any:
    """The cluster of a case, as Envoy has it."""
    name = f"httproute/shop/{case}/rule/0"
    parts = scene.fleet.envoy.config_dump()["configs"]
    clusters = [one["cluster"] for part in parts for one in part.get("dynamic_active_clusters", ())]
    return next(one for one in clusters if one["name"] == name)


@pytest.mark.parametrize("case", sorted(BALANCERS))
def test_load_balancers(scene: Scene, case: str) -> None:
    (chosen,) = cluster(scene, case)["load_balancing_policy"]["policies"]
    assert chosen["typed_extension_config"]["name"] == f"envoy.load_balancing_policies.{BALANCERS[case][1]}"
    answered = Counter(backend_of(get(scene, case)) for _ in range(12))
    assert set(answered) <= set(POOL)
    assert len(answered) > 1


def test_zones(scene: Scene) -> None:
    answered = Counter(backend_of(get(scene, "weighted-zones")) for _ in range(200))
    assert answered["one"] + answered["two"] > 1.5 * answered["three"] > 0


@pytest.mark.parametrize(
    ("case", "same", "others"),
    [
        ("hash-header", {"headers": {"x-user": "a"}}, [{"headers": {"x-user": str(n)}} for n in range(12)]),
        ("hash-headers", {"headers": {"x-team": "a"}}, [{"headers": {"x-team": str(n)}} for n in range(12)]),
        ("hash-query", {"path": "/?user=a"}, [{"path": f"/?user={n}"} for n in range(12)]),
        ("hash-source", {}, []),
    ],
)
def test_consistent_hash(scene: Scene, case: str, same: Any, others: list[Any]) -> None:
    assert len({backend_of(get(scene, case, **same)) for _ in range(8)}) == 1
    if others:
        assert len({backend_of(get(scene, case, **other)) for other in others}) > 1


def test_consistent_hash_by_cookie(scene: Scene) -> None:
    first = get(scene, "hash-cookie")
    cookie = first.headers["set-cookie"]
    assert "Max-Age=3600" in cookie
    assert "SameSite=Strict" in cookie
    sent = {"cookie": cookie.partition(";")[0]}
    assert {backend_of(get(scene, "hash-cookie", headers=sent)) for _ in range(8)} == {backend_of(first)}
    assert len({backend_of(get(scene, "hash-cookie")) for _ in range(12)}) > 1


def test_endpoint_override(scene: Scene, ports: dict[str, int]) -> None:
    for name, port in ports.items():
        headers = {"x-endpoint": f"127.0.0.1:{port}"}
        assert {backend_of(get(scene, "override", headers=headers)) for _ in range(4)} == {name}
    assert len({backend_of(get(scene, "override")) for _ in range(12)}) > 1


def test_circuit_breakers(scene: Scene) -> None:
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: get(scene, "breaker", "/?delay=0.5").status, range(4)))
    assert sorted(set(statuses)) == [200, 503]
    assert {get(scene, "breaker").status for _ in range(4)} == {200}


def members(scene: Scene, case: str, healthy: int) -> None:
    """Wait until so many endpoints of a case are healthy."""
    name = f"cluster.httproute/shop/{case}/rule/0.membership_healthy"
    eventually(lambda: scene.fleet.envoy.stats("membership_healthy").get(name) == healthy)


@pytest.mark.parametrize("case", ["check-http", "check-body", "check-tcp"])
def test_active_health_checks(scene: Scene, case: str) -> None:
    members(scene, case, 1)
    assert {get(scene, case).status for _ in range(12)} == {200}


def test_active_health_checks_that_fail(scene: Scene) -> None:
    members(scene, "check-wrong", 0)
    assert get(scene, "check-wrong").status == 503
    members(scene, "check-port", 0)


def test_passive_health_checks(scene: Scene) -> None:
    name = "cluster.httproute/shop/passive/rule/0.outlier_detection.ejections_active"

    def ejected() -> bool:
        get(scene, "passive")
        return bool(scene.fleet.envoy.stats("ejections_active").get(name) == 1)

    eventually(ejected)
    assert {get(scene, "passive").status for _ in range(12)} == {200}


def test_proxy_protocol(scene: Scene, heard: Listening) -> None:
    assert get(scene, "proxy-1").status == 200
    assert heard.heard[-1].startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ")
    assert get(scene, "proxy-2").status == 200
    assert heard.heard[-1].startswith(b"\r\n\r\n\x00\r\nQUIT\n")


def test_client_protocol(scene: Scene) -> None:
    assert get(scene, "same-protocol").json["protocol"] == "HTTP/1.1"
    assert get(scene, "told").json["protocol"] == "HTTP/2"


def test_admission_control(scene: Scene) -> None:
    """Envoy's own answer, 503, takes the place of the backend's."""
    eventually(lambda: get(scene, "admission", "/?status=500").status == 503)
    assert get(scene, "plain", "/?status=500").status == 500


def test_routing_type(scene: Scene) -> None:
    assert backend_of(get(scene, "by-endpoint")) == "one"
    assert backend_of(get(scene, "by-address")) == "two"


def test_what_envoy_was_told(scene: Scene) -> None:
    made = cluster(scene, "told")
    assert made["connect_timeout"] == "3s"
    assert made["per_connection_buffer_limit_bytes"] == 65_536
    assert made["circuit_breakers"] == {
        "thresholds": [
            {
                "max_connections": 11,
                "max_pending_requests": 12,
                "max_requests": 13,
                "max_retries": 14,
                "retry_budget": {"budget_percent": {"value": 25.0}, "min_retry_concurrency": 17},
            }
        ],
        "per_host_thresholds": [{"max_connections": 16}],
    }
    assert made["common_lb_config"] == {"healthy_panic_threshold": {"value": 66.0}}
    assert made["preconnect_policy"] == {"per_upstream_preconnect_ratio": 1.5, "predictive_preconnect_ratio": 1.25}
    keepalive = {"keepalive_probes": 3, "keepalive_time": 60, "keepalive_interval": 2}
    assert made["upstream_connection_options"] == {"tcp_keepalive": keepalive}
    options = made["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]
    assert options["common_http_protocol_options"] == {
        "idle_timeout": "60s",
        "max_connection_duration": "3600s",
        "max_requests_per_connection": 15,
    }
    assert options["explicit_http_config"]["http2_protocol_options"] == {
        "max_concurrent_streams": 18,
        "initial_stream_window_size": 131_072,
        "initial_connection_window_size": 1_048_576,
        "override_stream_error_on_invalid_http_message": True,
        "connection_keepalive": {
            "interval": "20s",
            "timeout": "2s",
            "interval_jitter": {"value": 5.0},
            "connection_idle_interval": "30s",
        },
    }
    named = cluster(scene, "dns")["cluster_type"]["typed_config"]
    assert (named["dns_refresh_rate"], named["dns_lookup_family"]) == ("7s", "V4_ONLY")
    assert "respect_dns_ttl" not in named
    assert get(scene, "dns").status == 200
