"""BackendTrafficPolicy."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.manifests.coverage import Fields, no_meaning, not_yet, yes

_ATTACHMENT = "policies/test_attachment.py"
_CLUSTERS = "policies/test_backend_settings.py"
_LIMITS = "policies/test_rate_limits.py"
_REQUESTS = "policies/test_requests.py"

FIELDS: Final[Fields] = MappingProxyType(
    {
        "admissionControl": yes(f"{_CLUSTERS}::test_admission_control"),
        "bandwidthLimit": yes(f"{_REQUESTS}::test_bandwidth"),
        "circuitBreaker": yes(f"{_CLUSTERS}::test_circuit_breakers"),
        "compression": yes(f"{_REQUESTS}::test_compression"),
        "compressor": yes(f"{_REQUESTS}::test_compression"),
        "connection": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "connection.socketBufferLimit": no_meaning("GW175"),
        "dns": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "faultInjection": yes(f"{_REQUESTS}::test_faults"),
        "healthCheck": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "healthCheck.active": yes(f"{_CLUSTERS}::test_active_health_checks"),
        "healthCheck.passive": yes(f"{_CLUSTERS}::test_passive_health_checks"),
        "http2": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "httpUpgrade": yes(f"{_REQUESTS}::test_upgrades"),
        "httpUpgrade.connect": yes(f"{_REQUESTS}::test_connect"),
        "loadBalancer": yes(f"{_CLUSTERS}::test_load_balancers"),
        "loadBalancer.consistentHash": yes(f"{_CLUSTERS}::test_consistent_hash"),
        "loadBalancer.endpointOverride": yes(f"{_CLUSTERS}::test_endpoint_override"),
        "loadBalancer.dynamicModule": not_yet("not translated by Envoy Gateway either; refused"),
        "mergeType": yes(f"{_ATTACHMENT}::test_merging"),
        "proxyProtocol": yes(f"{_CLUSTERS}::test_proxy_protocol"),
        "rateLimit.global": yes("policies/test_global_rate_limits.py::test_global_limits"),
        "rateLimit.local": yes(f"{_LIMITS}::test_local_limits"),
        "rateLimit.type": no_meaning("GW174"),
        "requestBuffer": yes(f"{_REQUESTS}::test_request_buffer"),
        "responseOverride": yes(f"{_REQUESTS}::test_response_override", f"{_REQUESTS}::test_response_redirect"),
        "retry": yes(f"{_REQUESTS}::test_retries"),
        "routingType": yes(f"{_CLUSTERS}::test_routing_type"),
        "targetRef": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetRefs": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetSelectors": yes(f"{_ATTACHMENT}::test_selectors"),
        "tcpKeepalive": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "telemetry.metrics": yes(f"{_REQUESTS}::test_route_statistics"),
        "telemetry.tracing": yes(f"{_REQUESTS}::test_tracing"),
        "timeout": yes(f"{_CLUSTERS}::test_what_envoy_was_told"),
        "timeout.http": yes(f"{_REQUESTS}::test_timeouts"),
        "useClientProtocol": yes(f"{_CLUSTERS}::test_client_protocol"),
    }
)
