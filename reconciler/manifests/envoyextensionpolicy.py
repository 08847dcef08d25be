"""EnvoyExtensionPolicy (gateway.envoyproxy.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.backend import ENVOY_GATEWAY_GROUP
from reconciler.manifests.backend_cluster import BackendCluster
from reconciler.manifests.base import Model
from reconciler.manifests.policy_targets import ROUTE_TARGETS, MergeablePolicySpec, Policy
from reconciler.manifests.references import LocalObjectReference, SecretObjectReference
from reconciler.manifests.rules import Violation, check, fits_type, refused
from reconciler.manifests.values import ATTRIBUTE, HTTP_URL, MODULE_NAME, Duration, ErrorStatus

_OWN_NAMESPACES: Final = "envoy.filters.http"

Attribute = Annotated[str, StringConstraints(pattern=ATTRIBUTE)]


class ProcessingModeOptions(Model):
    """What a processor is sent of a request or of an answer: its headers, and its body if that is named."""

    body: Literal["Streamed", "Buffered", "BufferedPartial", "FullDuplexStreamed"] | None = None
    attributes: list[Attribute] = Field(default_factory=list)


class ExtProcProcessingMode(Model):
    """What a processor is sent; what is not here it is not sent."""

    request: ProcessingModeOptions | None = None
    response: ProcessingModeOptions | None = None
    allow_mode_override: bool | None = None

    def bodies(self) -> Iterator[tuple[str, str]]:
        """Field and mode of the bodies that are sent."""
        for field, options in (("request", self.request), ("response", self.response)):
            if options is not None and options.body is not None:
                yield field, options.body


def _not_of_filters(namespaces: list[str]) -> list[str]:
    wrong = [index for index, name in enumerate(namespaces) if name.startswith(_OWN_NAMESPACES)]
    if wrong:
        raise refused(Violation(f"must not begin with {_OWN_NAMESPACES}: that is Envoy's", (index,)) for index in wrong)
    return namespaces


class ExtProcMetadata(Model):
    """Which dynamic metadata a processor may read and write."""

    accessible_namespaces: list[str] = Field(default_factory=list)
    writable_namespaces: Annotated[list[str], Field(max_length=8), AfterValidator(_not_of_filters)] = Field(
        default_factory=list
    )


class ExtProc(BackendCluster):
    """A service that sees and changes requests and answers, by Envoy's gRPC protocol."""

    message_timeout: Duration | None = None
    fail_open: bool = False
    processing_mode: ExtProcProcessingMode | None = None
    shadow_mode: bool | None = None
    metadata: ExtProcMetadata | None = None
    status_on_error: ErrorStatus | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from self._not_the_old_field()
        yield from self._known_kinds()
        bodies = () if self.processing_mode is None else tuple(self.processing_mode.bodies())
        if self.fail_open and any(mode == "FullDuplexStreamed" for _, mode in bodies):
            yield Violation("must be false where a body is FullDuplexStreamed", ("failOpen",))
        for field, mode in bodies:
            if self.shadow_mode and mode != "Streamed":
                message = "must be Streamed where shadowMode is true"
                yield Violation(message, ("processingMode", field, "body"))


class WasmTLS(Model):
    """Whom to trust where a module is fetched."""

    ca_certificate_ref: SecretObjectReference


class HTTPWasmCodeSource(Model):
    """A module that is fetched from a URL."""

    url: Annotated[str, StringConstraints(pattern=HTTP_URL)]
    sha256: str | None = None
    tls: WasmTLS | None = None


def _a_secret(ref: SecretObjectReference) -> SecretObjectReference:
    if ref.kind != "Secret":
        raise refused([Violation("must be Secret", ("kind",))])
    return ref


class ImageWasmCodeSource(Model):
    """A module in a container image."""

    url: str
    sha256: str | None = None
    pull_secret_ref: Annotated[SecretObjectReference, AfterValidator(_a_secret)] | None = None
    tls: WasmTLS | None = None


class WasmCodeSource(Model):
    """Where a module is."""

    type: Literal["HTTP", "Image"]
    http: HTTPWasmCodeSource | None = None
    image: ImageWasmCodeSource | None = None
    pull_policy: Literal["IfNotPresent", "Always"] | None = None

    @model_validator(mode="after")
    def _source_fits_type(self) -> Self:
        check(fits_type(self.type, {"HTTP": ("http", self.http), "Image": ("image", self.image)}))
        return self


class WasmEnv(Model):
    """Environment variables of Envoy that a module may read."""

    host_keys: list[str] = Field(default_factory=list)


class Wasm(Model):
    """A module of WebAssembly that sees and changes requests and answers."""

    name: str | None = None
    root_id: Annotated[str | None, Field(alias="rootID")] = None
    code: WasmCodeSource
    config: Any = None
    fail_open: bool = False
    env: WasmEnv | None = None


class Lua(Model):
    """A script that sees and changes requests and answers; of a ConfigMap, the key `lua`."""

    type: Literal["Inline", "ValueRef"] = "Inline"
    inline: str | None = None
    value_ref: LocalObjectReference | None = None
    filter_context: Any = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        yield from fits_type(self.type, {"Inline": ("inline", self.inline), "ValueRef": ("valueRef", self.value_ref)})
        ref = self.value_ref
        if ref is not None and (ref.kind != "ConfigMap" or ref.group not in ("", "v1")):
            yield Violation('must be a ConfigMap of group ""', ("valueRef",))


class DynamicModule(Model):
    """A filter of a shared library that the EnvoyProxy has registered under `name`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=MODULE_NAME)]
    filter_name: Annotated[str, StringConstraints(max_length=253)] | None = None
    config: Any = None
    terminal_filter: bool = False


class EnvoyExtensionPolicySpec(MergeablePolicySpec):
    """Extensions of Envoy, each kind in the order of its list."""

    target_kinds: ClassVar[tuple[str, ...]] = ("Gateway", "ListenerSet", *ROUTE_TARGETS)

    wasm: Annotated[list[Wasm], Field(max_length=16)] = Field(default_factory=list)
    ext_proc: Annotated[list[ExtProc], Field(max_length=16)] = Field(default_factory=list)
    lua: Annotated[list[Lua], Field(max_length=16)] = Field(default_factory=list)
    dynamic_module: Annotated[list[DynamicModule], Field(max_length=16)] = Field(default_factory=list)


class EnvoyExtensionPolicy(Policy):
    """Extensions of Envoy for a Gateway, a listener, a route or a rule."""

    group: ClassVar[str] = ENVOY_GATEWAY_GROUP
    kind_name: ClassVar[str] = "EnvoyExtensionPolicy"

    spec: EnvoyExtensionPolicySpec
