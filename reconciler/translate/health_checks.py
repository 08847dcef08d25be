"""`ir.clusters.ActiveCheck` and `PassiveCheck` → `HealthCheck` and `OutlierDetection`."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ir import clusters as ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import cluster, core, types
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t

ALL = 100
"""Percent."""


def health_check(check: ir.ActiveCheck, *, http2: bool) -> core.HealthCheck:
    """Envoy's questions; to backends of HTTP/2 they are put in it."""
    how = check.check
    return t.HealthCheck(
        timeout=timedelta(milliseconds=check.timeout_ms),
        interval=timedelta(milliseconds=check.interval_ms),
        initial_jitter=None if check.jitter_ms is None else timedelta(milliseconds=check.jitter_ms),
        unhealthy_threshold=check.unhealthy,
        healthy_threshold=check.healthy,
        http_health_check=_http(how, http2=http2) if isinstance(how, ir.HTTPCheck) else None,
        tcp_health_check=_tcp(how) if isinstance(how, ir.TCPCheck) else None,
        grpc_health_check=t.GrpcCheck(service_name=how.service) if isinstance(how, ir.GRPCCheck) else None,
        event_logger=[_sink(check.log)] if check.log else [],
        always_log_health_check_failures=bool(check.log and check.log.always_failures),
        always_log_health_check_success=bool(check.log and check.log.always_successes),
    )


def _http(check: ir.HTTPCheck, *, http2: bool) -> core.HealthCheckHttpHealthCheck:
    return t.HttpCheck(
        host=check.host,
        path=check.path,
        send=_payload(check.send) if check.send else None,
        receive=[_payload(check.receive)] if check.receive else [],
        expected_statuses=[_status(code) for code in check.expected],
        # Envoy refuses codes that are expected, and thus never a reason to try again.
        retriable_statuses=[_status(code) for code in check.retriable if code not in check.expected],
        codec_client_type=types.CodecClientType.HTTP2 if http2 else types.CodecClientType.HTTP1,
        method=getattr(core.RequestMethod, check.method) if check.method else core.RequestMethod.METHOD_UNSPECIFIED,
    )


def _status(code: int) -> types.Int64Range:
    """As Envoy has ranges, the end is not part of it."""
    return t.Int64Range(start=code, end=code + 1)


def _tcp(check: ir.TCPCheck) -> core.HealthCheckTcpHealthCheck:
    return t.TcpCheck(
        send=_payload(check.send) if check.send else None, receive=[_payload(check.receive)] if check.receive else []
    )


def _payload(content: bytes) -> core.HealthCheckPayload:
    return t.HealthCheckPayload(text=content.hex())


def _sink(log: ir.CheckLog) -> core.TypedExtensionConfig:
    config = to_any(t.EventSink(event_log_path=log.path))
    return m.TypedExtensionConfig(name="envoy.health_check.event_sinks.file", typed_config=config)


def outlier_detection(check: ir.PassiveCheck) -> cluster.OutlierDetection:
    """What answers tell. Envoy enforces neither gateway failures nor percentages unless it is told."""
    gateway, percent = check.consecutive_gateway, check.failure_percent
    return t.OutlierDetection(
        consecutive_5xx=check.consecutive_5xx,
        interval=timedelta(milliseconds=check.interval_ms),
        base_ejection_time=timedelta(milliseconds=check.ejection_ms),
        max_ejection_percent=check.max_ejected_percent,
        consecutive_gateway_failure=gateway,
        enforcing_consecutive_gateway_failure=None if gateway is None else ALL,
        split_external_local_origin_errors=check.split_local,
        consecutive_local_origin_failure=check.consecutive_local,
        failure_percentage_threshold=percent,
        enforcing_failure_percentage=None if percent is None else ALL,
        enforcing_failure_percentage_local_origin=None if percent is None else ALL,
        always_eject_one_host=check.always_one or None,
    )
