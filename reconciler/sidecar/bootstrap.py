"""`gitway bootstrap`: the static configuration with which an Envoy starts and finds its sidecar.

Values are Envoy Gateway's: delta ADS, the node on the first message only, no limit to the size of regular expressions
(the publish has checked them), statistics created when first used. What an EnvoyProxy says of the start comes with the
fleet's snapshot (`snapshot.start`). How the sidecar is found is never up to it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import yaml

from reconciler.records import dataclass
from reconciler.sidecar.addresses import Address, AddressError, parse_address
from reconciler.sidecar.prometheus_page import prometheus_page

XDS_CLUSTER = "gitway"
"""The name of the only static cluster."""

_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_TYPE = "type.googleapis.com/"


class BootstrapError(ValueError):
    """Options from which no bootstrap can be made: what is wrong, and what to do about it."""


Document = dict[str, Any]

_AS_USUAL: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BootstrapOptions:
    """The options of `gitway bootstrap`.

    Attributes:
        xds: where the sidecar listens: `HOST:PORT` or `unix:PATH`.
        fleet: the fleet's name, Envoy's `node.cluster`.
        node_id: None: the host's name.
        admin: `HOST:PORT` of Envoy's admin page; None: none.
        stats: `HOST:PORT` of the page for Prometheus, where the fleet has one.
        tls_ca, tls_cert, tls_key: paths on Envoy's machine, for mutual TLS with the sidecar.
    """

    xds: str
    fleet: str
    node_id: str | None = None
    admin: str | None = "127.0.0.1:19000"
    protocol: Literal["delta", "sotw"] = "delta"
    stats: str = "0.0.0.0:19001"
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def bootstrap(options: BootstrapOptions, start: Mapping[str, Any] = _AS_USUAL) -> str:
    """The YAML for `envoy -c`. `start` is what the fleet's snapshot says (`snapshot.start`).

    Raises:
        BootstrapError: an address or the set of TLS files cannot be used, or what the snapshot says cannot be done.
    """
    try:
        config = _config(options)
        if start:
            config = _as_asked(config, start, options)
        return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    except AddressError as error:
        raise BootstrapError(f"{error.message}: {error.help}") from error


def problem(change: str, document: str) -> str:
    """What is wrong with a change of the bootstrap (its type, and its document in JSON); empty: nothing."""
    options = BootstrapOptions("127.0.0.1:18000", "namespace/name", node_id="id")
    try:
        bootstrap(options, {"change": {"type": change, "document": json.loads(document)}})
    except BootstrapError as error:
        return str(error)
    return ""


def _as_asked(config: Document, start: Mapping[str, Any], options: BootstrapOptions) -> Document:
    from reconciler.snapshot.patch import Unusable
    from reconciler.snapshot.start import after_change, as_bootstrap, merged

    own = {"node": config["node"], "dynamic_resources": config["dynamic_resources"]}
    [sidecar] = config["static_resources"]["clusters"]
    try:
        asked = as_bootstrap(merged(config, start.get("metrics", {})))
        if "prometheus" in start:
            asked = merged(asked, prometheus_page(options.stats, _admin(options), start["prometheus"]))
        if "change" in start:
            asked = after_change(asked, start["change"])
    except Unusable as error:
        raise BootstrapError(f"the bootstrap cannot be changed as the EnvoyProxy says: {error}") from error
    static = asked.setdefault("static_resources", {})
    clusters = [one for one in static.get("clusters", ()) if one.get("name") not in (XDS_CLUSTER, _THEIRS)]
    static["clusters"] = [sidecar, *clusters]
    own["node"] = {**asked.get("node", {}), **own["node"]}
    # Protobuf has mappings of other types, and no other numbers than those with a point.
    plain: Document = json.loads(json.dumps({**asked, **own}), parse_float=_number)
    return plain


def _number(written: str) -> float | int:
    number = float(written)
    return int(number) if number.is_integer() else number


def _admin(options: BootstrapOptions) -> Document:
    if not options.admin:
        raise AddressError("the page for Prometheus is one of Envoy's admin interface", "give --admin HOST:PORT")
    return _socket(parse_address(options.admin))


_THEIRS = "xds_cluster"
"""What Envoy Gateway's bootstrap, and so what replaces it, calls the server of xDS."""


def _config(options: BootstrapOptions) -> dict[str, Any]:
    if not options.fleet:
        raise AddressError("an Envoy without a fleet is given nothing", "name it with --fleet NAMESPACE/NAME")
    config: dict[str, Any] = {
        "node": {"id": options.node_id or socket.gethostname(), "cluster": options.fleet},
        "dynamic_resources": _dynamic_resources(options.protocol),
        "static_resources": {"clusters": [_xds_cluster(options)]},
        "layered_runtime": {"layers": [_RUNTIME]},
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
    }
    if options.admin:
        config["admin"] = {"address": _socket(parse_address(options.admin))}
    return config


_RUNTIME = {
    "name": "gitway",
    "static_layer": {
        "re2.max_program_size.error_level": 4294967295,
        "re2.max_program_size.warn_level": 1000,
    },
}


def _dynamic_resources(protocol: str) -> dict[str, Any]:
    def over_ads() -> dict[str, Any]:
        return {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}

    return {
        "ads_config": {
            "api_type": "DELTA_GRPC" if protocol == "delta" else "GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [{"envoy_grpc": {"cluster_name": XDS_CLUSTER}}],
        },
        "lds_config": over_ads(),
        "cds_config": over_ads(),
    }


def _xds_cluster(options: BootstrapOptions) -> dict[str, Any]:
    address = parse_address(options.xds)
    cluster: dict[str, Any] = {
        "name": XDS_CLUSTER,
        "type": "STRICT_DNS" if _is_name(address) else "STATIC",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": _TYPE + _HTTP_OPTIONS,
                "explicit_http_config": {
                    # A sidecar that is gone without a word is noticed, and connected to anew.
                    "http2_protocol_options": {"connection_keepalive": {"interval": "30s", "timeout": "5s"}}
                },
            }
        },
        "load_assignment": {
            "cluster_name": XDS_CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _socket(address)}}]}],
        },
    }
    tls = _tls(options, address)
    if tls is not None:
        cluster["transport_socket"] = tls
    return cluster


def _tls(options: BootstrapOptions, xds: Address) -> dict[str, Any] | None:
    if not (options.tls_ca or options.tls_cert or options.tls_key):
        return None
    if not (options.tls_ca and options.tls_cert and options.tls_key):
        raise AddressError("mutual TLS takes three files", "give --tls-ca, --tls-cert and --tls-key together")
    context = {
        "@type": _TYPE + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {
            "alpn_protocols": ["h2"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificates": [
                {
                    "certificate_chain": {"filename": str(options.tls_cert)},
                    "private_key": {"filename": str(options.tls_key)},
                }
            ],
            "validation_context": {"trusted_ca": {"filename": str(options.tls_ca)}, **_server_name(xds)},
        },
    }
    if _is_name(xds):
        context["sni"] = xds.host
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def _server_name(xds: Address) -> dict[str, Any]:
    """The sidecar's certificate must name what was connected to."""
    if xds.path:
        return {}
    kind = "DNS" if _is_name(xds) else "IP_ADDRESS"
    return {"match_typed_subject_alt_names": [{"san_type": kind, "matcher": {"exact": xds.host}}]}


def _is_name(address: Address) -> bool:
    return not address.path and not address.is_ip


def _socket(address: Address) -> dict[str, Any]:
    if address.path:
        return {"pipe": {"path": address.path}}
    return {"socket_address": {"address": address.host, "port_value": address.port}}
