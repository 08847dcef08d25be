"""`ir.proxy.AccessLog` → `AccessLog`, for listeners, for what handles requests or connections, and for upstreams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.ir.proxy import AccessLog, Collector, FileLog, LogFormat, ServiceLog, TelemetryLog
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import accesslog, core
from reconciler.translate import messages as m
from reconciler.translate import telemetry_messages as t
from reconciler.translate.access_log import FIELDS, NO_FILTER_CHAIN

_WITHOUT_QUERY = "%REQ_WITHOUT_QUERY"
_LOG_NAME = "otel_envoy_accesslog"


def of_requests(logs: Iterable[AccessLog]) -> list[accesslog.AccessLog]:
    """An entry a request, or a connection."""
    return [_log(log, connections=False) for log in logs if log.of in ("", "Route")]


def of_listener(logs: Iterable[AccessLog]) -> list[accesslog.AccessLog]:
    """An entry a connection; of logs of no kind only those that no filter chain takes."""
    unmatched = m.AccessLogFilter(response_flag_filter=m.ResponseFlagFilter(flags=[NO_FILTER_CHAIN]))
    return [
        _log(log, connections=True, only=None if log.of else unmatched) for log in logs if log.of in ("", "Listener")
    ]


def of_upstream(logs: Iterable[AccessLog]) -> list[accesslog.AccessLog]:
    """An entry an attempt to forward a request."""
    return [_log(log, connections=False) for log in logs if log.of == "Upstream"]


def grpc_service(collector: Collector, headers: Iterable[tuple[str, str]] = ()) -> core.GrpcService:
    """How a collector is called."""
    return m.GrpcService(
        envoy_grpc=m.EnvoyGrpc(cluster_name=collector.cluster, authority=collector.authority),
        initial_metadata=[m.HeaderValue(key=name, value=value) for name, value in headers],
    )


def _log(log: AccessLog, *, connections: bool, only: accesslog.AccessLogFilter | None = None) -> accesslog.AccessLog:
    name, config = _sink(log, connections=connections)
    filters = [*([only] if only is not None else []), *(_expression(text) for text in log.matches)]
    chosen = filters[0] if len(filters) == 1 else m.AccessLogFilter(and_filter=t.AndFilter(filters=filters))
    return m.AccessLog(
        name=f"envoy.access_loggers.{name}", filter=chosen if filters else None, typed_config=to_any(config)
    )


def _expression(text: str) -> accesslog.AccessLogFilter:
    name = "envoy.access_loggers.extension_filters.cel"
    expression = t.ExtensionFilter(name=name, typed_config=to_any(t.ExpressionFilter(expression=text)))
    return m.AccessLogFilter(extension_filter=expression)


def _sink(log: AccessLog, *, connections: bool) -> tuple[str, Any]:
    sink = log.sink
    if isinstance(sink, FileLog):
        return "file", m.FileAccessLog(path=sink.path, log_format=_file_format(log.form))
    if isinstance(sink, TelemetryLog):
        return "open_telemetry", _telemetry(sink, log.form)
    common = t.CommonGrpcAccessLogConfig(
        log_name=sink.name,
        grpc_service=grpc_service(sink.collector),
        transport_api_version=core.ApiVersion.V3,
    )
    return _service(sink, common, connections=connections)


def _service(sink: ServiceLog, common: Any, *, connections: bool) -> tuple[str, Any]:
    """Of connections there are no headers to tell."""
    if not sink.http or connections:
        return "tcp_grpc", t.TcpGrpcAccessLogConfig(common_config=common)
    return "http_grpc", t.HttpGrpcAccessLogConfig(
        common_config=common,
        additional_request_headers_to_log=list(sink.request_headers),
        additional_response_headers_to_log=list(sink.response_headers),
        additional_response_trailers_to_log=list(sink.response_trailers),
    )


def _file_format(form: LogFormat) -> core.SubstitutionFormatString:
    formatters = _formatters(form)
    if form.text is not None:
        text = form.text if form.text.endswith("\n") else f"{form.text}\n"
        return t.SubstitutionFormatString(text_format_source=m.DataSource(inline_string=text), formatters=formatters)
    values = {name: m.Value(string_value=value) for name, value in _fields(form)}
    return t.SubstitutionFormatString(json_format=m.Struct(fields=values), formatters=formatters)


def _fields(form: LogFormat) -> tuple[tuple[str, str], ...]:
    return tuple(FIELDS.items()) if form.fields is None else form.fields


def _telemetry(sink: TelemetryLog, form: LogFormat) -> Any:
    """A text is the body, fields are attributes; without either the default fields are."""
    attributes = () if form.text is not None and form.fields is None else _fields(form)
    return t.OpenTelemetryAccessLogConfig(
        common_config=t.CommonGrpcAccessLogConfig(
            log_name=_LOG_NAME,
            grpc_service=grpc_service(sink.collector, sink.headers),
            transport_api_version=core.ApiVersion.V3,
        ),
        resource_attributes=_attributes(sink.resource) if sink.resource else None,
        body=t.AnyValue(string_value=form.text) if form.text is not None else None,
        attributes=_attributes(attributes) if attributes else None,
        formatters=_formatters(form),
    )


def _attributes(pairs: Iterable[tuple[str, str]]) -> Any:
    values = [t.KeyValue(key=name, value=t.AnyValue(string_value=value)) for name, value in pairs]
    return t.KeyValueList(values=values)


def _formatters(form: LogFormat) -> list[core.TypedExtensionConfig]:
    """One operator is an extension of Envoy's, which has to be asked for."""
    texts = [form.text or "", *(value for _, value in form.fields or ())]
    if not any(_WITHOUT_QUERY in text for text in texts):
        return []
    config = to_any(t.ReqWithoutQuery())
    return [m.TypedExtensionConfig(name="envoy.formatter.req_without_query", typed_config=config)]
