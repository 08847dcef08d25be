"""`ir.Retry` → `RetryPolicy`, with Envoy Gateway's defaults.

Envoy draws the wait before an attempt at random between nothing and the interval, which doubles from attempt to attempt
up to ten times the first: `backoff` is what the interval starts with, not the least that Envoy ever waits.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import route
from reconciler.translate import messages as m

CONDITIONS = "connect-failure,refused-stream,reset,unavailable,cancelled,retriable-status-codes"
"""Envoy Gateway's, and `reset`: a backend that does not answer in time, or closes the connection instead.

`unavailable` and `cancelled` are gRPC's.
"""

DEFAULT_CODES = (503,)
DEFAULT_ATTEMPTS = 2
HOST_SELECTION_ATTEMPTS = 5
MAX_ATTEMPTS = 2**32 - 1


def retry_policy(retry: ir.Retry, per_try_ms: int | None) -> route.RetryPolicy:
    """The policy; an attempt may take `per_try_ms`, 0 or None: as long as the request."""
    codes = retry.codes or (() if retry.on else DEFAULT_CODES)
    attempt_ms = per_try_ms if per_try_ms is not None else retry.per_try_ms
    return m.RetryPolicy(
        retry_on=",".join(retry.on) or CONDITIONS,
        num_retries=min(retry.attempts or DEFAULT_ATTEMPTS, MAX_ATTEMPTS),
        per_try_timeout=timedelta(milliseconds=attempt_ms) if attempt_ms else None,
        retry_priority=_previous_priorities(retry.per_priority) if retry.per_priority > 0 else None,
        retry_host_predicate=[_previous_hosts()],
        host_selection_retry_max_attempts=HOST_SELECTION_ATTEMPTS,
        retriable_status_codes=list(codes),
        retry_back_off=_back_off(retry),
    )


def _back_off(retry: ir.Retry) -> route.RetryPolicyRetryBackOff | None:
    if not retry.backoff_ms:
        return None
    longest = timedelta(milliseconds=retry.max_backoff_ms) if retry.max_backoff_ms else None
    return m.RetryBackOff(base_interval=timedelta(milliseconds=retry.backoff_ms), max_interval=longest)


def _previous_priorities(frequency: int) -> route.RetryPolicyRetryPriority:
    """After so many attempts those of the next priority are tried."""
    from reconciler.translate import traffic_messages as t

    config = to_any(t.PreviousPriorities(update_frequency=frequency))
    return t.RetryPriority(name="envoy.retry_priorities.previous_priorities", typed_config=config)


@cache
def _previous_hosts() -> route.RetryPolicyRetryHostPredicate:
    """Not the same endpoint again, if there is another."""
    name = "envoy.retry_host_predicates.previous_hosts"
    predicate = m.RetryHostPredicate(name=name, typed_config=to_any(m.PreviousHostsPredicate()))
    return encoded(route.RetryPolicyRetryHostPredicate, encode(predicate))
