"""Circuit breakers."""

from __future__ import annotations

from reconciler.ir.clusters import CircuitBreakers, RetryBudget
from reconciler.manifests import backend_settings as manifest


def circuit_breakers(written: manifest.CircuitBreaker | None) -> CircuitBreakers | None:
    """What may be under way at a time."""
    if written is None:
        return None
    budget = written.retry_budget
    return CircuitBreakers(
        written.max_connections,
        written.max_pending_requests,
        written.max_parallel_requests,
        written.max_parallel_retries,
        written.per_endpoint.max_connections if written.per_endpoint else None,
        RetryBudget(_percent(budget.percent), budget.min_retry_concurrency) if budget else None,
    )


def _percent(fraction: manifest.Fraction) -> float:
    return fraction.numerator * 100 / fraction.denominator
