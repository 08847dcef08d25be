"""Admission control: an upstream filter, part of the cluster, which refuses requests that would likely fail."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ir.clusters import AdmissionControl
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import hcm
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.traffic_protos import admission_control as protos

NAME = "envoy.filters.http.admission_control"

WINDOW_MS = 30_000
SUCCESS_PERCENT = 95
MAX_REJECTED_PERCENT = 80


def admission_filter(control: AdmissionControl) -> hcm.HttpFilter:
    """The filter, with Envoy Gateway's defaults."""
    success = SUCCESS_PERCENT if control.success_percent is None else control.success_percent
    rejected = MAX_REJECTED_PERCENT if control.max_rejected_percent is None else control.max_rejected_percent
    config = t.AdmissionControl(
        enabled=t.RuntimeFeatureFlag(default_value=True),
        success_criteria=_criteria(control),
        sampling_window=timedelta(milliseconds=WINDOW_MS if control.window_ms is None else control.window_ms),
        aggression=t.RuntimeDouble(
            default_value=float(max(1, control.aggression or 1)), runtime_key=f"{NAME}.aggression"
        ),
        sr_threshold=t.RuntimePercent(
            default_value=t.Percent(value=float(success)), runtime_key=f"{NAME}.sr_threshold"
        ),
        rps_threshold=t.RuntimeUInt32(
            default_value=control.requests_per_second or 0, runtime_key=f"{NAME}.rps_threshold"
        ),
        max_rejection_probability=t.RuntimePercent(
            default_value=t.Percent(value=float(rejected)), runtime_key=f"{NAME}.max_rejection_probability"
        ),
    )
    return m.HttpFilter(name=NAME, typed_config=to_any(config))


def _criteria(control: AdmissionControl) -> protos.AdmissionControlSuccessCriteria:
    """Of what nothing is said Envoy has its own."""
    statuses, grpc = control.statuses, control.grpc_statuses
    ranges = [t.Int32Range(start=first, end=last + 1) for first, last in statuses or ()]
    return t.SuccessCriteria(
        http_criteria=t.HttpCriteria(http_success_status=ranges) if ranges else None,
        grpc_criteria=t.GrpcCriteria(grpc_success_status=list(grpc)) if grpc else None,
    )
