"""Hand-made resources with which a real Envoy answers."""

from __future__ import annotations

import importlib
from typing import Any

from google.protobuf import json_format

from tests.sidecar.releases import CDS, EDS, LDS, RDS

_TYPE = "type.googleapis.com/"
_HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "envoy.extensions.filters.http.router.v3.Router"
_TLS = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"

_MODULES = {
    CDS: ("envoy.config.cluster.v3.cluster_pb2", "Cluster"),
    EDS: ("envoy.config.endpoint.v3.endpoint_pb2", "ClusterLoadAssignment"),
    LDS: ("envoy.config.listener.v3.listener_pb2", "Listener"),
    RDS: ("envoy.config.route.v3.route_pb2", "RouteConfiguration"),
}
_ADS = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}

Resources = dict[str, dict[str, bytes]]


def encoded(type_url: str, message: dict[str, Any]) -> bytes:
    """A message from its JSON form."""
    for module in (
        "envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2",
        "envoy.extensions.filters.http.router.v3.router_pb2",
        "envoy.extensions.transport_sockets.tls.v3.tls_pb2",
    ):
        importlib.import_module(module)
    module, name = _MODULES[type_url]
    made = json_format.ParseDict(message, getattr(importlib.import_module(module), name)())
    return bytes(made.SerializeToString(deterministic=True))


def resources(listeners: dict[str, dict[str, Any]], routes: dict[str, Any], clusters: dict[str, int]) -> Resources:
    """All of a fleet; clusters by name with the port of their backend."""
    return {
        LDS: {name: encoded(LDS, {"name": name, **each}) for name, each in listeners.items()},
        RDS: {name: encoded(RDS, {"name": name, **each}) for name, each in routes.items()},
        CDS: {name: encoded(CDS, cluster(name)) for name in clusters},
        EDS: {name: encoded(EDS, endpoints(name, port)) for name, port in clusters.items()},
    }


def listener(port: int, table: str, secret: str = "", **more: Any) -> dict[str, Any]:
    """An HTTP listener, or with a secret's name an HTTPS one."""
    manager = {
        "@type": _TYPE + _HCM,
        "stat_prefix": table,
        "rds": {"route_config_name": table, "config_source": _ADS},
        "http_filters": [{"name": "router", "typed_config": {"@type": _TYPE + _ROUTER}}],
        **more,
    }
    chain: dict[str, Any] = {"filters": [{"name": "hcm", "typed_config": manager}]}
    if secret:
        secrets = [{"name": secret, "sds_config": _ADS}]
        tls = {"@type": _TYPE + _TLS, "common_tls_context": {"tls_certificate_sds_secret_configs": secrets}}
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": tls}
    return {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "filter_chains": [chain]}


def route(cluster_name: str) -> dict[str, Any]:
    """A table that sends everything to one cluster."""
    to = {"match": {"prefix": "/"}, "route": {"cluster": cluster_name}}
    return {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [to]}]}


def cluster(name: str, **more: Any) -> dict[str, Any]:
    """A cluster with endpoints by EDS."""
    return {"name": name, "type": "EDS", "eds_cluster_config": {"eds_config": _ADS}, "connect_timeout": "1s", **more}


def endpoints(name: str, port: int) -> dict[str, Any]:
    """One endpoint on loopback."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}
