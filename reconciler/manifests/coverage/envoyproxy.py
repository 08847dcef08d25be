"""EnvoyProxy."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.manifests.coverage import Fields, no_meaning, not_yet, yes

_PROXY = "policies/test_envoy_proxy.py"
_START = "policies/test_envoy_start.py"

FIELDS: Final[Fields] = MappingProxyType(
    {
        "backendTLS": yes("test_backend_tls.py::test_settings_of_a_whole_fleet"),
        "backendTLS.fingerprints": no_meaning("GW175"),
        "bootstrap": yes(
            f"{_START}::test_a_bootstrap_that_is_merged",
            f"{_START}::test_bootstraps_that_are_changed",
            f"{_START}::test_a_change_that_cannot_be_made",
        ),
        "concurrency": yes(f"{_START}::test_the_command_line"),
        "dynamicModules": not_yet("needs shared libraries on Envoy's host"),
        "extraArgs": yes(f"{_START}::test_the_command_line"),
        "filterOrder": yes(f"{_PROXY}::test_the_order_of_filters"),
        "geoIP": not_yet("needs databases on Envoy's host, for authorization by location"),
        "ipFamily": yes(f"{_PROXY}::test_no_access_log_and_addresses_of_both_families"),
        "logging": yes(f"{_START}::test_the_command_line"),
        "lua": no_meaning("GW175"),
        "luaValidation": no_meaning("GW175"),
        "mergeBackends": not_yet("each rule has clusters of its own"),
        "mergeGateways": yes("policies/test_merged_gateways.py::test_one_envoy_for_all"),
        "mergeType": yes(f"{_PROXY}::test_a_class_and_a_gateway_together"),
        "preserveRouteOrder": yes(f"{_PROXY}::test_routes_in_the_order_in_which_they_are_written"),
        "provider": no_meaning("GW175"),
        "routingType": yes(f"{_PROXY}::test_services_by_their_own_address"),
        "shutdown.drainTimeout": yes(f"{_START}::test_the_command_line"),
        "shutdown.healthCheckFailureDelay": no_meaning("GW175"),
        "shutdown.minDrainDuration": no_meaning("GW175"),
        "telemetry.accessLog": yes(
            f"{_PROXY}::test_access_logs_in_files",
            f"{_PROXY}::test_the_access_log_service",
            f"{_PROXY}::test_access_logs_of_open_telemetry",
        ),
        "telemetry.accessLog.disable": yes(f"{_PROXY}::test_no_access_log_and_addresses_of_both_families"),
        "telemetry.healthCheckLog": not_yet("that of health checks themselves is"),
        "telemetry.metrics.clusterStatName": not_yet("statistics have the names of clusters"),
        "telemetry.metrics.enableGRPCStats": yes(f"{_PROXY}::test_the_order_of_filters"),
        "telemetry.metrics.enablePerEndpointStats": yes(f"{_START}::test_statistics_of_endpoints_and_sizes"),
        "telemetry.metrics.enableRequestResponseSizesStats": yes(f"{_START}::test_statistics_of_endpoints_and_sizes"),
        "telemetry.metrics.enableVirtualHostStats": yes(f"{_START}::test_statistics_of_hosts"),
        "telemetry.metrics.matches": yes(f"{_START}::test_only_statistics_that_match"),
        "telemetry.metrics.prometheus": yes(f"{_START}::test_the_page_for_prometheus"),
        "telemetry.metrics.sinks": yes(f"{_START}::test_statistics_that_are_sent"),
        "telemetry.requestID": yes(f"{_PROXY}::test_traces_of_open_telemetry"),
        "telemetry.tracing": yes(f"{_PROXY}::test_traces_of_open_telemetry", f"{_PROXY}::test_other_tracers"),
    }
)
