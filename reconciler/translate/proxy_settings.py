"""`ir.proxy.Proxy` → what it changes of listeners and connection managers."""

from __future__ import annotations

from typing import Any

from reconciler.ir.proxy import MILLION, Proxy, Sampler, Tag, Tracing
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import hcm, types
from reconciler.translate import messages as m
from reconciler.translate import telemetry_messages as t
from reconciler.translate.access_log import logs_of_requests
from reconciler.translate.access_logs import grpc_service

Fields = dict[str, Any]

_IDS = {"PackAndSample": (True, True), "Sample": (False, True), "Pack": (True, False), "Disable": (False, False)}
"""Whether the decision to trace is part of a request's ID, and is taken by it."""


def manager_fields(proxy: Proxy) -> Fields:
    """Fields of a connection manager."""
    fields: Fields = {"access_log": logs_of_requests(proxy)}
    if proxy.tracing is not None:
        fields["tracing"] = _tracing(proxy.tracing)
    if proxy.request_id:
        packed, sampled = _IDS[proxy.request_id]
        config = t.UuidRequestId(pack_trace_reason=packed, use_request_id_for_trace_sampling=sampled)
        fields["request_id_extension"] = t.RequestIdExtension(typed_config=to_any(config))
    return fields


def _tracing(tracing: Tracing) -> hcm.HttpConnectionManagerTracing:
    name, config = _provider(tracing)
    return t.ManagerTracing(
        client_sampling=_percent(tracing.client),
        random_sampling=_percent(MILLION if tracing.sampler is not None else tracing.random),
        overall_sampling=_percent(tracing.overall),
        custom_tags=[_tag(tag) for tag in tracing.tags],
        provider=t.TracingHttp(name=name, typed_config=to_any(config)),
        spawn_upstream_span=True,
        operation=tracing.server_span,
        upstream_operation=tracing.client_span,
    )


def _percent(millionths: int) -> types.Percent:
    return t.Percent(value=millionths * 100 / MILLION)


def _provider(tracing: Tracing) -> tuple[str, Any]:
    collector = tracing.collector
    if tracing.provider == "Datadog":
        return "envoy.tracers.datadog", t.DatadogConfig(
            service_name=tracing.service, collector_cluster=collector.cluster
        )
    if tracing.provider == "Zipkin":
        return "envoy.tracers.zipkin", t.ZipkinConfig(
            collector_cluster=collector.cluster,
            collector_endpoint="/api/v2/spans",
            collector_endpoint_version=t.HTTP_JSON,
            collector_hostname=collector.authority,
            trace_id_128bit=not tracing.short_ids,
            shared_span_context=not tracing.own_spans,
        )
    resource = t.StaticConfig(attributes=dict(tracing.resource))
    return "envoy.tracers.opentelemetry", t.OpenTelemetryConfig(
        grpc_service=grpc_service(collector, tracing.headers),
        service_name=tracing.service,
        resource_detectors=[
            m.TypedExtensionConfig(
                name="envoy.tracers.opentelemetry.resource_detectors.static_config", typed_config=to_any(resource)
            )
        ]
        if tracing.resource
        else [],
        sampler=_sampler(tracing.sampler) if tracing.sampler is not None else None,
    )


def _sampler(sampler: Sampler) -> Any:
    """One that depends on the parent has another for traces that begin here."""
    plain = sampler.kind.removeprefix("ParentBased")
    if plain == "AlwaysOn":
        name, config = "always_on", to_any(t.AlwaysOn())
    else:
        numerator = 0 if plain == "AlwaysOff" else round(sampler.percent * MILLION / 100)
        ratio = m.FractionalPercent(numerator=numerator, denominator=types.FractionalPercentDenominatorType.MILLION)
        name, config = "trace_id_ratio_based", to_any(t.TraceIdRatio(sampling_percentage=ratio))
    made = m.TypedExtensionConfig(name=f"envoy.tracers.opentelemetry.samplers.{name}", typed_config=config)
    if plain == sampler.kind:
        return made
    parent = t.ParentBased(wrapped_sampler=made)
    return m.TypedExtensionConfig(name="envoy.tracers.opentelemetry.samplers.parent_based", typed_config=to_any(parent))


def _tag(tag: Tag) -> Any:
    if tag.kind == "Literal":
        return t.CustomTag(tag=tag.name, literal=t.LiteralTag(value=tag.value))
    if tag.kind == "Environment":
        return t.CustomTag(tag=tag.name, environment=t.EnvironmentTag(name=tag.value, default_value=tag.default))
    if tag.kind == "RequestHeader":
        return t.CustomTag(tag=tag.name, request_header=t.HeaderTag(name=tag.value, default_value=tag.default))
    return t.CustomTag(tag=tag.name, value=tag.value)
