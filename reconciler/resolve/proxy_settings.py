"""An EnvoyProxy → `ir.proxy.Proxy`, with the servers that telemetry goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler import ir
from reconciler.diagnostics import Diagnostic
from reconciler.ir import proxy as proxies
from reconciler.manifests.access_logs import AccessLogSetting, AccessLogSink
from reconciler.manifests.backend_settings import Fraction
from reconciler.manifests.base import Loaded
from reconciler.manifests.client_headers import Header
from reconciler.manifests.envoyproxy import EnvoyProxy, FilterPosition
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.telemetry_backends import Collector, TelemetryBackend
from reconciler.manifests.tracers import ProxyTracing, Sampler
from reconciler.manifests.tracing import CustomTag
from reconciler.resolve import codes
from reconciler.resolve.backend_settings import cluster_settings
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.findings import finding
from reconciler.resolve.gateways import GatewayState
from reconciler.resolve.proxies import KIND, EffectiveProxy
from reconciler.resolve.proxy_start import start
from reconciler.resolve.targets import Refusal, is_ip
from reconciler.resolve.world import World

MILLION = proxies.MILLION

Findings = list[Diagnostic]


def proxy_settings(effective: EffectiveProxy, gateway: GatewayState, world: World) -> tuple[proxies.Proxy, Findings]:
    """The settings of a Gateway's fleet, and what there is to say about them."""
    found: Findings = []
    spec = effective.spec
    telemetry = spec.telemetry
    metrics = telemetry.metrics if telemetry is not None else None
    request_id = telemetry.request_id if telemetry is not None else None
    made = proxies.Proxy(
        access_logs=_access_logs(effective, world, found),
        tracing=_tracing(effective, gateway, world, found),
        filter_order=tuple(_move(position) for position in spec.filter_order),
        keep_route_order=bool(spec.preserve_route_order),
        request_id=(request_id.tracing or "") if request_id is not None else "",
        grpc_stats=metrics.enable_grpc_stats if metrics is not None else None,
        host_stats=metrics is not None and bool(metrics.enable_virtual_host_stats),
        endpoint_stats=metrics is not None and bool(metrics.enable_per_endpoint_stats),
        size_stats=metrics is not None and bool(metrics.enable_request_response_sizes_stats),
        start=start(spec, _sinks(effective, world, found)),
    )
    return made, found


def _move(position: FilterPosition) -> proxies.FilterMove:
    return proxies.FilterMove(position.name, position.before or position.after or "", after=position.before is None)


# ---------------------------------------------------------------- servers


def _collector(
    asked: TelemetryBackend, name: str, owner: Loaded[EnvoyProxy], world: World, found: Findings, *, grpc: bool
) -> proxies.Collector | None:
    """The server of a sink; None, which is reported: there is none."""
    meta = owner.resource.metadata
    backends = list(_backends(asked, owner, world, found))
    if not backends and isinstance(asked, Collector) and asked.host:
        discovery = ir.Discovery.STATIC if is_ip(asked.host) else ir.Discovery.DNS
        backends = [ir.Backend(0, 1, discovery, (ir.Endpoint(asked.host, asked.port),))]
    if not backends:
        return None
    if len({backend.discovery for backend in backends}) > 1:
        message = "All backendRefs have to be found in the same way: all by DNS or none."
        found.append(finding(codes.UNSUPPORTED_BACKEND, owner, ("spec", "telemetry"), message))
        backends = backends[:1]
    settings = None
    if asked.backend_settings is not None:
        settings, problems = cluster_settings(asked.backend_settings, ("spec", "telemetry"))
        found += [finding(one.code, owner, ("spec", "telemetry"), one.message, one.help) for one in problems]
    protocol = ir.Protocol.H2C if grpc else ir.Protocol.HTTP
    cluster = f"envoyproxy/{meta.namespace}/{meta.name}/{name}"
    backends = [replace(one, protocol=protocol) for one in backends]
    return proxies.Collector(cluster, tuple(backends), _authority(asked, meta.namespace), settings)


def _backends(
    asked: TelemetryBackend, owner: Loaded[EnvoyProxy], world: World, found: Findings
) -> Iterator[ir.Backend]:
    scope = Scope(world, KIND, owner.resource.metadata.namespace, group=ENVOY_GATEWAY)
    for index, ref in enumerate(asked.backend_refs):
        target = resolve_ref(ref, scope)
        if isinstance(target, Refusal):
            message = f"Telemetry cannot be sent to {ref.kind} {ref.name}: {target.message}"
            found.append(finding(target.code, owner, ("spec", "telemetry"), message, target.help))
        elif ref.weight and target.discovery in (ir.Discovery.STATIC, ir.Discovery.DNS):
            yield ir.Backend(
                index, ref.weight, target.discovery, target.endpoints, fallback=target.fallback, tls=target.tls
            )


def _authority(asked: TelemetryBackend, namespace: str) -> str:
    """As in Envoy Gateway: the name of the first server."""
    if not asked.backend_refs:
        return (asked.host or "") if isinstance(asked, Collector) else ""
    ref = asked.backend_refs[0]
    return f"{ref.name}.{ref.namespace or namespace}" + (f":{ref.port}" if ref.port else "")


def _pairs(headers: Iterable[Header]) -> tuple[tuple[str, str], ...]:
    return tuple((header.name, header.value) for header in headers)


# ---------------------------------------------------------------- access logs


def _access_logs(effective: EffectiveProxy, world: World, found: Findings) -> tuple[proxies.AccessLog, ...] | None:
    log = effective.spec.telemetry.access_log if effective.spec.telemetry is not None else None
    if log is None:
        return None
    if log.disable:
        return ()
    if not log.settings:
        return None
    owner = effective.owner("telemetry", "access_log", "settings")
    return tuple(
        proxies.AccessLog(made, _format(setting, sink), tuple(setting.matches), setting.type or "")
        for index, setting in enumerate(log.settings)
        for number, sink in enumerate(setting.sinks)
        if (made := _sink(sink, f"accesslog/{index}/{number}", owner, world, found)) is not None
    )


def _format(setting: AccessLogSetting, sink: AccessLogSink) -> proxies.LogFormat:
    form = setting.format
    if form is None:
        return proxies.LogFormat()
    fields = tuple(sorted(form.json_.items())) if form.json_ is not None else None
    if sink.type == "OpenTelemetry" or form.type is None:
        return proxies.LogFormat(form.text, fields)
    return proxies.LogFormat(text=form.text) if form.type == "Text" else proxies.LogFormat(fields=fields)


def _sink(
    sink: AccessLogSink, name: str, owner: Loaded[EnvoyProxy], world: World, found: Findings
) -> proxies.FileLog | proxies.ServiceLog | proxies.TelemetryLog | None:
    if sink.file is not None:
        return proxies.FileLog(sink.file.path or "/dev/stdout")
    if sink.als is not None:
        collector = _collector(sink.als, name, owner, world, found, grpc=True)
        if collector is None:
            return None
        meta, http = owner.resource.metadata, sink.als.http
        return proxies.ServiceLog(
            collector,
            sink.als.log_name or f"accesslog/{meta.namespace}/{meta.name}",
            sink.als.type == "HTTP",
            tuple(http.request_headers) if http is not None else (),
            tuple(http.response_headers) if http is not None else (),
            tuple(http.response_trailers) if http is not None else (),
        )
    if sink.open_telemetry is None:
        return None
    otel = sink.open_telemetry
    collector = _collector(otel, name, owner, world, found, grpc=True)
    if collector is None:
        return None
    resource = otel.resource_attributes or otel.resources or {}
    return proxies.TelemetryLog(collector, _pairs(otel.headers), tuple(sorted(resource.items())))


# ---------------------------------------------------------------- metrics


def _sinks(effective: EffectiveProxy, world: World, found: Findings) -> tuple[proxies.MetricSink, ...]:
    telemetry = effective.spec.telemetry
    metrics = telemetry.metrics if telemetry is not None else None
    if metrics is None or not metrics.sinks:
        return ()
    owner = effective.owner("telemetry", "metrics", "sinks")
    return tuple(
        proxies.MetricSink(
            collector,
            _pairs(otel.headers),
            tuple(sorted(otel.resource_attributes.items())),
            bool(otel.report_counters_as_deltas),
            bool(otel.report_histograms_as_deltas),
        )
        for index, sink in enumerate(metrics.sinks)
        if (otel := sink.open_telemetry) is not None
        and (collector := _collector(otel, f"metrics/{index}", owner, world, found, grpc=True)) is not None
    )


# ---------------------------------------------------------------- tracing


def _tracing(effective: EffectiveProxy, gateway: GatewayState, world: World, found: Findings) -> proxies.Tracing | None:
    tracing = effective.spec.telemetry.tracing if effective.spec.telemetry is not None else None
    if tracing is None:
        return None
    provider = tracing.provider
    owner = effective.owner("telemetry", "tracing")
    collector = _collector(provider, "tracing", owner, world, found, grpc=provider.type == "OpenTelemetry")
    if collector is None:
        return None
    otel, zipkin = provider.open_telemetry, provider.zipkin
    return proxies.Tracing(
        provider.type,
        collector,
        provider.service_name or f"{gateway.name}.{gateway.namespace}",
        random=_random(tracing),
        client=_millionths(tracing.client_sampling_fraction, 0),
        overall=_millionths(tracing.overall_sampling_fraction, MILLION),
        tags=tuple(_tags(tracing)),
        client_span=tracing.span_name.client if tracing.span_name is not None else "",
        server_span=tracing.span_name.server if tracing.span_name is not None else "",
        headers=_pairs(otel.headers) if otel is not None else (),
        resource=tuple(sorted(otel.resource_attributes.items())) if otel is not None else (),
        sampler=_sampler(otel.sampler) if otel is not None and otel.sampler is not None else None,
        short_ids=zipkin is None or not zipkin.enable_128_bit_trace_id,
        own_spans=zipkin is not None and bool(zipkin.disable_shared_span_context),
    )


def _random(tracing: ProxyTracing) -> int:
    if tracing.sampling_rate is not None:
        return tracing.sampling_rate * MILLION // 100
    return _millionths(tracing.sampling_fraction, MILLION)


def _millionths(fraction: Fraction | None, default: int) -> int:
    return default if fraction is None else fraction.numerator * MILLION // fraction.denominator


def _tags(tracing: ProxyTracing) -> Iterator[proxies.Tag]:
    for name, tag in sorted(tracing.custom_tags.items()):
        if (made := _tag(name, tag)) is not None:
            yield made
    for name, text in sorted(tracing.tags.items()):
        yield proxies.Tag(name, "Format", text)


def _tag(name: str, tag: CustomTag) -> proxies.Tag | None:
    if tag.type == "Literal":
        return proxies.Tag(name, tag.type, tag.literal.value) if tag.literal is not None else None
    source = tag.environment if tag.type == "Environment" else tag.request_header
    return proxies.Tag(name, tag.type, source.name, source.default_value or "") if source is not None else None


def _sampler(sampler: Sampler) -> proxies.Sampler:
    share = sampler.sampling_percentage
    return proxies.Sampler(sampler.type, 100.0 if share is None else share.numerator * 100 / share.denominator)
