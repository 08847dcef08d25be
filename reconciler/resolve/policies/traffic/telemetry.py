"""Traces and statistics of routes."""

from __future__ import annotations

import re

from reconciler.ir.traffic import Tag, Tracing
from reconciler.manifests import backendtrafficpolicy as manifest
from reconciler.manifests import tracing as manifest_tracing
from reconciler.manifests.backend_settings import Fraction
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

MILLION = 1_000_000

OPERATORS = ("ROUTE_NAME", "ROUTE_NAMESPACE", "ROUTE_KIND", "ROUTE_RULE_NAME", "ROUTE_RULE_NUMBER")
"""What may stand between percent signs in the name of a route's statistics."""


def stat_name(written: manifest.BackendTelemetry | None, problems: list[Problem]) -> str:
    """The name of a route's statistics, with operators; empty: it has none."""
    if written is None or written.metrics is None or not written.metrics.route_stat_name:
        return ""
    name = written.metrics.route_stat_name
    unknown = [found for found in re.findall(r"%([^%]*)%?", name) if found not in OPERATORS]
    if unknown:
        known = ", ".join(f"%{operator}%" for operator in OPERATORS)
        path = ("spec", "telemetry", "metrics", "routeStatName")
        problems.append(refused(path, f"has %{unknown[0]}%, which is none of {known}."))
    return name


def tracing(written: manifest.BackendTelemetry | None) -> Tracing | None:
    """Which requests have a trace, and what is in it."""
    if written is None or written.tracing is None:
        return None
    traced = written.tracing
    tags = [
        *(Tag(name, "format", value) for name, value in traced.tags.items()),
        *(tag for name, value in traced.custom_tags.items() if (tag := custom_tag(name, value)) is not None),
    ]
    return Tracing(
        _millionths(traced.sampling_fraction),
        _millionths(traced.client_sampling_fraction),
        _millionths(traced.overall_sampling_fraction),
        tuple(sorted(tags)),
        traced.span_name.client if traced.span_name else "",
        traced.span_name.server if traced.span_name else "",
    )


def custom_tag(name: str, tag: manifest_tracing.CustomTag) -> Tag | None:
    """A tag from one of three sources."""
    if tag.type == "Literal" and tag.literal is not None:
        return Tag(name, "literal", tag.literal.value)
    if tag.type == "Environment" and tag.environment is not None:
        return Tag(name, "environment", tag.environment.name, tag.environment.default_value or "")
    if tag.type == "RequestHeader" and tag.request_header is not None:
        return Tag(name, "header", tag.request_header.name, tag.request_header.default_value or "")
    return None


def _millionths(fraction: Fraction | None) -> int | None:
    return None if fraction is None else round(fraction.numerator * MILLION / fraction.denominator)
