"""How requests are shared out among endpoints (`loadBalancer` of Envoy Gateway's kinds)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.rules import Violation, check, fits_type, refused, unique_by
from reconciler.manifests.values import Duration, Int32, Int64, NonNegative32, Percent, Port

AUTHORITY: Final = r"^[^\x00\n\r]*$"
MODULE_NAME: Final = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"


class NamedValue(Model):
    """A header or query parameter."""

    name: str


class HashCookie(Model):
    """A cookie; Envoy gives one to clients that have none where it has a `ttl`."""

    name: str
    ttl: Duration | None = None
    attributes: dict[str, str] = Field(default_factory=dict)


class ConsistentHash(Model):
    """What of a request decides on its endpoint."""

    type: Literal["SourceIP", "Header", "Headers", "Cookie", "QueryParams"]
    header: NamedValue | None = None
    headers: list[NamedValue] | None = None
    cookie: HashCookie | None = None
    query_params: list[NamedValue] | None = None
    table_size: Annotated[int, Field(ge=2, le=5_000_011)] = 65_537

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        settings = {
            "Header": ("header", self.header),
            "Headers": ("headers", self.headers),
            "Cookie": ("cookie", self.cookie),
            "QueryParams": ("queryParams", self.query_params),
        }
        check(fits_type(self.type, settings))
        return self


class SlowStart(Model):
    """How long the share of a new endpoint grows."""

    window: Duration


class OverrideSource(Model):
    """Where the address of an endpoint is found."""

    header: str | None = None


class EndpointOverride(Model):
    """Requests may name their endpoint themselves."""

    extract_from: Annotated[list[OverrideSource], Field(min_length=1, max_length=10)]


class ForceLocal(Model):
    """When requests never leave a zone."""

    min_endpoints_in_zone_threshold: Int32 | None = None


class PreferLocal(Model):
    """Endpoints of Envoy's own zone first."""

    force: ForceLocal | None = None
    min_endpoints_threshold: Int64 | None = None
    percentage_enabled: Percent | None = None


class ZoneWeight(Model):
    """A zone's share."""

    zone: str
    weight: Int32


class ZoneAware(Model):
    """What an endpoint's zone means; at most one of both."""

    prefer_local: PreferLocal | None = None
    weighted_zones: Annotated[list[ZoneWeight], unique_by("zone")] = Field(default_factory=list)


def _positive(duration: str) -> str:
    if not milliseconds(duration):
        raise refused([Violation("must be greater than 0")])
    return duration


class OutOfBand(Model):
    """Endpoints report their load on a stream of its own."""

    authority: Annotated[str, StringConstraints(min_length=1, max_length=259, pattern=AUTHORITY)] | None = None
    port: Port | None = None
    reporting_period: Annotated[Duration, AfterValidator(_positive)] | None = None


class BackendUtilization(Model):
    """Endpoints are weighted by the load that they report (ORCA)."""

    blackout_period: Duration | None = None
    error_utilization_penalty_percent: NonNegative32 | None = None
    keep_response_headers: bool = False
    metric_names_for_computing_utilization: list[str] = Field(default_factory=list)
    out_of_band: OutOfBand | None = None
    weight_expiration_period: Duration | None = None
    weight_update_period: Duration | None = None


class DynamicModule(Model):
    """A policy of a module of Envoy's host."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=MODULE_NAME)]
    lb_policy_name: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    config: Any = None


class LoadBalancer(Model):
    """How an endpoint is chosen."""

    type: Literal["ConsistentHash", "LeastRequest", "Random", "RoundRobin", "BackendUtilization", "DynamicModule"]
    consistent_hash: ConsistentHash | None = None
    backend_utilization: BackendUtilization | None = None
    dynamic_module: DynamicModule | None = None
    endpoint_override: EndpointOverride | None = None
    slow_start: SlowStart | None = None
    zone_aware: ZoneAware | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        settings = {
            "ConsistentHash": ("consistentHash", self.consistent_hash),
            "BackendUtilization": ("backendUtilization", self.backend_utilization),
            "DynamicModule": ("dynamicModule", self.dynamic_module),
        }
        yield from fits_type(self.type, settings)
        if self.slow_start is not None and self.type in ("Random", "ConsistentHash", "DynamicModule"):
            yield Violation(f"is not possible where type is {self.type}", ("slowStart",))
        if self.endpoint_override is not None and self.type == "DynamicModule":
            yield Violation("is not possible where type is DynamicModule", ("endpointOverride",))
        if self.zone_aware is not None:
            yield from self._zone_violations(self.zone_aware)

    def _zone_violations(self, zones: ZoneAware) -> Iterator[Violation]:
        if self.type == "DynamicModule":
            yield Violation("is not possible where type is DynamicModule", ("zoneAware",))
        if zones.prefer_local is not None and self.type in ("ConsistentHash", "BackendUtilization"):
            message = f"is not possible where type is {self.type}"
            yield Violation(message, ("zoneAware", "preferLocal"), "Use weightedZones instead.")
        if zones.prefer_local is not None and zones.weighted_zones:
            yield Violation("may have preferLocal or weightedZones, not both", ("zoneAware",))
