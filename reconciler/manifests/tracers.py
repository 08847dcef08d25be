"""Tracing of an EnvoyProxy: beside what is traced, where spans go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reconciler.manifests.backend_settings import Fraction
from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.telemetry_backends import Collector, RequestHeaders
from reconciler.manifests.tracing import Tracing
from reconciler.manifests.values import Percent

_BY_SHARE = frozenset({"TraceIdRatio", "ParentBasedTraceIdRatio"})


class Sampler(Model):
    """Which traces a tracer of OpenTelemetry keeps."""

    type: Literal[
        "AlwaysOn",
        "AlwaysOff",
        "TraceIdRatio",
        "ParentBasedAlwaysOn",
        "ParentBasedAlwaysOff",
        "ParentBasedTraceIdRatio",
    ] = "AlwaysOn"
    sampling_percentage: Fraction | None = None

    @model_validator(mode="after")
    def _share_is_asked_for(self) -> Self:
        if self.sampling_percentage is not None and self.type not in _BY_SHARE:
            message = "may only be set where type is TraceIdRatio or ParentBasedTraceIdRatio"
            raise refused([Violation(message, ("samplingPercentage",))])
        return self


class OpenTelemetryTracer(Model):
    """What only OpenTelemetry has."""

    headers: RequestHeaders = Field(default_factory=list)
    resource_attributes: dict[str, str] = Field(default_factory=dict)
    sampler: Sampler | None = None


class ZipkinTracer(Model):
    """What only Zipkin has."""

    enable_128_bit_trace_id: Annotated[bool | None, Field(alias="enable128BitTraceId")] = None
    disable_shared_span_context: bool | None = None


def _not_empty(name: str) -> str:
    if not name:
        raise refused([Violation("must not be empty")])
    return name


class TracingProvider(Collector):
    """Where spans go."""

    type: Literal["OpenTelemetry", "Zipkin", "Datadog"] = "OpenTelemetry"
    service_name: Annotated[str, AfterValidator(_not_empty)] | None = None
    open_telemetry: OpenTelemetryTracer | None = None
    zipkin: ZipkinTracer | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from super()._cluster_violations()
        if self.open_telemetry is not None and self.type != "OpenTelemetry":
            yield Violation("may only be set where type is OpenTelemetry", ("openTelemetry",))


class ProxyTracing(Tracing):
    """Which requests are traced, what is told of them, and to whom. `sampling_rate` is in percent."""

    sampling_rate: Percent | None = None
    provider: TracingProvider

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if self.sampling_rate is not None and self.sampling_fraction is not None:
            raise refused([Violation("may have samplingRate or samplingFraction, not both")])
        return self
