"""The kinds that gitway knows: which versions of them are served, and where their models are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

from reconciler.manifests.base import Resource

GATEWAY_API: Final = "gateway.networking.k8s.io"
ENVOY_GATEWAY: Final = "gateway.envoyproxy.io"
CORE: Final = ""
DISCOVERY: Final = "discovery.k8s.io"

CRD_GROUPS: Final = frozenset({GATEWAY_API, ENVOY_GATEWAY})
"""Groups whose every kind is known: another one is a mistake."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes:
        versions: the served versions, the preferred one first.
        module: the module with its model, a class of the kind's name; empty where the kind is not translated yet.
    """

    group: str
    name: str
    versions: tuple[str, ...]
    namespaced: bool = True
    module: str = ""

    @property
    def translated(self) -> bool:
        """Whether gitway makes anything of objects of the kind."""
        return bool(self.module)

    @property
    def api_versions(self) -> tuple[str, ...]:
        """The values of `apiVersion` that go with the kind."""
        return tuple(f"{self.group}/{version}" if self.group else version for version in self.versions)


def _table() -> Iterator[Kind]:
    gateway_api = ("v1", "v1beta1")
    yield Kind(GATEWAY_API, "GatewayClass", gateway_api, namespaced=False, module="gatewayclass")
    yield Kind(GATEWAY_API, "Gateway", gateway_api, module="gateway")
    yield Kind(GATEWAY_API, "HTTPRoute", gateway_api, module="httproute")
    yield Kind(GATEWAY_API, "ReferenceGrant", gateway_api, module="referencegrant")
    yield Kind(GATEWAY_API, "BackendTLSPolicy", ("v1", "v1alpha3"))
    yield Kind(GATEWAY_API, "GRPCRoute", ("v1",))
    yield Kind(GATEWAY_API, "ListenerSet", ("v1",))
    yield Kind(GATEWAY_API, "TCPRoute", ("v1", "v1alpha2"))
    yield Kind(GATEWAY_API, "TLSRoute", ("v1", "v1alpha2", "v1alpha3"))
    yield Kind(GATEWAY_API, "UDPRoute", ("v1", "v1alpha2"))
    yield Kind(ENVOY_GATEWAY, "Backend", ("v1alpha1",), module="backend")
    for name in (
        "BackendTrafficPolicy",
        "ClientTrafficPolicy",
        "EnvoyExtensionPolicy",
        "EnvoyPatchPolicy",
        "EnvoyProxy",
        "HTTPRouteFilter",
        "SecurityPolicy",
    ):
        yield Kind(ENVOY_GATEWAY, name, ("v1alpha1",))
    yield Kind(CORE, "Namespace", ("v1",), namespaced=False, module="namespace")
    for name in ("Service", "Secret", "ConfigMap"):
        yield Kind(CORE, name, ("v1",), module=name.lower())
    yield Kind(DISCOVERY, "EndpointSlice", ("v1",), module="endpointslice")


KINDS: Final[Mapping[tuple[str, str], Kind]] = MappingProxyType({(kind.group, kind.name): kind for kind in _table()})
"""(group, kind) → what is known of it."""

SERVED: Final[Mapping[tuple[str, str], Kind]] = MappingProxyType(
    {(api_version, kind.name): kind for kind in KINDS.values() for api_version in kind.api_versions}
)
"""(apiVersion, kind) as manifests have them → what is known of it."""


@cache
def model(kind: Kind) -> type[Resource]:
    """The model of a translated kind; its module is imported when first asked for."""
    found = getattr(import_module(f"reconciler.manifests.{kind.module}"), kind.name)
    if not (isinstance(found, type) and issubclass(found, Resource)):
        raise TypeError(f"{found} is not a Resource")
    return found
