"""Retries of HTTPRoute rules."""

from __future__ import annotations

from reconciler import ir
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.httproute import HTTPRouteRetry


def resolve_retry(retry: HTTPRouteRetry) -> ir.Retry:
    """When requests are sent again."""
    backoff = 0 if retry.backoff is None else milliseconds(retry.backoff)
    return ir.Retry(tuple(sorted(retry.codes)), retry.attempts or 0, backoff)
