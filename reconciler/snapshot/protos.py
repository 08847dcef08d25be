"""Envoy's messages as gitway builds them: the packages of envoy-data-plane, imported in one place.

Everything that builds messages takes them from here, e.g. `from reconciler.snapshot.protos import route`: imported
within the block below they cost a tenth of the time.
"""

from __future__ import annotations

from reconciler.snapshot.postpone import postponed_dataclasses

with postponed_dataclasses():
    from envoy_data_plane.envoy.config.accesslog import v3 as accesslog
    from envoy_data_plane.envoy.config.cluster import v3 as cluster
    from envoy_data_plane.envoy.config.common.mutation_rules import v3 as mutation_rules
    from envoy_data_plane.envoy.config.core import v3 as core
    from envoy_data_plane.envoy.config.endpoint import v3 as endpoint
    from envoy_data_plane.envoy.config.listener import v3 as listener
    from envoy_data_plane.envoy.config.route import v3 as route
    from envoy_data_plane.envoy.extensions.access_loggers.file import v3 as file_access_log
    from envoy_data_plane.envoy.extensions.clusters.common.dns import v3 as dns
    from envoy_data_plane.envoy.extensions.clusters.dns import v3 as dns_cluster
    from envoy_data_plane.envoy.extensions.filters.http.cors import v3 as cors
    from envoy_data_plane.envoy.extensions.filters.http.credential_injector import v3 as credential_injector
    from envoy_data_plane.envoy.extensions.filters.http.ext_authz import v3 as ext_authz
    from envoy_data_plane.envoy.extensions.filters.http.grpc_stats import v3 as grpc_stats
    from envoy_data_plane.envoy.extensions.filters.http.grpc_web import v3 as grpc_web
    from envoy_data_plane.envoy.extensions.filters.http.router import v3 as router
    from envoy_data_plane.envoy.extensions.filters.http.stateful_session import v3 as stateful_session
    from envoy_data_plane.envoy.extensions.filters.http.upstream_codec import v3 as upstream_codec
    from envoy_data_plane.envoy.extensions.filters.listener.tls_inspector import v3 as tls_inspector
    from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm
    from envoy_data_plane.envoy.extensions.filters.network.tcp_proxy import v3 as tcp_proxy
    from envoy_data_plane.envoy.extensions.filters.udp.udp_proxy import v3 as udp_proxy
    from envoy_data_plane.envoy.extensions.http.injected_credentials.generic import v3 as generic_credential
    from envoy_data_plane.envoy.extensions.http.stateful_session.cookie import v3 as session_cookie
    from envoy_data_plane.envoy.extensions.http.stateful_session.header import v3 as session_header
    from envoy_data_plane.envoy.extensions.load_balancing_policies.common import v3 as lb_common
    from envoy_data_plane.envoy.extensions.load_balancing_policies.least_request import v3 as least_request
    from envoy_data_plane.envoy.extensions.matching.common_inputs.network import v3 as network_inputs
    from envoy_data_plane.envoy.extensions.matching.input_matchers.runtime_fraction import v3 as runtime_fraction
    from envoy_data_plane.envoy.extensions.retry.host.previous_hosts import v3 as previous_hosts
    from envoy_data_plane.envoy.extensions.transport_sockets.tls import v3 as tls
    from envoy_data_plane.envoy.extensions.upstreams.http import v3 as upstream_http
    from envoy_data_plane.envoy.type import v3 as types
    from envoy_data_plane.envoy.type.http import v3 as http_types
    from envoy_data_plane.envoy.type.matcher import v3 as matcher
    from envoy_data_plane.google import protobuf
    from envoy_data_plane.message_pool import default_message_pool
    from envoy_data_plane.xds.core import v3 as xds_core
    from envoy_data_plane.xds.type.matcher import v3 as xds_matcher

__all__ = [
    "accesslog",
    "cluster",
    "core",
    "cors",
    "credential_injector",
    "default_message_pool",
    "dns",
    "dns_cluster",
    "endpoint",
    "ext_authz",
    "file_access_log",
    "generic_credential",
    "grpc_stats",
    "grpc_web",
    "hcm",
    "http_types",
    "lb_common",
    "least_request",
    "listener",
    "matcher",
    "mutation_rules",
    "network_inputs",
    "previous_hosts",
    "protobuf",
    "route",
    "router",
    "runtime_fraction",
    "session_cookie",
    "session_header",
    "stateful_session",
    "tcp_proxy",
    "tls",
    "tls_inspector",
    "types",
    "udp_proxy",
    "upstream_codec",
    "upstream_http",
    "xds_core",
    "xds_matcher",
]
