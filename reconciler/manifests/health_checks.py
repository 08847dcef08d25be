"""Which endpoints are healthy (`healthCheck` of Envoy Gateway's kinds)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, check, distinct, fits_type, refused
from reconciler.manifests.values import Duration, Int32, Percent, Port, Positive32, StatusCode, Subdomain


class Payload(Model):
    """What is sent, or looked for in what comes: `binary` is base64."""

    type: Literal["Text", "Binary"]
    text: str | None = None
    binary: str | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(fits_type(self.type, {"Text": ("text", self.text), "Binary": ("binary", self.binary)}))
        return self


class HTTPCheck(Model):
    """A request, and the answers that are good."""

    hostname: Subdomain | None = None
    path: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    method: Annotated[str, StringConstraints(max_length=16)] | None = None
    expected_statuses: list[StatusCode] = Field(default_factory=list)
    retriable_statuses: list[StatusCode] = Field(default_factory=list)
    expected_response: Payload | None = None
    request_body: Payload | None = None

    @model_validator(mode="after")
    def _body_fits_method(self) -> Self:
        if self.request_body is not None and (self.method or "").upper() not in ("POST", "PUT"):
            raise refused([Violation("may only be set where method is POST or PUT", ("requestBody",))])
        return self


class TCPCheck(Model):
    """What is sent over a connection, and what has to come back; neither: that it can be opened."""

    send: Payload | None = None
    receive: Payload | None = None


class GRPCCheck(Model):
    """gRPC's own health check. `service` None: of the server as a whole."""

    service: str | None = None


class FileSink(Model):
    """A file of Envoy's host."""

    path: Annotated[str, StringConstraints(min_length=1)]


class LogSink(Model):
    """Where events are written to."""

    type: Literal["File"]
    file: FileSink | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        check(fits_type(self.type, {"File": ("file", self.file)}))
        return self


_FAILURES = frozenset({"Failure", "FailureSeriesStart"})
_SUCCESSES = frozenset({"Success", "HealthyTransition"})

LogMatch = Literal["Failure", "FailureSeriesStart", "Success", "HealthyTransition"]


def _both_outcomes(matches: list[LogMatch]) -> list[LogMatch]:
    if bool(_FAILURES.intersection(matches)) is not bool(_SUCCESSES.intersection(matches)):
        raise refused([Violation("must have one of Failure and FailureSeriesStart and one of the others")])
    return matches


class HealthCheckLog(Model):
    """Which events are written, and where to."""

    matches: Annotated[list[LogMatch], Field(max_length=4), distinct, AfterValidator(_both_outcomes)] = Field(
        default_factory=list
    )
    sinks: Annotated[list[LogSink], Field(max_length=1)] = Field(default_factory=list)


class CheckOverrides(Model):
    """Where checks go instead of where requests go."""

    port: Port | None = None


class ActiveHealthCheck(Model):
    """Envoy asks every endpoint whether it is well."""

    type: Literal["HTTP", "TCP", "GRPC"]
    http: HTTPCheck | None = None
    tcp: TCPCheck | None = None
    grpc: GRPCCheck | None = None
    timeout: Duration = "1s"
    interval: Duration = "3s"
    initial_jitter: Duration | None = None
    unhealthy_threshold: Positive32 = 3
    healthy_threshold: Positive32 = 1
    overrides: CheckOverrides | None = None
    health_check_log: HealthCheckLog | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        settings: dict[str, tuple[str, object]] = {"HTTP": ("http", self.http), "TCP": ("tcp", self.tcp)}
        if self.grpc is not None:
            settings["GRPC"] = ("grpc", self.grpc)
        check(fits_type(self.type, settings))
        return self


class PassiveHealthCheck(Model):
    """Endpoints whose answers are bad are left out for a while."""

    interval: Duration = "3s"
    base_ejection_time: Duration = "30s"
    max_ejection_percent: Percent = 10
    always_eject_one_endpoint: bool = False
    consecutive_5xx_errors: Annotated[Int32, Field(alias="consecutive5XxErrors")] = 5
    consecutive_gateway_errors: Int32 | None = None
    split_external_local_origin_errors: bool = False
    consecutive_local_origin_failures: Int32 = 5
    failure_percentage_threshold: Percent | None = None


class HealthCheck(Model):
    """Both kinds of checks. Below `panic_threshold` percent of healthy endpoints all of them are used."""

    active: ActiveHealthCheck | None = None
    passive: PassiveHealthCheck | None = None
    panic_threshold: Percent | None = None
