"""Constructors of the messages of access logs and tracing, as those of `messages`: few runs need them."""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.postpone import postponed_dataclasses
from reconciler.snapshot.protos import accesslog, core, hcm

with postponed_dataclasses():
    from envoy_data_plane.envoy.config.trace import v3 as trace
    from envoy_data_plane.envoy.extensions.access_loggers.filters.cel import v3 as cel_filter
    from envoy_data_plane.envoy.extensions.access_loggers.grpc import v3 as grpc_log
    from envoy_data_plane.envoy.extensions.access_loggers.open_telemetry import v3 as otel_log
    from envoy_data_plane.envoy.extensions.formatter.req_without_query import v3 as req_without_query
    from envoy_data_plane.envoy.extensions.request_id.uuid import v3 as uuid_request_id
    from envoy_data_plane.envoy.extensions.tracers.opentelemetry.resource_detectors import v3 as detectors
    from envoy_data_plane.envoy.extensions.tracers.opentelemetry.samplers import v3 as samplers
    from envoy_data_plane.envoy.type import v3 as types
    from envoy_data_plane.envoy.type.tracing import v3 as tracing
    from envoy_data_plane.opentelemetry.proto.common import v1 as otel_common

AlwaysOn = unvalidated(samplers.AlwaysOnSamplerConfig)
AndFilter = unvalidated(accesslog.AndFilter)
AnyValue = unvalidated(otel_common.AnyValue)
CommonGrpcAccessLogConfig = unvalidated(grpc_log.CommonGrpcAccessLogConfig)
CustomTag = unvalidated(tracing.CustomTag)
DatadogConfig = unvalidated(trace.DatadogConfig)
EnvironmentTag = unvalidated(tracing.CustomTagEnvironment)
ExpressionFilter = unvalidated(cel_filter.ExpressionFilter)
ExtensionFilter = unvalidated(accesslog.ExtensionFilter)
HeaderTag = unvalidated(tracing.CustomTagHeader)
HttpGrpcAccessLogConfig = unvalidated(grpc_log.HttpGrpcAccessLogConfig)
KeyValue = unvalidated(otel_common.KeyValue)
KeyValueList = unvalidated(otel_common.KeyValueList)
LiteralTag = unvalidated(tracing.CustomTagLiteral)
ManagerTracing = unvalidated(hcm.HttpConnectionManagerTracing)
OpenTelemetryAccessLogConfig = unvalidated(otel_log.OpenTelemetryAccessLogConfig)
OpenTelemetryConfig = unvalidated(trace.OpenTelemetryConfig)
ParentBased = unvalidated(samplers.ParentBasedSamplerConfig)
Percent = unvalidated(types.Percent)
ReqWithoutQuery = unvalidated(req_without_query.ReqWithoutQuery)
RequestIdExtension = unvalidated(hcm.RequestIdExtension)
StaticConfig = unvalidated(detectors.StaticConfigResourceDetectorConfig)
SubstitutionFormatString = unvalidated(core.SubstitutionFormatString)
TcpGrpcAccessLogConfig = unvalidated(grpc_log.TcpGrpcAccessLogConfig)
TracingHttp = unvalidated(trace.TracingHttp)
TraceIdRatio = unvalidated(samplers.TraceIdRatioBasedSamplerConfig)
UuidRequestId = unvalidated(uuid_request_id.UuidRequestIdConfig)
ZipkinConfig = unvalidated(trace.ZipkinConfig)

HTTP_JSON = trace.ZipkinConfigCollectorEndpointVersion.HTTP_JSON
