"""Listeners, filter chains, TLS, the connection manager and access logs, with Envoy Gateway's defaults."""

from __future__ import annotations

from typing import Any

from reconciler import ir
from reconciler.snapshot.model import LISTENER, SECRET
from reconciler.translate.access_log import FIELDS
from tests.translate.build import fleet, http_listener, https_chain, https_listener
from tests.translate.decode import assembled

ANY = "type.googleapis.com/envoy.extensions."
ADS = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}

FILE_LOG = {"@type": ANY + "access_loggers.file.v3.FileAccessLog", "path": "/dev/stdout", "json_format": FIELDS}

MANAGER: dict[str, Any] = {
    "@type": ANY + "filters.network.http_connection_manager.v3.HttpConnectionManager",
    "stat_prefix": "http-80",
    "rds": {"config_source": ADS, "route_config_name": "http-80"},
    "http_filters": [
        {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": ANY + "filters.http.router.v3.Router", "suppress_envoy_headers": True},
        }
    ],
    "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
    "http2_protocol_options": {
        "max_concurrent_streams": 100,
        "initial_stream_window_size": 65536,
        "initial_connection_window_size": 1048576,
    },
    "server_header_transformation": "PASS_THROUGH",
    "access_log": [{"name": "envoy.access_loggers.file", "typed_config": FILE_LOG}],
    "use_remote_address": True,
    "normalize_path": True,
    "merge_slashes": True,
    "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
}


def listener(socket: ir.Listener) -> dict[str, Any]:
    found = assembled(fleet(socket))[LISTENER]
    assert set(found) == {socket.name}
    return found[socket.name]


def test_http() -> None:
    assert listener(http_listener()) == {
        "name": "tcp-80",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
        "default_filter_chain": {
            "name": "http-80",
            "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": MANAGER}],
        },
        "per_connection_buffer_limit_bytes": 32768,
        "access_log": [
            {
                "name": "envoy.access_loggers.file",
                "filter": {"response_flag_filter": {"flags": ["NR"]}},
                "typed_config": FILE_LOG,
            }
        ],
        "max_connections_to_accept_per_socket_event": 1,
    }


def test_further_addresses() -> None:
    found = listener(http_listener(port=8080, addresses=("192.0.2.1", "2001:db8::1")))
    assert found["address"] == {"socket_address": {"address": "192.0.2.1", "port_value": 8080}}
    assert found["additional_addresses"] == [
        {"address": {"socket_address": {"address": "2001:db8::1", "port_value": 8080}}}
    ]


def test_https() -> None:
    shop = https_chain("infra/gateway/shop", "shop.example", "www.shop.example", certificate="infra/shop")
    rest = https_chain("infra/gateway/rest", certificate="infra/rest", alpn=("http/1.1",))
    found = listener(https_listener(shop, rest))
    assert "default_filter_chain" not in found
    assert [one["name"] for one in found["listener_filters"]] == ["envoy.filters.listener.tls_inspector"]
    first, second = found["filter_chains"]
    assert first["name"] == "infra/gateway/shop"
    assert first["filter_chain_match"] == {"server_names": ["shop.example", "www.shop.example"]}
    assert first["transport_socket"] == {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": ANY + "transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_certificate_sds_secret_configs": [
                    {"name": "infra/shop", "sds_config": {"ads": {}, "resource_api_version": "V3"}}
                ],
                "alpn_protocols": ["h2", "http/1.1"],
            },
            "disable_stateless_session_resumption": True,
            "disable_stateful_session_resumption": True,
        },
    }
    assert first["filters"][0]["typed_config"] == {
        **MANAGER,
        "stat_prefix": "https-443",
        "rds": {"config_source": ADS, "route_config_name": "infra/gateway/shop"},
    }
    assert "filter_chain_match" not in second
    assert second["transport_socket"]["typed_config"]["common_tls_context"]["alpn_protocols"] == ["http/1.1"]


def test_the_access_log_has_all_fields() -> None:
    assert len(FIELDS) == 24


def test_only_secrets_with_content_are_resources() -> None:
    secrets = (ir.Secret("infra/outside"), ir.Secret("infra/inside", b"chain", b"key"))
    assert assembled(fleet(secrets=secrets))[SECRET] == {
        "infra/inside": {
            "name": "infra/inside",
            "tls_certificate": {
                "certificate_chain": {"inline_bytes": "Y2hhaW4="},
                "private_key": {"inline_bytes": "a2V5"},
            },
        }
    }
