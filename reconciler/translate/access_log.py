"""The default access log: JSON lines to standard output, with Envoy Gateway's fields."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import accesslog
from reconciler.translate import messages as m

if TYPE_CHECKING:
    from reconciler.ir.proxy import Proxy

FIELDS = {
    "start_time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "x-envoy-origin-path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "protocol": "%PROTOCOL%",
    "response_code": "%RESPONSE_CODE%",
    "response_flags": "%RESPONSE_FLAGS%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "connection_termination_details": "%CONNECTION_TERMINATION_DETAILS%",
    "upstream_transport_failure_reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "duration": "%DURATION%",
    "x-envoy-upstream-service-time": "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
    "x-forwarded-for": "%REQ(X-FORWARDED-FOR)%",
    "user-agent": "%REQ(USER-AGENT)%",
    "x-request-id": "%REQ(X-REQUEST-ID)%",
    ":authority": "%REQ(:AUTHORITY)%",
    "upstream_host": "%UPSTREAM_HOST%",
    "upstream_cluster": "%UPSTREAM_CLUSTER%",
    "upstream_local_address": "%UPSTREAM_LOCAL_ADDRESS%",
    "downstream_local_address": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "downstream_remote_address": "%DOWNSTREAM_REMOTE_ADDRESS%",
    "requested_server_name": "%REQUESTED_SERVER_NAME%",
    "route_name": "%ROUTE_NAME%",
}

NO_FILTER_CHAIN = "NR"
"""Response flag of a connection that no filter chain takes: the only thing a listener itself has to log."""


@cache
def of_requests() -> accesslog.AccessLog:
    """For connection managers: a line a request."""
    return _log(None)


@cache
def of_listener() -> accesslog.AccessLog:
    """For listeners: a line for a connection that finds no filter chain."""
    return _log(m.AccessLogFilter(response_flag_filter=m.ResponseFlagFilter(flags=[NO_FILTER_CHAIN])))


def logs_of_requests(proxy: Proxy | None) -> list[accesslog.AccessLog]:
    """What a fleet tells of requests and connections."""
    if proxy is None or proxy.access_logs is None:
        return [of_requests()]
    from reconciler.translate import access_logs

    return access_logs.of_requests(proxy.access_logs)


def logs_of_listeners(proxy: Proxy | None) -> list[accesslog.AccessLog]:
    """What a fleet tells of connections to its listeners."""
    if proxy is None or proxy.access_logs is None:
        return [of_listener()]
    from reconciler.translate import access_logs

    return access_logs.of_listener(proxy.access_logs)


def _log(only: accesslog.AccessLogFilter | None) -> accesslog.AccessLog:
    fields = {name: m.Value(string_value=operator) for name, operator in FIELDS.items()}
    file = m.FileAccessLog(path="/dev/stdout", json_format=m.Struct(fields=fields))
    log = m.AccessLog(name="envoy.access_loggers.file", filter=only, typed_config=to_any(file))
    return encoded(accesslog.AccessLog, encode(log))
