"""Encoded resources as dictionaries, read by the gRPC project's build of Envoy's protos, not by what wrote them."""

from __future__ import annotations

from typing import Any

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.extensions.access_loggers.file.v3 import file_pb2
from envoy.extensions.clusters.dns.v3 import dns_cluster_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.listener.tls_inspector.v3 import tls_inspector_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2
from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2
from envoy.extensions.filters.udp.udp_proxy.v3 import route_pb2 as udp_route_pb2
from envoy.extensions.filters.udp.udp_proxy.v3 import udp_proxy_pb2
from envoy.extensions.load_balancing_policies.least_request.v3 import least_request_pb2
from envoy.extensions.matching.common_inputs.network.v3 import network_inputs_pb2
from envoy.extensions.matching.input_matchers.runtime_fraction.v3 import runtime_fraction_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2, tls_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from google.protobuf import json_format
from google.protobuf.message import Message

from reconciler import ir
from reconciler.snapshot import model
from reconciler.snapshot.model import Resources
from reconciler.translate.fleet import assemble
from reconciler.translate.routes import TranslatedRoute
from reconciler.translate.units import translate
from tests.translate import build

INSIDE_ANY = (
    file_pb2,
    dns_cluster_pb2,
    router_pb2,
    tls_inspector_pb2,
    http_connection_manager_pb2,
    least_request_pb2,
    network_inputs_pb2,
    runtime_fraction_pb2,
    tcp_proxy_pb2,
    udp_proxy_pb2,
    udp_route_pb2,
    http_protocol_options_pb2,
    tls_pb2,
)
"""Imported so that the contents of `Any` can be decoded."""

MESSAGES: dict[str, type[Message]] = {
    model.CLUSTER: cluster_pb2.Cluster,
    model.CLUSTER_LOAD_ASSIGNMENT: endpoint_pb2.ClusterLoadAssignment,
    model.LISTENER: listener_pb2.Listener,
    model.ROUTE_CONFIGURATION: route_pb2.RouteConfiguration,
    model.SECRET: secret_pb2.Secret,
}


def decode(type_url: str, value: bytes) -> dict[str, Any]:
    """A resource."""
    return _dictionary(MESSAGES[type_url].FromString(value))


def decode_route(value: bytes) -> dict[str, Any]:
    """A `Route`."""
    return _dictionary(route_components_pb2.Route.FromString(value))


def decode_all(resources: Resources) -> dict[str, dict[str, dict[str, Any]]]:
    """All resources: type URL → name → resource."""
    return {
        type_url: {name: decode(type_url, value) for name, value in by_name.items()}
        for type_url, by_name in resources.items()
    }


def routes(translated: TranslatedRoute, table: str = build.TABLE) -> list[dict[str, Any]]:
    """The routes in a route configuration, host by host, in order of precedence."""
    return [
        decode_route(value)
        for _, name, hosts in translated.tables
        if name == table
        for _, entries in hosts
        for _, value in sorted(entries)
    ]


def routes_of(rule: ir.Rule, *hosts: str, port: int = 80, table: str = "") -> list[dict[str, Any]]:
    """The routes that come of one rule."""
    table = table or f"http-{port}"
    placed = build.placement(*hosts, table=table, port=port)
    return routes(translate(build.unit(rule, placements=(placed,))), table)


def clusters(translated: TranslatedRoute) -> dict[str, dict[str, Any]]:
    """Clusters by name."""
    return {name: decode(model.CLUSTER, value) for name, value in translated.clusters}


def endpoints(translated: TranslatedRoute) -> dict[str, dict[str, Any]]:
    """Endpoint sets by name."""
    return {name: decode(model.CLUSTER_LOAD_ASSIGNMENT, value) for name, value in translated.endpoints}


def assembled(fleet: ir.Fleet, *units: ir.Unit) -> dict[str, dict[str, dict[str, Any]]]:
    """All resources of a fleet with these routes: type URL → name → resource."""
    return decode_all(assemble(fleet, [translate(unit) for unit in units]))


def _dictionary(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return found
