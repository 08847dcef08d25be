"""The kinds that gitway knows: which versions of them are served, and where their models are.

A start is as short as what it imports, so a kind is paid for by the repositories that have it: its model is imported
by name when the first object of it is met, and nothing else imports it but for type checkers (`resolve` asks
`world._Shelf.named`). `tests/cli/test_imports.py` lists what a repository of HTTPRoutes does not load: add the kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Final

from reconciler.manifests.base import Resource
from reconciler.records import dataclass

GATEWAY_API: Final = "gateway.networking.k8s.io"
ENVOY_GATEWAY: Final = "gateway.envoyproxy.io"
CORE: Final = ""
DISCOVERY: Final = "discovery.k8s.io"
ADMISSION: Final = "admissionregistration.k8s.io"
GITWAY: Final = "gitway.dev"

CRD_GROUPS: Final = frozenset({GATEWAY_API, ENVOY_GATEWAY, GITWAY})
"""Groups whose every kind is known: another one is a mistake."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object.

    Attributes:
        versions: the served versions, the preferred one first.
        module: the module with its model, a class of the kind's name; empty where it has none yet.
        own_models: versions whose schema is not that of the others: their model is a class named after kind and
            version, such as `TCPRouteV1Alpha2`, derived from the kind's.
        route: whether objects of the kind are routes, which are resolved one by one.
        translated: whether gitway makes anything of objects of the kind.
        guardrail: whether objects of the kind judge changes, and add nothing to what is published.
    """

    group: str
    name: str
    versions: tuple[str, ...]
    namespaced: bool = True
    module: str = ""
    own_models: tuple[str, ...] = ()
    route: bool = False
    translated: bool = True
    guardrail: bool = False

    @property
    def modelled(self) -> bool:
        """Whether objects of the kind can be loaded."""
        return bool(self.module)

    @property
    def api_versions(self) -> tuple[str, ...]:
        """The values of `apiVersion` that go with the kind."""
        return tuple(f"{self.group}/{version}" if self.group else version for version in self.versions)


def _table() -> Iterator[Kind]:
    yield from _gateway_api()
    for name in (
        "Backend",
        "BackendTrafficPolicy",
        "ClientTrafficPolicy",
        "EnvoyExtensionPolicy",
        "EnvoyPatchPolicy",
        "EnvoyProxy",
        "HTTPRouteFilter",
        "SecurityPolicy",
    ):
        yield Kind(ENVOY_GATEWAY, name, ("v1alpha1",), module=name.lower())
    yield Kind(CORE, "Namespace", ("v1",), namespaced=False, module="namespace")
    for name in ("Service", "Secret", "ConfigMap"):
        yield Kind(CORE, name, ("v1",), module=name.lower())
    yield Kind(DISCOVERY, "EndpointSlice", ("v1",), module="endpointslice")
    yield _guardrail(ADMISSION, "ValidatingAdmissionPolicy", ("v1", "v1beta1"))
    yield _guardrail(ADMISSION, "ValidatingAdmissionPolicyBinding", ("v1", "v1beta1"))
    yield _guardrail(GITWAY, "XdsPolicy", ("v1alpha1",))


def _gateway_api() -> Iterator[Kind]:
    beta, alpha = ("v1", "v1beta1"), ("v1alpha2",)
    yield Kind(GATEWAY_API, "GatewayClass", beta, namespaced=False, module="gatewayclass")
    yield Kind(GATEWAY_API, "Gateway", beta, module="gateway")
    yield Kind(GATEWAY_API, "ListenerSet", ("v1",), module="listenerset")
    yield Kind(GATEWAY_API, "ReferenceGrant", beta, module="referencegrant")
    yield Kind(GATEWAY_API, "BackendTLSPolicy", ("v1", "v1alpha3"), module="backendtlspolicy")
    yield _route("HTTPRoute", beta)
    yield _route("GRPCRoute", ("v1",))
    yield _route("TLSRoute", ("v1", "v1alpha3", "v1alpha2"), own_models=alpha)
    yield _route("TCPRoute", ("v1", "v1alpha2"), own_models=alpha)
    yield _route("UDPRoute", ("v1", "v1alpha2"), own_models=alpha)


def _guardrail(group: str, name: str, versions: tuple[str, ...]) -> Kind:
    return Kind(group, name, versions, namespaced=False, module=name.lower(), guardrail=True)


def _route(name: str, versions: tuple[str, ...], own_models: tuple[str, ...] = (), *, translated: bool = True) -> Kind:
    return Kind(
        GATEWAY_API, name, versions, module=name.lower(), own_models=own_models, route=True, translated=translated
    )


KINDS: Final[Mapping[tuple[str, str], Kind]] = MappingProxyType({(kind.group, kind.name): kind for kind in _table()})
"""(group, kind) → what is known of it."""

SERVED: Final[Mapping[tuple[str, str], Kind]] = MappingProxyType(
    {(api_version, kind.name): kind for kind in KINDS.values() for api_version in kind.api_versions}
)
"""(apiVersion, kind) as manifests have them → what is known of it."""


@cache
def model(kind: Kind, version: str = "") -> type[Resource]:
    """The model of a modelled kind, in a version of it or the preferred one; imported when first asked for."""
    name = kind.name + (version.title() if version in kind.own_models else "")
    found = getattr(import_module(f"reconciler.manifests.{kind.module}"), name)
    if not (isinstance(found, type) and issubclass(found, Resource)):
        raise TypeError(f"{found} is not a Resource")
    return found
