"""Everything that routes are resolved against: the objects that are not routes, indexed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from reconciler import ir
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.manifests.base import Loaded, Resource
from reconciler.manifests.endpointslice import EndpointSlice
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.gatewayclass import GatewayClass
from reconciler.manifests.listenerset import ListenerSet
from reconciler.manifests.namespace import Namespace
from reconciler.manifests.referencegrant import ReferenceGrant
from reconciler.manifests.registry import CORE, ENVOY_GATEWAY, GATEWAY_API
from reconciler.manifests.secret import Secret
from reconciler.manifests.service import Service
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.addresses import networks
from reconciler.resolve.authorities import Authorities
from reconciler.resolve.backend_tls import BackendTLSPolicies, Object
from reconciler.resolve.certificates import Certificates, secret_findings
from reconciler.resolve.classes import ClassState, class_states
from reconciler.resolve.config_values import ConfigValues
from reconciler.resolve.default_gateways import default_gateways
from reconciler.resolve.envoy_backends import Backends
from reconciler.resolve.expressions import Expressions
from reconciler.resolve.findings import finding
from reconciler.resolve.gateways import GatewayState, Surroundings, WithSets, gateway_states
from reconciler.resolve.grants import Grants
from reconciler.resolve.listener_sets import by_gateway, parentless
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.options import Options
from reconciler.resolve.parents import ParentName, ParentState
from reconciler.resolve.proxies import ENVOY_PROXY, BootstrapCheck, Proxies, unchecked
from reconciler.resolve.route_filters import KIND as ROUTE_FILTER
from reconciler.resolve.route_filters import RouteFilters
from reconciler.resolve.secret_values import SecretValues
from reconciler.resolve.selectors import Labels, namespace_labels
from reconciler.resolve.services import Services
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal, Target

if TYPE_CHECKING:
    from reconciler.manifests.policy_targets import Policy
    from reconciler.resolve.patches import PatchPolicy
    from reconciler.resolve.policies.policies import Policies

Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The listeners that a parentRef of a namespace's routes may attach to, or why there are none."""

    listeners: tuple[ListenerState, ...]
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Answers that do not depend on a single route, each worked out when first asked for."""

    candidates: dict[tuple[ParentName, str, str, str | None, int | None], Candidates] = field(default_factory=dict)
    targets: dict[tuple[str, str, str, str | None, str, int | None], Target | Refusal] = field(default_factory=dict)
    backends: dict[tuple[int, int, int], ir.Backend] = field(default_factory=dict)
    expressions: Expressions = field(default_factory=Expressions)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """The repository without its routes.

    Attributes:
        classes: all GatewayClasses, by name.
        gateways: our Gateways; an unaccepted one is here, too.
        parents: these and their ListenerSets, as parentRefs name them.
        parent_names: the names of all Gateways and ListenerSets, ours or not, by kind.
        default_gateways: those of ours that routes may have for a default.
        foreign: Gateways whose class is not ours or not there, and ListenerSets of no Gateway of ours.
        namespaces: labels of the namespaces that have a manifest.
        diagnostics: what there is to say about all of these, in a stable order.
        patch_policies: those that change finished resources, in their order.
        policies: those that are attached to others (`reconciler.resolve.policies`); None: there are none.
    """

    options: Options
    classes: Mapping[str, ClassState]
    gateways: Mapping[Key, GatewayState]
    parents: Mapping[ParentName, ParentState]
    parent_names: Mapping[str, Names]
    foreign: frozenset[ParentName]
    namespaces: Mapping[str, Labels]
    grants: Grants
    authorities: Authorities
    services: Services
    backends: Backends
    backend_tls: BackendTLSPolicies
    secret_values: SecretValues
    config_values: ConfigValues
    route_filters: RouteFilters
    diagnostics: tuple[Diagnostic, ...]
    memory: Memory = field(default_factory=Memory)
    policies: Policies | None = None
    patch_policies: tuple[PatchPolicy, ...] = ()
    default_gateways: tuple[ParentName, ...] = ()

    @property
    def for_backends(self) -> tuple[ir.AnySecret, ...]:
        """The secrets that TLS to backends and filters may name, sorted."""
        found: dict[str, ir.AnySecret] = {**self.backend_tls.authorities, **self.backends.secrets}
        found.update((secret.name, secret) for secret in self.secret_values.by_name)
        if self.policies is not None:
            found.update(self.policies.secrets)
        return tuple(found[name] for name in sorted(found))

    def labels(self, namespace: str) -> Labels:
        """The labels of a namespace, with or without a manifest."""
        return namespace_labels(namespace, self.namespaces.get(namespace))


R = TypeVar("R", bound=Resource)

PATCH_POLICY = (ENVOY_GATEWAY, "EnvoyPatchPolicy")
_BACKEND = (ENVOY_GATEWAY, "Backend")
_BACKEND_TLS_POLICY = (GATEWAY_API, "BackendTLSPolicy")
_CONFIG_MAP = (CORE, "ConfigMap")

_NEVER = "~"
"""Sorts after every timestamp."""


class _Shelf:
    """Loaded resources by kind, in an order that does not depend on files: oldest first, then namespace and name."""

    def __init__(self, resources: Iterable[Loaded[Resource]]) -> None:
        self._by_kind: dict[type[Resource], list[Loaded[Resource]]] = defaultdict(list)
        for loaded in resources:
            self._by_kind[type(loaded.resource)].append(loaded)
        for items in self._by_kind.values():
            items.sort(key=_age)

    def of(self, kind: type[R]) -> list[Loaded[R]]:
        return cast("list[Loaded[R]]", self._by_kind[kind])

    def policies(self) -> list[Loaded[Policy]]:
        """All kinds of policies that are attached to others."""
        found = [item for kind, items in self._by_kind.items() if kind.policy for item in items]
        return cast("list[Loaded[Policy]]", sorted(found, key=_age))

    def named(self, name: tuple[str, str]) -> list[Loaded[Any]]:
        """Those of a kind, by group and kind, whose model is imported only where there are any.

        To be asked for all kinds that not every repository has; modules import their models for type checkers only.
        """
        return next((found for kind, found in self._by_kind.items() if (kind.group, kind.kind_name) == name), [])


def _age(loaded: Loaded[Resource]) -> tuple[str, str, str]:
    """What "oldest wins" goes by. What no API server has stamped is younger than what one has, as with routes."""
    meta = loaded.resource.metadata
    return meta.creation_timestamp or _NEVER, meta.namespace, meta.name


def build_world(
    resources: Iterable[Loaded[Resource]], options: Options, bootstrap_problem: BootstrapCheck = unchecked
) -> World:
    """Index the objects that are not routes and resolve classes, Gateways and their listeners.

    Args:
        resources: valid resources of any kind; kinds that do not bear on routes are ignored.
        options: the configuration.
        bootstrap_problem: checks what EnvoyProxies change of Envoy's bootstrap.

    Raises:
        ValueError: an entry of `options.addresses` is not a CIDR.
    """
    shelf = _Shelf(resources)
    proxies = Proxies(shelf.named(ENVOY_PROXY), bootstrap_problem)
    classes, findings = class_states(shelf.of(GatewayClass), options.controller_names, proxies)
    findings += proxies.findings()
    grants = Grants(shelf.of(ReferenceGrant))
    secrets = shelf.of(Secret)
    certificates = Certificates(secrets, grants, publish_keys=options.allow_plaintext_secrets)
    authorities = Authorities(shelf.named(_CONFIG_MAP), secrets, grants, publish_keys=options.allow_plaintext_secrets)
    findings += secret_findings(secrets, publish_keys=options.allow_plaintext_secrets)
    namespaces = {n.resource.metadata.name: n.resource.metadata.labels for n in shelf.of(Namespace)}
    gateways, found = _gateways(shelf, classes, (certificates, authorities), options, namespaces, proxies)
    findings += found
    parents: dict[ParentName, ParentState] = {}
    for gateway in gateways.values():
        parents[gateway.key] = gateway
        parents.update((item.key, item) for item in gateway.listener_sets)
    known = {kind.kind_name: _keys(shelf.of(kind)) for kind in (Gateway, ListenerSet)}
    names = {kind: Names(keys) for kind, keys in known.items()}
    findings += parentless(shelf.of(ListenerSet), known[Gateway.kind_name], names[Gateway.kind_name])
    memory = Memory()
    config_values = ConfigValues(shelf.named(_CONFIG_MAP))
    secret_values = SecretValues(secrets, grants, publish_keys=options.allow_plaintext_secrets)
    services = Services(shelf.of(Service), shelf.of(EndpointSlice), options)
    backends = Backends(shelf.named(_BACKEND), certificates, authorities)
    backend_tls = BackendTLSPolicies(shelf.named(_BACKEND_TLS_POLICY), authorities, _sections(services, backends))
    world = World(
        options=options,
        classes=classes,
        gateways=gateways,
        parents=parents,
        parent_names=names,
        foreign=frozenset((kind, *key) for kind, keys in known.items() for key in keys) - parents.keys(),
        namespaces=namespaces,
        grants=grants,
        authorities=authorities,
        services=services,
        backends=backends,
        backend_tls=backend_tls,
        secret_values=secret_values,
        config_values=config_values,
        route_filters=RouteFilters(shelf.named(ROUTE_FILTER), secret_values, config_values, memory.expressions),
        memory=memory,
        diagnostics=(*findings, *backends.findings, *backend_tls.findings),
        default_gateways=default_gateways(shelf.of(Gateway), parents.keys()),
    )
    if any(gateway.proxy is not None for gateway in gateways.values()):
        world = _proxied(world)
    if patches := shelf.named(PATCH_POLICY):
        world = _patched(world, patches)
    policies = shelf.policies()
    return _governed(world, shelf, policies) if policies else world


def _patched(world: World, patches: list[Loaded[Resource]]) -> World:
    from reconciler.resolve.patches import patch_policies, policy_findings

    found = patch_policies(patches, world)
    return replace(world, patch_policies=found, diagnostics=(*world.diagnostics, *policy_findings(found)))


def _proxied(world: World) -> World:
    from reconciler.resolve.proxy_settings import proxy_settings

    found = [
        item
        for gateway in world.gateways.values()
        if gateway.proxy is not None
        for item in proxy_settings(gateway.proxy, gateway, world)[1]
    ]
    return replace(world, diagnostics=(*world.diagnostics, *dict.fromkeys(found)))


def _governed(world: World, shelf: _Shelf, policies: list[Loaded[Policy]]) -> World:
    from reconciler.resolve.policies.policies import with_policies

    labels: dict[ParentName, Labels] = {}
    for loaded in (*shelf.of(Gateway), *shelf.of(ListenerSet)):
        meta = loaded.resource.metadata
        key = (loaded.resource.kind_name, meta.namespace, meta.name)
        if key in world.parents:
            labels[key] = meta.labels
    return with_policies(world, policies, labels)


def _gateways(
    shelf: _Shelf,
    classes: Mapping[str, ClassState],
    of_tls: tuple[Certificates, Authorities],
    options: Options,
    namespaces: Mapping[str, Labels],
    proxies: Proxies,
) -> tuple[dict[Key, GatewayState], list[Diagnostic]]:
    """Our Gateways with their ListenerSets, and what there is to say about these and about Gateways without class."""
    gateways: dict[Key, GatewayState] = {}
    findings: list[Diagnostic] = []
    owned = networks(options.addresses)
    class_names = Names(("", name) for name in classes)
    sets = by_gateway(shelf.of(ListenerSet))

    def labels(namespace: str) -> Labels:
        return namespace_labels(namespace, namespaces.get(namespace))

    around = Surroundings(*of_tls, owned, labels, proxies)
    of_fleets: dict[object, list[WithSets]] = {}
    for loaded in shelf.of(Gateway):
        meta, class_name = loaded.resource.metadata, loaded.resource.spec.gateway_class_name
        key = (meta.namespace, meta.name)
        owner = classes.get(class_name)
        if owner is None:
            findings.append(_without_class(loaded, class_names))
        elif owner.ours:
            of_fleets.setdefault(class_name if owner.merged else key, []).append((loaded, sets.get(key, ())))
    for members in of_fleets.values():
        owner = classes[members[0][0].resource.spec.gateway_class_name]
        for state, found in gateway_states(members, owner, around):
            gateways[state.gateway] = state
            findings += found
    return gateways, findings


def _keys(resources: Sequence[Loaded[Resource]]) -> frozenset[Key]:
    return frozenset((item.resource.metadata.namespace, item.resource.metadata.name) for item in resources)


def _sections(services: Services, backends: Backends) -> Callable[[Object], Mapping[int, str] | None]:
    """What BackendTLSPolicies can be about, and the names of its ports."""
    of_kind = {("", "Service"): services.sections, _BACKEND: backends.sections}

    def sections(target: Object) -> Mapping[int, str] | None:
        known = of_kind.get(target[:2])
        return None if known is None else known(target[2:])

    return sections


def _without_class(gateway: Loaded[Gateway], names: Names) -> Diagnostic:
    wanted = gateway.resource.spec.gateway_class_name
    guidance = names.suggest("", wanted) or f"Add the GatewayClass {wanted} to the repository."
    message = f"GatewayClass {wanted} does not exist: the Gateway is ignored."
    return finding(codes.CLASS_NOT_FOUND, gateway, ("spec", "gatewayClassName"), message, guidance, Severity.WARNING)
