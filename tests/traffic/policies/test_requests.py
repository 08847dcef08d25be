"""BackendTrafficPolicy: what becomes of requests and answers on their way."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.traffic.policies.scene import governed, host
from tests.traffic.scene import Object, Scene, running

BODY = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "sorry", "namespace": "shop"},
    "data": {"response.body": "from the ConfigMap"},
}

POLICIES: dict[str, Object] = {
    "plain": {},
    "fault-abort": {"faultInjection": {"abort": {"httpStatus": 418}}},
    "fault-never": {"faultInjection": {"abort": {"httpStatus": 418, "percentage": 0}}},
    "fault-delay": {"faultInjection": {"delay": {"fixedDelay": "300ms"}}},
    "buffer": {"requestBuffer": {"limit": 1000}},
    "gzip": {"compressor": [{"type": "Gzip"}]},
    "all": {"compressor": [{"type": "Brotli"}, {"type": "Gzip"}, {"type": "Zstd"}]},
    "gzip-large": {"compressor": [{"type": "Gzip", "minContentLength": "100Ki"}]},
    "deprecated": {"compression": [{"type": "Gzip"}]},
    "override": {
        "responseOverride": [
            {
                "match": {"statusCodes": [{"value": 404}]},
                "response": {
                    "contentType": "text/plain",
                    "statusCode": 410,
                    "body": {"type": "Inline", "inline": "gone for good"},
                    "header": {"set": [{"name": "x-set", "value": "100%"}], "add": [{"name": "x-add", "value": "b"}]},
                },
            },
            {
                "match": {"statusCodes": [{"type": "Range", "range": {"start": 500, "end": 504}}]},
                "response": {
                    "body": {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "sorry"}}
                },
            },
            {
                "match": {
                    "responseHeaders": [{"name": "x-backend", "value": {"type": "Prefix", "value": "we"}}],
                    "statusCodes": [{"value": 405}],
                },
                "response": {"statusCode": 200, "body": {"inline": "by header"}},
            },
        ]
    },
    "override-local": {
        "faultInjection": {"abort": {"httpStatus": 418, "percentage": 0}},
        "responseOverride": [
            {
                "match": {"statusCodes": [{"value": 413}]},
                "source": "Local",
                "response": {"body": {"inline": "too large for me"}},
            }
        ],
        "requestBuffer": {"limit": 100},
    },
    "override-backend": {
        "responseOverride": [
            {
                "match": {"statusCodes": [{"value": 404}]},
                "source": "Backend",
                "response": {"body": {"inline": "none of mine"}},
            }
        ]
    },
    "bandwidth": {
        "bandwidthLimit": {
            "response": {"limit": {"value": "60Ki", "unit": "Minute"}, "responseTrailers": {"prefix": "x"}}
        }
    },
    "no-upgrade": {"httpUpgrade": [{"type": "spdy/3.1"}]},
    "own-upgrade": {"httpUpgrade": [{"type": "websocket"}]},
    "timeout": {"timeout": {"http": {"requestTimeout": "100ms"}}},
    "idle": {"timeout": {"http": {"streamIdleTimeout": "100ms"}}},
    "duration": {"timeout": {"http": {"maxStreamDuration": "100ms"}}},
    "retry": {
        "retry": {"numRetries": 3, "retryOn": {"httpStatusCodes": [500], "triggers": ["retriable-status-codes"]}}
    },
    "no-retry": {"retry": {"numRetries": 0}},
    "hash": {
        "loadBalancer": {"type": "ConsistentHash", "consistentHash": {"type": "Header", "header": {"name": "x-user"}}}
    },
    "stats": {"telemetry": {"metrics": {"routeStatName": "%ROUTE_NAMESPACE%_%ROUTE_NAME%_%ROUTE_RULE_NAME%"}}},
    "connect": {"httpUpgrade": [{"type": "CONNECT", "connect": {"terminate": True}}]},
    "redirect": {
        "responseOverride": [
            {
                "match": {"statusCodes": [{"value": 404}]},
                "redirect": {
                    "scheme": "http",
                    "hostname": host("redirect"),
                    "path": {"type": "ReplaceFullPath", "replaceFullPath": "/sorry?status=200"},
                    "statusCode": 302,
                },
            }
        ]
    },
    "traced": {
        "telemetry": {
            "tracing": {
                "samplingFraction": {"numerator": 1, "denominator": 8},
                "clientSamplingFraction": {"numerator": 2},
                "overallSamplingFraction": {"numerator": 100},
                "tags": {"path": "%REQ(:path)%"},
                "customTags": {
                    "who": {"type": "Literal", "literal": {"value": "me"}},
                    "where": {"type": "Environment", "environment": {"name": "HOSTNAME", "defaultValue": "here"}},
                    "user": {"type": "RequestHeader", "requestHeader": {"name": "x-user"}},
                },
                "spanName": {"client": "out", "server": "in"},
            }
        }
    },
    "invalid": {"connection": {"bufferLimit": "8Gi"}},
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    objects = [item for name, spec in POLICIES.items() for item in governed(name, spec, rule_name="first")]
    objects += [BODY]
    with running(tmp_path_factory.mktemp("requests"), objects) as started:
        yield started


def get(scene: Scene, case: str, path: str = "/", **options: Any) -> Any:
    return scene.get(path, host=host(case), **options)


def counted(scene: Scene, name: str) -> int:
    """What Envoy has counted of something, over all its filters."""
    return sum(int(value) for stat, value in scene.fleet.envoy.stats(name).items() if stat.endswith(name))


def test_without_effect(scene: Scene) -> None:
    for case in ("plain", "fault-never"):
        assert get(scene, case).status == 200


def test_faults(scene: Scene) -> None:
    assert get(scene, "fault-abort").status == 418
    before = counted(scene, "fault.delays_injected")
    assert get(scene, "fault-delay").status == 200
    assert counted(scene, "fault.delays_injected") == before + 1


def test_request_buffer(scene: Scene) -> None:
    assert get(scene, "buffer", method="POST", body=b"x" * 900).status == 200
    assert get(scene, "buffer", method="POST", body=b"x" * 1100).status == 413


@pytest.mark.parametrize(
    ("case", "accepted", "encoding"),
    [
        ("gzip", "gzip", "gzip"),
        ("gzip", "br", ""),
        ("gzip", "", ""),
        ("all", "br, gzip, zstd", "br"),
        ("all", "gzip", "gzip"),
        ("all", "zstd", "zstd"),
        ("gzip-large", "gzip", ""),
        ("deprecated", "gzip", "gzip"),
        ("plain", "gzip", ""),
    ],
)
def test_compression(scene: Scene, case: str, accepted: str, encoding: str) -> None:
    answer = get(scene, case, f"/{'x' * 500}", headers={"accept-encoding": accepted} if accepted else {})
    assert answer.headers.get("content-encoding", "") == encoding
    if encoding == "gzip":
        assert b"x" * 500 in gzip.decompress(answer.body)
        assert b"accept-encoding" not in gzip.decompress(answer.body)


def test_response_override(scene: Scene) -> None:
    gone = get(scene, "override", "/?status=404")
    assert (gone.status, gone.body, gone.headers["content-type"]) == (410, b"gone for good", "text/plain")
    assert (gone.headers["x-set"], gone.headers["x-add"]) == ("100%", "b")
    for status in (500, 503, 504):
        sorry = get(scene, "override", f"/?status={status}")
        assert (sorry.status, sorry.body) == (status, b"from the ConfigMap")
    assert get(scene, "override", "/?status=505").body != b"from the ConfigMap"
    by_header = get(scene, "override", "/?status=405")
    assert (by_header.status, by_header.body) == (200, b"by header")
    assert get(scene, "plain", "/?status=404").status == 404


def test_response_override_by_source(scene: Scene) -> None:
    assert get(scene, "override-local", method="POST", body=b"x" * 200).body == b"too large for me"
    assert get(scene, "override-local", "/?status=413").json["path"] == "/?status=413"
    assert get(scene, "override-backend", "/?status=404").body == b"none of mine"


def test_bandwidth(scene: Scene) -> None:
    before = counted(scene, "response_enforced")
    assert get(scene, "bandwidth", f"/{'x' * 2500}").status == 200
    assert counted(scene, "response_enforced") > before


@pytest.mark.parametrize(
    ("case", "status"), [("plain", 101), ("no-upgrade", 403), ("own-upgrade", 101), ("buffer", 403)]
)
def test_upgrades(scene: Scene, case: str, status: int) -> None:
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    assert get(scene, case, headers=headers).status == status


def test_connect(scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.port), 10) as tunnel:
        tunnel.sendall(f"CONNECT {host('connect')}:80 HTTP/1.1\r\nhost: {host('connect')}:80\r\n\r\n".encode())
        assert tunnel.recv(4096).startswith(b"HTTP/1.1 200")
        tunnel.sendall(b"GET /through HTTP/1.1\r\nhost: a\r\n\r\n")
        assert b'"path": "/through"' in tunnel.recv(65536)
    with socket.create_connection(("127.0.0.1", scene.port), 10) as refused:
        refused.sendall(f"CONNECT {host('plain')}:80 HTTP/1.1\r\nhost: {host('plain')}:80\r\n\r\n".encode())
        assert not refused.recv(4096).startswith(b"HTTP/1.1 200")


def test_response_redirect(scene: Scene) -> None:
    answer = get(scene, "redirect", "/?status=404")
    assert (answer.status, answer.json["path"]) == (302, "/sorry?status=200")
    assert get(scene, "redirect", "/?status=405").status == 405


def test_tracing(scene: Scene) -> None:
    """Without a provider there are no traces; it is the Gateway's."""
    parts = scene.fleet.envoy.config_dump()["configs"]
    configs = [one["route_config"] for part in parts for one in part.get("dynamic_route_configs", ())]
    hosts = {one["domains"][0]: one for config in configs for one in config["virtual_hosts"]}
    (made,) = hosts[host("traced")]["routes"]
    tracing = made["tracing"]
    assert tracing["random_sampling"] == {"numerator": 125_000, "denominator": "MILLION"}
    assert tracing["client_sampling"] == {"numerator": 20_000, "denominator": "MILLION"}
    assert tracing["overall_sampling"] == {"numerator": 1_000_000, "denominator": "MILLION"}
    assert (tracing["operation"], tracing["upstream_operation"]) == ("in", "out")
    assert {tag.pop("tag"): tag for tag in tracing["custom_tags"]} == {
        "path": {"value": "%REQ(:path)%"},
        "user": {"request_header": {"name": "x-user"}},
        "where": {"environment": {"name": "HOSTNAME", "default_value": "here"}},
        "who": {"literal": {"value": "me"}},
    }


@pytest.mark.parametrize(("case", "status"), [("timeout", 504), ("idle", 504), ("duration", 504), ("plain", 200)])
def test_timeouts(scene: Scene, case: str, status: int) -> None:
    assert get(scene, case, "/?delay=0.5").status in ({status} if case != "duration" else {408, 504})


def test_retries(scene: Scene) -> None:
    def attempts(case: str, status: int) -> int:
        asked = len(scene.backends["web"].requests)
        assert get(scene, case, f"/?status={status}").status == status
        return len(scene.backends["web"].requests) - asked

    assert [attempts("retry", 500), attempts("retry", 503), attempts("no-retry", 503)] == [4, 1, 1]


def test_route_statistics(scene: Scene) -> None:
    assert get(scene, "stats").status == 200
    assert any("shop_stats_first" in name for name in scene.fleet.envoy.stats("shop_stats_first"))


def test_an_error_in_a_policy(scene: Scene) -> None:
    assert get(scene, "invalid").status == 500
