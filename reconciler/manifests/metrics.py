"""Metrics of an EnvoyProxy."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.quantities import Quantity
from reconciler.manifests.rules import check, fits_type
from reconciler.manifests.string_match import StringMatch
from reconciler.manifests.telemetry_backends import Collector, RequestHeaders
from reconciler.manifests.values import PortOrZero


class BrotliSettings(Model):
    """Brotli."""


class GzipSettings(Model):
    """Gzip."""


class ZstdSettings(Model):
    """Zstandard."""


class PageCompression(Model):
    """Compression of the page of statistics."""

    type: Literal["Gzip", "Brotli", "Zstd"]
    brotli: BrotliSettings | None = None
    gzip: GzipSettings | None = None
    zstd: ZstdSettings | None = None
    min_content_length: Quantity | None = None


class Prometheus(Model):
    """The page of statistics that Prometheus reads."""

    disable: bool | None = None
    compression: PageCompression | None = None


class OpenTelemetryMetrics(Collector):
    """A collector of OpenTelemetry (gRPC) that Envoy sends its statistics to."""

    port: PortOrZero = 4317
    headers: RequestHeaders = Field(default_factory=list)
    report_counters_as_deltas: bool | None = None
    report_histograms_as_deltas: bool | None = None
    resource_attributes: dict[str, str] = Field(default_factory=dict)


class MetricSink(Model):
    """Where statistics are sent to."""

    type: Literal["OpenTelemetry"] = "OpenTelemetry"
    open_telemetry: OpenTelemetryMetrics | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(fits_type(self.type, {"OpenTelemetry": ("openTelemetry", self.open_telemetry)}))
        return self


class Metrics(Model):
    """Statistics: which there are, and where they go. `matches`: only these; none: all."""

    prometheus: Prometheus | None = None
    sinks: Annotated[list[MetricSink], Field(max_length=16)] = Field(default_factory=list)
    matches: list[StringMatch] = Field(default_factory=list)
    enable_virtual_host_stats: bool | None = None
    enable_per_endpoint_stats: bool | None = None
    enable_request_response_sizes_stats: bool | None = None
    enable_grpc_stats: Annotated[bool | None, Field(alias="enableGRPCStats")] = None
    cluster_stat_name: str | None = None
