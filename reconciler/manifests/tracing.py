"""Traces: which requests have one, and what is in it (BackendTrafficPolicy, EnvoyProxy)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.manifests.backend_settings import Fraction
from reconciler.manifests.base import Model


class LiteralTag(Model):
    """A text."""

    value: str


class EnvironmentTag(Model):
    """A variable of Envoy's environment."""

    name: str
    default_value: str | None = None


class RequestHeaderTag(Model):
    """A header of the request."""

    name: str
    default_value: str | None = None


class CustomTag(Model):
    """What a tag's value is taken from."""

    type: Literal["Literal", "Environment", "RequestHeader"] = "Literal"
    literal: LiteralTag | None = None
    environment: EnvironmentTag | None = None
    request_header: RequestHeaderTag | None = None


class SpanName(Model):
    """The names of spans, with Envoy's command operators."""

    client: str
    server: str


class Tracing(Model):
    """Shares of requests that are traced, and tags: `tags` with Envoy's command operators."""

    sampling_fraction: Fraction | None = None
    client_sampling_fraction: Fraction | None = None
    overall_sampling_fraction: Fraction | None = None
    custom_tags: dict[str, CustomTag] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    span_name: SpanName | None = None
