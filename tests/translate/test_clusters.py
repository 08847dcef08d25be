"""Clusters with Envoy Gateway's defaults."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.translate.routes import translate
from reconciler.translate.upstream_protocol import EXTENSION
from tests.translate.build import RULE, backend, dns_backend, endpoint, rule, unit
from tests.translate.decode import clusters

ANY = "type.googleapis.com/envoy.extensions."

DEFAULTS: dict[str, Any] = {
    "name": RULE,
    "connect_timeout": "10s",
    "per_connection_buffer_limit_bytes": 32768,
    "circuit_breakers": {"thresholds": [{"max_retries": 1024}]},
    "common_lb_config": {},
    "ignore_health_on_host_removal": True,
    "load_balancing_policy": {
        "policies": [
            {
                "typed_extension_config": {
                    "name": "envoy.load_balancing_policies.least_request",
                    "typed_config": {
                        "@type": ANY + "load_balancing_policies.least_request.v3.LeastRequest",
                        "locality_lb_config": {"locality_weighted_lb_config": {}},
                    },
                }
            }
        ]
    },
}


def cluster(*backends: ir.Backend) -> dict[str, Any]:
    return clusters(translate(unit(rule(action=ir.Forward(backends)))))[RULE]


def test_static_endpoints_come_by_eds() -> None:
    assert cluster(backend()) == {
        **DEFAULTS,
        "type": "EDS",
        "eds_cluster_config": {
            "eds_config": {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"},
            "service_name": RULE,
        },
    }


def test_names_are_resolved_by_dns() -> None:
    translated = translate(unit(rule(action=ir.Forward((dns_backend(),)))))
    assert translated.endpoints == ()
    assert clusters(translated)[RULE] == {
        **DEFAULTS,
        "cluster_type": {
            "name": "envoy.cluster.dns",
            "typed_config": {
                "@type": ANY + "clusters.dns.v3.DnsCluster",
                "dns_refresh_rate": "30s",
                "respect_dns_ttl": True,
                "dns_lookup_family": "V4_PREFERRED",
            },
        },
        "load_assignment": {
            "cluster_name": RULE,
            "endpoints": [
                {
                    "locality": {"region": f"{RULE}/backend/0"},
                    "lb_endpoints": [
                        {
                            "endpoint": {
                                "address": {"socket_address": {"address": "svc0.example", "port_value": 8080}},
                                "hostname": "svc0.example",
                            },
                            "load_balancing_weight": 1,
                        }
                    ],
                    "load_balancing_weight": 1,
                }
            ],
        },
    }


WINDOWS = {"initial_stream_window_size": 65536, "initial_connection_window_size": 1048576}


@pytest.mark.parametrize(
    ("protocols", "explicit"),
    [
        ([ir.Protocol.HTTP], None),
        ([ir.Protocol.H2C], {"http2_protocol_options": WINDOWS}),
        ([ir.Protocol.WEBSOCKET], {"http_protocol_options": {}}),
        ([ir.Protocol.HTTP, ir.Protocol.WEBSOCKET], {"http_protocol_options": {}}),
        ([ir.Protocol.WEBSOCKET, ir.Protocol.HTTP], {"http_protocol_options": {}}),
    ],
)
def test_protocol(protocols: list[ir.Protocol], explicit: dict[str, Any] | None) -> None:
    found = cluster(*(backend(index, protocol=protocol) for index, protocol in enumerate(protocols)))
    options = found.get("typed_extension_protocol_options", {}).get(EXTENSION, {})
    assert options.get("explicit_http_config") == explicit


def test_the_same_backend_in_another_rule_is_another_cluster_with_the_same_endpoints() -> None:
    shared = backend(endpoints=(endpoint(7),))
    translated = translate(
        unit(*(rule(index=index, action=ir.Forward((shared,))) for index in range(2))),
    )
    assert [name for name, _ in translated.clusters] == [name for name, _ in translated.endpoints]
    assert len(set(translated.clusters)) == 2
