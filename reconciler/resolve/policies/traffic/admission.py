"""Requests that are refused because they would likely fail."""

from __future__ import annotations

from reconciler.ir.clusters import AdmissionControl
from reconciler.manifests import backendtrafficpolicy as manifest
from reconciler.resolve.backend_settings import optional_ms

GRPC_CODES = {
    "Ok": 0,
    "Cancelled": 1,
    "Unknown": 2,
    "InvalidArgument": 3,
    "DeadlineExceeded": 4,
    "NotFound": 5,
    "AlreadyExists": 6,
    "PermissionDenied": 7,
    "ResourceExhausted": 8,
    "FailedPrecondition": 9,
    "Aborted": 10,
    "OutOfRange": 11,
    "Unimplemented": 12,
    "Internal": 13,
    "Unavailable": 14,
    "DataLoss": 15,
    "Unauthenticated": 16,
}


def admission(written: manifest.AdmissionControl) -> AdmissionControl:
    """When requests are refused, and what counts as a success."""
    criteria = written.success_criteria
    http = criteria.http.status_codes if criteria is not None and criteria.http is not None else []
    grpc = criteria.grpc.status_codes if criteria is not None and criteria.grpc is not None else []
    return AdmissionControl(
        optional_ms(written.sampling_window),
        written.min_success_rate,
        written.rejection_aggression,
        written.min_request_rate,
        written.max_rejection_percent,
        tuple((code, code) for code in sorted(set(http))) or None,
        tuple(sorted(GRPC_CODES[code] for code in set(grpc))) or None,
    )
