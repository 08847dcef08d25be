"""Mistakes made on purpose."""

from __future__ import annotations

from reconciler.ir.traffic import Fault
from reconciler.manifests import backendtrafficpolicy as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

PER_PERCENT = 10_000
"""Millionths."""


def fault(written: manifest.FaultInjection | None, problems: list[Problem]) -> Fault | None:
    """Delays and errors."""
    if written is None:
        return None
    delay, abort = written.delay, written.abort
    delay_ms = milliseconds(delay.fixed_delay) if delay is not None else 0
    if delay is not None and not delay_ms:
        problems.append(refused(("spec", "faultInjection", "delay", "fixedDelay"), "must be greater than 0."))
    return Fault(
        delay_ms,
        _share(delay.percentage, "delay", problems) if delay is not None else 0,
        (abort.http_status or 0) if abort is not None else 0,
        abort.grpc_status if abort is not None else None,
        _share(abort.percentage, "abort", problems) if abort is not None else 0,
    )


def _share(percentage: float, part: str, problems: list[Problem]) -> int:
    if not 0 <= percentage <= 100:
        path = ("spec", "faultInjection", part, "percentage")
        problems.append(refused(path, f"must be from 0 to 100; is {percentage}."))
    return round(percentage * PER_PERCENT)
