"""EnvoyProxy (gateway.envoyproxy.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.access_logs import AccessLog
from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.health_checks import HealthCheckLog
from reconciler.manifests.json_patch import JSONPatchOperation
from reconciler.manifests.kubernetes_provider import KubernetesProvider
from reconciler.manifests.metrics import Metrics
from reconciler.manifests.references import LabelSelector, SecretObjectReference
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.rules import Violation, check, refused, unique_by
from reconciler.manifests.tls_settings import TLSSettings
from reconciler.manifests.tracers import ProxyTracing
from reconciler.manifests.values import DATABASE, MODULE_NAME, MODULE_URL, SHA256, Duration, Int32

HTTPFilterName = Literal[
    "envoy.filters.http.custom_response",
    "envoy.filters.http.health_check",
    "envoy.filters.http.fault",
    "envoy.filters.http.cors",
    "envoy.filters.http.csrf",
    "envoy.filters.http.header_mutation",
    "envoy.filters.http.ext_authz",
    "envoy.filters.http.api_key_auth",
    "envoy.filters.http.basic_auth",
    "envoy.filters.http.oauth2",
    "envoy.filters.http.jwt_authn",
    "envoy.filters.http.stateful_session",
    "envoy.filters.http.buffer",
    "envoy.filters.http.lua",
    "envoy.filters.http.ext_proc",
    "envoy.filters.http.wasm",
    "envoy.filters.http.dynamic_modules",
    "envoy.filters.http.geoip",
    "envoy.filters.http.rbac",
    "envoy.filters.http.local_ratelimit",
    "envoy.filters.http.ratelimit",
    "envoy.filters.http.bandwidth_limit",
    "envoy.filters.http.grpc_web",
    "envoy.filters.http.grpc_stats",
    "envoy.filters.http.credential_injector",
    "envoy.filters.http.compressor",
    "envoy.filters.http.dynamic_forward_proxy",
]

LogLevel = Literal["trace", "debug", "info", "warn", "error", "off", "critical"]
LuaValidation = Literal["Strict", "InsecureSyntax", "Disabled"]


class FilterPosition(Model):
    """Where the filters of a type stand: before the first or after the last of another."""

    name: HTTPFilterName
    before: HTTPFilterName | None = None
    after: HTTPFilterName | None = None

    @model_validator(mode="after")
    def _one_anchor(self) -> Self:
        if (self.before is None) is (self.after is None):
            found = "has neither" if self.before is None else "has both"
            raise refused([Violation(f"must have before or after; {found}")])
        return self


class BackendTLSConfig(TLSSettings):
    """TLS towards all backends."""

    client_certificate_ref: SecretObjectReference | None = None


class ProxyBootstrap(Model):
    """Envoy's static configuration: a YAML document to merge or to replace it with, or changes of it."""

    type: Literal["Merge", "Replace", "JSONPatch"] = "Replace"
    value: str | None = None
    json_patches: list[JSONPatchOperation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _content_fits_type(self) -> Self:
        if self.type == "JSONPatch" and not self.json_patches:
            raise refused([Violation("must have jsonPatches where type is JSONPatch")])
        if self.type != "JSONPatch" and self.value is None:
            raise refused([Violation(f"must have value where type is {self.type}")])
        return self


class LocalModule(Model):
    """A file of Envoy's host."""

    path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class RemoteModule(Model):
    """A file that is fetched."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=MODULE_URL)]
    sha256: Annotated[str, StringConstraints(pattern=SHA256)]


class ModuleSource(Model):
    """Where a module comes from."""

    type: Literal["Local", "Remote"] = "Local"
    local: LocalModule | None = None
    remote: RemoteModule | None = None

    @model_validator(mode="after")
    def _source_fits_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.type == "Remote" and self.remote is None:
            yield Violation("must have remote where type is Remote")
        if self.type == "Local" and self.remote is not None:
            yield Violation("may only be set where type is Remote", ("remote",))
        if self.type == "Local" and self.local is None:
            yield Violation("must have local where type is Local")
        if self.type == "Remote" and self.local is not None:
            yield Violation("may only be set where type is Local", ("local",))


class DynamicModule(Model):
    """A shared library that filters may be in."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=MODULE_NAME)]
    source: ModuleSource
    do_not_close: bool = False
    load_globally: bool = False


class DatabaseFile(Model):
    """A file of Envoy's host."""

    path: Annotated[str, StringConstraints(pattern=DATABASE)]


class Database(Model):
    """A database of MaxMind."""

    local: DatabaseFile


class MaxMind(Model):
    """Databases of MaxMind."""

    city_db_source: Database | None = None
    country_db_source: Database | None = None
    asn_db_source: Database | None = None
    isp_db_source: Database | None = None
    anonymous_ip_db_source: Database | None = None

    @model_validator(mode="after")
    def _any_database(self) -> Self:
        databases = (
            self.city_db_source,
            self.country_db_source,
            self.asn_db_source,
            self.isp_db_source,
            self.anonymous_ip_db_source,
        )
        if not any(databases):
            raise refused([Violation("must have at least one database")])
        return self


class GeoIPProvider(Model):
    """Who knows where an address is."""

    type: Literal["MaxMind"]
    max_mind: MaxMind | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        if self.max_mind is None:
            raise refused([Violation("must have maxMind where type is MaxMind")])
        return self


class GeoIP(Model):
    """Where clients are."""

    provider: GeoIPProvider


def _warnings() -> dict[str, LogLevel]:
    return {"default": "warn"}


class Logging(Model):
    """Levels of Envoy's own log, by component; `default` for all others."""

    level: dict[str, LogLevel] = Field(default_factory=_warnings)


def _no_blanks(values: list[str]) -> list[str]:
    check(
        Violation("must not be blank or only white space", (index,))
        for index, value in enumerate(values)
        if not value.strip()
    )
    return values


def _not_the_root(paths: list[str]) -> list[str]:
    check(
        Violation("must not be the root of the file system", (index,))
        for index, path in enumerate(paths)
        if path and not path.strip("/")
    )
    return paths


class LuaStrictValidation(Model):
    """What a script may use while it is tried."""

    allowed_env_vars: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=256)]],
        Field(max_length=64),
        AfterValidator(_no_blanks),
    ] = Field(default_factory=list)
    allowed_paths: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=4096)]],
        Field(max_length=64),
        AfterValidator(_no_blanks),
        AfterValidator(_not_the_root),
    ] = Field(default_factory=list)


class Lua(Model):
    """How scripts are checked."""

    validation_type: LuaValidation = "Strict"
    strict_validation: LuaStrictValidation | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        if self.strict_validation is not None and self.validation_type != "Strict":
            raise refused([Violation("may only be set where validationType is Strict", ("strictValidation",))])
        return self


class MergeBackends(Model):
    """Routes share the clusters of the backends that are selected."""

    selector: LabelSelector | None = None


class HostProvider(Model):
    """Envoy is a process of the host."""

    envoy_version: str | None = None


class Provider(Model):
    """Who runs Envoy."""

    type: Literal["Kubernetes", "Host"]
    kubernetes: KubernetesProvider | None = None
    host: HostProvider | None = None


class Shutdown(Model):
    """How Envoy ends."""

    drain_timeout: Duration | None = None
    min_drain_duration: Duration | None = None
    health_check_failure_delay: Duration | None = None


class RequestID(Model):
    """What request IDs have to do with tracing."""

    tracing: Literal["PackAndSample", "Sample", "Pack", "Disable"] | None = None


class Telemetry(Model):
    """What Envoy tells of its traffic."""

    access_log: AccessLog | None = None
    tracing: ProxyTracing | None = None
    metrics: Metrics | None = None
    request_id: Annotated[RequestID | None, Field(alias="requestID")] = None
    health_check_log: HealthCheckLog | None = None


class EnvoyProxySpec(Model):
    """Settings of all listeners and clusters of a fleet. `lua_validation` is deprecated."""

    merge_type: Literal["Replace", "StrategicMerge", "JSONMerge"] | None = None
    merge_gateways: bool | None = None
    merge_backends: MergeBackends | None = None
    provider: Provider | None = None
    logging: Logging = Field(default_factory=Logging.model_construct)
    telemetry: Telemetry | None = None
    bootstrap: ProxyBootstrap | None = None
    concurrency: Int32 | None = None
    routing_type: str | None = None
    extra_args: list[str] = Field(default_factory=list)
    shutdown: Shutdown | None = None
    filter_order: list[FilterPosition] = Field(default_factory=list)
    backend_tls: Annotated[BackendTLSConfig | None, Field(alias="backendTLS")] = None
    ip_family: Literal["IPv4", "IPv6", "DualStack"] | None = None
    preserve_route_order: bool | None = None
    lua_validation: LuaValidation | None = None
    lua: Lua | None = None
    geo_ip: Annotated[GeoIP | None, Field(alias="geoIP")] = None
    dynamic_modules: Annotated[list[DynamicModule], Field(max_length=16), unique_by("name")] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.lua_validation is not None and self.lua is not None:
            yield Violation("may have luaValidation or lua, not both")
        if self.merge_gateways and self.merge_backends is not None:
            yield Violation("may have mergeGateways or mergeBackends, not both")


class EnvoyProxy(NamespacedResource):
    """How the Envoys of a GatewayClass or Gateway are set up."""

    group: ClassVar[str] = ENVOY_GATEWAY
    kind_name: ClassVar[str] = "EnvoyProxy"

    spec: EnvoyProxySpec
    status: Status = None
