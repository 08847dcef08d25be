"""Which endpoints are healthy."""

from __future__ import annotations

import base64
import binascii

from reconciler.diagnostics import FieldPath
from reconciler.ir import clusters
from reconciler.manifests import health_checks as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

DEFAULT_STATUS = 200
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")


def active_check(
    written: manifest.ActiveHealthCheck | None, path: FieldPath, problems: list[Problem]
) -> clusters.ActiveCheck | None:
    """Envoy's own questions."""
    if written is None:
        return None
    durations = {name: milliseconds(getattr(written, name)) for name in ("timeout", "interval")}
    for name, duration in durations.items():
        if not duration:
            problems.append(refused((*path, name), "must be greater than 0."))
    return clusters.ActiveCheck(
        _check(written, path, problems),
        durations["timeout"],
        durations["interval"],
        None if written.initial_jitter is None else milliseconds(written.initial_jitter),
        written.unhealthy_threshold,
        written.healthy_threshold,
        (written.overrides.port or 0) if written.overrides else 0,
        _log(written.health_check_log) if written.health_check_log else None,
    )


def _check(
    written: manifest.ActiveHealthCheck, path: FieldPath, problems: list[Problem]
) -> clusters.HTTPCheck | clusters.TCPCheck | clusters.GRPCCheck:
    if written.http is not None:
        return _http(written.http, (*path, "http"), problems)
    if written.tcp is not None:
        at, tcp = (*path, "tcp"), written.tcp
        send, receive = _bytes(tcp.send, (*at, "send"), problems), _bytes(tcp.receive, (*at, "receive"), problems)
        return clusters.TCPCheck(send, receive)
    return clusters.GRPCCheck((written.grpc.service or "") if written.grpc else "")


def _http(written: manifest.HTTPCheck, path: FieldPath, problems: list[Problem]) -> clusters.HTTPCheck:
    method = (written.method or "").upper()
    if method and method not in METHODS:
        problems.append(refused((*path, "method"), f"must be one of {', '.join(METHODS)}."))
    return clusters.HTTPCheck(
        written.path,
        written.hostname or "",
        method,
        tuple(sorted(set(written.expected_statuses))) or (DEFAULT_STATUS,),
        tuple(sorted(set(written.retriable_statuses))),
        _bytes(written.expected_response, (*path, "expectedResponse"), problems),
        _bytes(written.request_body, (*path, "requestBody"), problems),
        written.hostname is not None,
    )


def _bytes(payload: manifest.Payload | None, path: FieldPath, problems: list[Problem]) -> bytes:
    if payload is None:
        return b""
    if payload.binary is None:
        return (payload.text or "").encode()
    try:
        return base64.b64decode(payload.binary, validate=True)
    except binascii.Error:
        problems.append(refused((*path, "binary"), "must be base64."))
        return b""


def _log(written: manifest.HealthCheckLog) -> clusters.CheckLog | None:
    """Without matches all events; `FailureSeriesStart` and `HealthyTransition` are what Envoy writes anyway."""
    path = next((sink.file.path for sink in written.sinks if sink.file is not None), "")
    matches = written.matches or ("Failure", "Success")
    return clusters.CheckLog(path, "Failure" in matches, "Success" in matches) if path else None


def passive_check(written: manifest.PassiveHealthCheck | None) -> clusters.PassiveCheck | None:
    """Answers that are bad."""
    if written is None:
        return None
    return clusters.PassiveCheck(
        milliseconds(written.interval),
        milliseconds(written.base_ejection_time),
        written.max_ejection_percent,
        written.always_eject_one_endpoint,
        written.consecutive_5xx_errors,
        written.consecutive_gateway_errors,
        written.consecutive_local_origin_failures,
        written.split_external_local_origin_errors,
        written.failure_percentage_threshold,
    )
