"""The listener from which Prometheus reads an Envoy's statistics, and nothing else of its admin interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sidecar.addresses import parse_address

Document = dict[str, Any]

_TYPE = "type.googleapis.com/"
_MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "envoy.extensions.filters.http.router.v3.Router"
_COMPRESSOR = "envoy.extensions.filters.http.compressor.v3.Compressor"
_CLUSTER = "prometheus_stats"


def prometheus_page(stats: str, admin: Document, settings: Mapping[str, Any]) -> Document:
    """The part of a bootstrap with `/stats/prometheus` at an address.

    Args:
        stats: `HOST:PORT`.
        admin: the address of the admin interface, as in a bootstrap.
        settings: `compression` (`Gzip`, `Brotli` or `Zstd`) and from how many bytes on (`compressed_from`).

    Raises:
        AddressError: the address cannot be used.
    """
    address = parse_address(stats)
    manager = {
        "@type": _TYPE + _MANAGER,
        "stat_prefix": "stats",
        "normalize_path": True,
        "route_config": {
            "name": "stats",
            "virtual_hosts": [
                {
                    "name": "stats",
                    "domains": ["*"],
                    "routes": [{"match": {"path": "/stats/prometheus"}, "route": {"cluster": _CLUSTER}}],
                }
            ],
        },
        "http_filters": [*_compressors(settings), _filter("router", {"@type": _TYPE + _ROUTER})],
    }
    listener = {
        "name": "stats",
        "address": {"socket_address": {"address": address.host, "port_value": address.port}},
        # Statistics are needed most when Envoy is overloaded.
        "bypass_overload_manager": True,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    endpoint = {"lb_endpoints": [{"endpoint": {"address": admin}}]}
    cluster = {
        "name": _CLUSTER,
        "type": "STATIC",
        "connect_timeout": "0.250s",
        "load_assignment": {"cluster_name": _CLUSTER, "endpoints": [endpoint]},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _compressors(settings: Mapping[str, Any]) -> list[Document]:
    kind = str(settings.get("compression", "")).lower()
    if not kind:
        return []
    library = _TYPE + f"envoy.extensions.compression.{kind}.compressor.v3.{kind.title()}"
    config: Document = {
        "@type": _TYPE + _COMPRESSOR,
        "compressor_library": {"name": f"envoy.compression.{kind}.compressor", "typed_config": {"@type": library}},
    }
    if size := settings.get("compressed_from"):
        common = {"min_content_length": int(size)}
        config["response_direction_config"] = {"common_config": common}
    return [_filter("compressor", config)]


def _filter(name: str, config: Document) -> Document:
    return {"name": f"envoy.filters.http.{name}", "typed_config": config}
