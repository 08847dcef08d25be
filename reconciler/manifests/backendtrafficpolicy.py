"""BackendTrafficPolicy (gateway.envoyproxy.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.backend import ENVOY_GATEWAY_GROUP
from reconciler.manifests.backend_settings import ClusterSettings
from reconciler.manifests.base import Model
from reconciler.manifests.custom_responses import ResponseOverride
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.policy_targets import ROUTE_TARGETS, MergeablePolicySpec, Policy
from reconciler.manifests.quantities import Quantity
from reconciler.manifests.rate_limits import RateLimit
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.tracing import Tracing
from reconciler.manifests.values import Duration, NonNegative32, Percent, Positive32, StatusCode

NO_LINE_BREAK: Final = r"^[^\r\n\x00]*$"


class HTTPSuccess(Model):
    """Status codes that are a success; none: those below 500."""

    status_codes: list[StatusCode] = Field(default_factory=list)


class GRPCSuccess(Model):
    """gRPC's status codes that are a success."""

    status_codes: list[
        Literal[
            "Ok",
            "Cancelled",
            "Unknown",
            "InvalidArgument",
            "DeadlineExceeded",
            "NotFound",
            "AlreadyExists",
            "PermissionDenied",
            "ResourceExhausted",
            "FailedPrecondition",
            "Aborted",
            "OutOfRange",
            "Unimplemented",
            "Internal",
            "Unavailable",
            "DataLoss",
            "Unauthenticated",
        ]
    ] = Field(default_factory=list)


class SuccessCriteria(Model):
    """What counts as a success."""

    http: HTTPSuccess | None = None
    grpc: GRPCSuccess | None = None


def _at_least_a_second(duration: str) -> str:
    if milliseconds(duration) < 1000:
        raise refused([Violation("must be at least 1s")])
    return duration


class AdmissionControl(Model):
    """Requests are refused at random as long as too few of the last ones were a success."""

    sampling_window: Annotated[Duration, AfterValidator(_at_least_a_second)] | None = None
    min_success_rate: Annotated[int, Field(ge=1, le=100)] | None = None
    rejection_aggression: Positive32 | None = None
    min_request_rate: NonNegative32 | None = None
    max_rejection_percent: Percent | None = None
    success_criteria: SuccessCriteria | None = None


class Bandwidth(Model):
    """So many bytes in a unit of time."""

    value: Quantity
    unit: Literal["Second", "Minute", "Hour"]


class RequestBandwidth(Model):
    """The limit of requests."""

    limit: Bandwidth


class ResponseTrailers(Model):
    """Trailers that tell how long an answer was held up."""

    prefix: Annotated[str, StringConstraints(pattern=NO_LINE_BREAK)] | None = None


class ResponseBandwidth(Model):
    """The limit of answers."""

    limit: Bandwidth
    response_trailers: ResponseTrailers | None = None


class BandwidthLimit(Model):
    """How fast bodies are passed on."""

    request: RequestBandwidth | None = None
    response: ResponseBandwidth | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.request is None and self.response is None:
            raise refused([Violation("must have at least one of request and response")])
        return self


class Gzip(Model):
    """It has no settings."""


class Brotli(Model):
    """It has no settings."""


class Zstd(Model):
    """It has no settings."""


class Compression(Model):
    """A way of compressing answers."""

    type: Literal["Gzip", "Brotli", "Zstd"]
    gzip: Gzip | None = None
    brotli: Brotli | None = None
    zstd: Zstd | None = None
    min_content_length: Quantity | None = None


class FaultDelay(Model):
    """Requests are held up. `percentage` has up to four decimal places."""

    fixed_delay: Duration
    percentage: float = 100


class FaultAbort(Model):
    """Requests are answered with an error, of HTTP or of gRPC."""

    http_status: Annotated[int, Field(ge=200, le=600)] | None = None
    grpc_status: Annotated[int, Field(ge=0, le=16)] | None = None
    percentage: float = 100

    @model_validator(mode="after")
    def _one_status(self) -> Self:
        if (self.http_status is None) is (self.grpc_status is None):
            found = "has none" if self.http_status is None else "has both"
            raise refused([Violation(f"must have exactly one of httpStatus and grpcStatus; {found}")])
        return self


class FaultInjection(Model):
    """Mistakes that are made on purpose."""

    delay: FaultDelay | None = None
    abort: FaultAbort | None = None

    @model_validator(mode="after")
    def _some_fault(self) -> Self:
        if self.delay is None and self.abort is None:
            raise refused([Violation("must have at least one of delay and abort")])
        return self


class Connect(Model):
    """CONNECT. With `terminate` what comes is sent to the backend as it is, without CONNECT around it."""

    terminate: bool | None = None


class HTTPUpgrade(Model):
    """A protocol that clients may change to."""

    type: str
    connect: Connect | None = None

    @model_validator(mode="after")
    def _connect_fits_type(self) -> Self:
        if self.connect is not None and self.type != "CONNECT":
            raise refused([Violation("may only be set where type is CONNECT", ("connect",))])
        return self


class RequestBuffer(Model):
    """Requests are read as a whole before they are sent on; longer ones are refused with 413."""

    limit: Quantity | None = None


class RouteMetrics(Model):
    """Statistics of routes."""

    route_stat_name: str | None = None


class BackendTelemetry(Model):
    """What is told about requests."""

    tracing: Tracing | None = None
    metrics: RouteMetrics | None = None


class BackendTrafficPolicySpec(ClusterSettings, MergeablePolicySpec):
    """How requests are sent to the backends of routes."""

    target_kinds: ClassVar[tuple[str, ...]] = ("Gateway", "ListenerSet", *ROUTE_TARGETS)

    admission_control: AdmissionControl | None = None
    bandwidth_limit: BandwidthLimit | None = None
    compression: list[Compression] = Field(default_factory=list)
    compressor: list[Compression] | None = None
    fault_injection: FaultInjection | None = None
    http_upgrade: list[HTTPUpgrade] = Field(default_factory=list)
    rate_limit: RateLimit | None = None
    request_buffer: RequestBuffer | None = None
    response_override: list[ResponseOverride] = Field(default_factory=list)
    routing_type: str | None = None
    telemetry: BackendTelemetry | None = None
    use_client_protocol: bool | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.compression and self.compressor is not None:
            yield Violation("may have compressor or compression, not both", ("compression",))
        if self.request_buffer is not None and self.http_upgrade:
            yield Violation("cannot be used together with httpUpgrade", ("requestBuffer",))
        kinds = [ref.kind for _, ref in self.references] + [selector.kind for selector in self.target_selectors]
        if self.admission_control is not None and {"TCPRoute", "UDPRoute", "TLSRoute"}.intersection(kinds):
            yield Violation("is for HTTPRoutes, GRPCRoutes and what they are attached to", ("admissionControl",))


class BackendTrafficPolicy(Policy):
    """How requests are sent to the backends of routes."""

    group: ClassVar[str] = ENVOY_GATEWAY_GROUP
    kind_name: ClassVar[str] = "BackendTrafficPolicy"

    spec: BackendTrafficPolicySpec
