"""Access logs of an EnvoyProxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, check, fits_type
from reconciler.manifests.telemetry_backends import Collector, RequestHeaders, TelemetryBackend

_FORMATS = {"Text": "text", "JSON": "json"}


class AccessLogFormat(Model):
    """What a line has. Without `type` either may be given: OpenTelemetry takes both."""

    type: Literal["Text", "JSON"] | None = None
    text: str | None = None
    json_: Annotated[dict[str, str] | None, Field(alias="json")] = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        found = {"Text": self.text, "JSON": self.json_}
        if self.type is None and not any(value is not None for value in found.values()):
            yield Violation("must have text or json")
        for kind, name in _FORMATS.items():
            if self.type == kind and found[kind] is None:
                yield Violation(f"must have {name} where type is {kind}")
            if self.type not in (kind, None) and found[kind] is not None:
                yield Violation(f"may not be set where type is {self.type}", (name,))


class FileSink(Model):
    """A file of Envoy's host."""

    path: Annotated[str, StringConstraints(min_length=1)] | None = None


class HTTPEntries(Model):
    """What of a request is told beside Envoy's own fields."""

    request_headers: list[str] = Field(default_factory=list)
    response_headers: list[str] = Field(default_factory=list)
    response_trailers: list[str] = Field(default_factory=list)


class ALSSink(TelemetryBackend):
    """A server of Envoy's access log service (gRPC)."""

    log_name: Annotated[str, StringConstraints(min_length=1)] | None = None
    type: Literal["HTTP", "TCP"]
    http: HTTPEntries | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from super()._cluster_violations()
        if self.http is not None and self.type != "HTTP":
            yield Violation("may only be set where type is HTTP", ("http",))
        if not self.backend_refs and self.backend_ref is None:
            yield Violation("must have backendRefs")


class OpenTelemetrySink(Collector):
    """A collector of OpenTelemetry (gRPC). `resources` is deprecated."""

    headers: RequestHeaders = Field(default_factory=list)
    resources: dict[str, str] | None = None
    resource_attributes: dict[str, str] | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from super()._cluster_violations()
        if self.resources is not None and self.resource_attributes is not None:
            yield Violation("may have resources or resourceAttributes, not both")


class AccessLogSink(Model):
    """Where entries go."""

    type: Literal["ALS", "File", "OpenTelemetry"] | None = None
    als: ALSSink | None = None
    file: FileSink | None = None
    open_telemetry: OpenTelemetrySink | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        settings = {
            "ALS": ("als", self.als),
            "File": ("file", self.file),
            "OpenTelemetry": ("openTelemetry", self.open_telemetry),
        }
        check(fits_type(self.type or "", settings))
        return self


class AccessLogSetting(Model):
    """Entries of one form. `matches` are CEL expressions that all have to hold; `type` None: Listener and Route."""

    format: AccessLogFormat | None = None
    matches: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)
    sinks: Annotated[list[AccessLogSink], Field(min_length=1, max_length=50)]
    type: Literal["Listener", "Route", "Upstream"] | None = None


class AccessLog(Model):
    """Access logs. Without settings the default one."""

    disable: bool | None = None
    settings: Annotated[list[AccessLogSetting], Field(min_length=1, max_length=50)] = Field(default_factory=list)
