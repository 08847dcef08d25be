"""The packages of envoy-data-plane that only BackendTrafficPolicies need; imported where met."""

from __future__ import annotations

from reconciler.snapshot.postpone import postponed_dataclasses

with postponed_dataclasses():
    from envoy_data_plane.envoy.config.ratelimit import v3 as ratelimit_service
    from envoy_data_plane.envoy.extensions.common.ratelimit import v3 as ratelimit_common
    from envoy_data_plane.envoy.extensions.compression.brotli.compressor import v3 as brotli
    from envoy_data_plane.envoy.extensions.compression.gzip.compressor import v3 as gzip
    from envoy_data_plane.envoy.extensions.compression.zstd.compressor import v3 as zstd
    from envoy_data_plane.envoy.extensions.filters.common.fault import v3 as fault_common
    from envoy_data_plane.envoy.extensions.filters.http.admission_control import v3 as admission_control
    from envoy_data_plane.envoy.extensions.filters.http.bandwidth_limit import v3 as bandwidth_limit
    from envoy_data_plane.envoy.extensions.filters.http.buffer import v3 as buffer
    from envoy_data_plane.envoy.extensions.filters.http.compressor import v3 as compressor
    from envoy_data_plane.envoy.extensions.filters.http.custom_response import v3 as custom_response
    from envoy_data_plane.envoy.extensions.filters.http.fault import v3 as fault
    from envoy_data_plane.envoy.extensions.filters.http.local_ratelimit import v3 as local_ratelimit
    from envoy_data_plane.envoy.extensions.filters.http.ratelimit import v3 as ratelimit
    from envoy_data_plane.envoy.extensions.health_check.event_sinks.file import v3 as file_sink
    from envoy_data_plane.envoy.extensions.http.custom_response.local_response_policy import v3 as local_response
    from envoy_data_plane.envoy.extensions.http.custom_response.redirect_policy import v3 as redirect_response
    from envoy_data_plane.envoy.extensions.load_balancing_policies.client_side_weighted_round_robin import (
        v3 as client_side,
    )
    from envoy_data_plane.envoy.extensions.load_balancing_policies.maglev import v3 as maglev
    from envoy_data_plane.envoy.extensions.load_balancing_policies.override_host import v3 as override_host
    from envoy_data_plane.envoy.extensions.load_balancing_policies.random import v3 as random_choice
    from envoy_data_plane.envoy.extensions.load_balancing_policies.round_robin import v3 as round_robin
    from envoy_data_plane.envoy.extensions.load_balancing_policies.wrr_locality import v3 as wrr_locality
    from envoy_data_plane.envoy.extensions.retry.priority.previous_priorities import v3 as previous_priorities
    from envoy_data_plane.envoy.extensions.transport_sockets.proxy_protocol import v3 as proxy_protocol
    from envoy_data_plane.envoy.extensions.transport_sockets.raw_buffer import v3 as raw_buffer
    from envoy_data_plane.envoy.type.metadata import v3 as metadata
    from envoy_data_plane.envoy.type.tracing import v3 as tracing

__all__ = [
    "admission_control",
    "bandwidth_limit",
    "brotli",
    "buffer",
    "client_side",
    "compressor",
    "custom_response",
    "fault",
    "fault_common",
    "file_sink",
    "gzip",
    "local_ratelimit",
    "local_response",
    "maglev",
    "metadata",
    "override_host",
    "previous_priorities",
    "proxy_protocol",
    "random_choice",
    "ratelimit",
    "ratelimit_common",
    "ratelimit_service",
    "raw_buffer",
    "redirect_response",
    "round_robin",
    "tracing",
    "wrr_locality",
    "zstd",
]
