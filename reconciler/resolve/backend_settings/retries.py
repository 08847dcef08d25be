"""Requests that are sent again."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests import backend_settings as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

USUAL_CONDITIONS = ("connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes")
USUAL_CODES = (503,)


def retry(written: manifest.Retry | None, path: FieldPath, problems: list[Problem]) -> ir.Retry | None:
    """What is sent again, and how often; None: nothing."""
    if written is None:
        return None
    base, longest = _backoff(written.per_retry, (*path, "perRetry", "backOff"), problems)
    if not written.num_retries:
        return None
    codes: tuple[int, ...] = USUAL_CODES
    conditions: tuple[str, ...] = USUAL_CONDITIONS
    if written.retry_on is not None:
        codes = tuple(written.retry_on.http_status_codes)
        conditions = tuple(written.retry_on.triggers) or conditions
    per_try = written.per_retry.timeout if written.per_retry else None
    return ir.Retry(
        codes,
        written.num_retries,
        base,
        conditions,
        longest,
        written.num_attempts_per_priority or 0,
        None if per_try is None else milliseconds(per_try),
    )


def _backoff(written: manifest.PerRetry | None, path: FieldPath, problems: list[Problem]) -> tuple[int, int]:
    """The first and the longest interval, 0 where it is the usual one."""
    if written is None or written.back_off is None:
        return 0, 0
    base, longest = written.back_off.base_interval, written.back_off.max_interval
    first = milliseconds(base) if base is not None else 0
    last = milliseconds(longest) if longest is not None else 0
    if base is not None and not first:
        problems.append(refused((*path, "baseInterval"), "must be greater than 0."))
    if longest is not None and (not last or last < first):
        problems.append(refused((*path, "maxInterval"), f"must be at least baseInterval, {base or '25ms'}."))
    if longest is not None and base is None:
        problems.append(refused((*path, "maxInterval"), "needs baseInterval."))
    return first, last
