"""EnvoyProxies: what parametersRefs of GatewayClasses and Gateways lead to, and what both together come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded, Model, Resource
from reconciler.manifests.references import LocalObjectReference
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.manifests.structure import fields_of
from reconciler.resolve import codes
from reconciler.resolve.findings import finding
from reconciler.resolve.suggestions import Names

if TYPE_CHECKING:
    from reconciler.manifests.envoyproxy import EnvoyProxy, EnvoyProxySpec

KIND = "EnvoyProxy"
ENVOY_PROXY = (ENVOY_GATEWAY, KIND)


BootstrapCheck = Callable[[str, str], str]
"""What is wrong with a change of Envoy's bootstrap (its type, and its document in JSON); empty: nothing."""


def unchecked(_change: str, _document: str) -> str:
    """Takes every change."""
    return ""


class Parameters(NamedTuple):
    """What a parametersRef leads to. `problem` says why it is not accepted, of its field `field`."""

    proxy: Loaded[EnvoyProxy] | None = None
    problem: str = ""
    field: str = ""
    help: str = ""


NO_PARAMETERS = Parameters()


class EffectiveProxy(NamedTuple):
    """The settings of a Gateway's Envoys: `spec`, of its own EnvoyProxy, of that of its class, or of both."""

    spec: EnvoyProxySpec
    own: Loaded[EnvoyProxy] | None
    of_class: Loaded[EnvoyProxy] | None

    def owner(self, *path: str) -> Loaded[EnvoyProxy]:
        """Which of the two has the attribute at a path below the spec, where references in it are resolved."""
        for one in (self.own, self.of_class):
            if one is not None and _has(one.resource.spec, path):
                return one
        return cast("Loaded[EnvoyProxy]", self.own or self.of_class)


def _has(value: object, path: tuple[str, ...]) -> bool:
    for step in path:
        value = getattr(value, step, None)
    return value not in (None, [], False)


class Proxies:
    """The EnvoyProxies of a repository."""

    def __init__(self, proxies: Iterable[Loaded[Resource]], bootstrap_problem: BootstrapCheck = unchecked) -> None:
        """`bootstrap_problem` says what is wrong with a change of the bootstrap."""
        self._proxies = {
            (item.resource.metadata.namespace, item.resource.metadata.name): cast("Loaded[EnvoyProxy]", item)
            for item in proxies
        }
        self._names = Names(self._proxies)
        self._problems = {key: _problem(item, bootstrap_problem) for key, item in self._proxies.items()}

    def parameters(self, ref: LocalObjectReference | None, namespace: str | None) -> Parameters:
        """What a reference leads to; without a namespace it has to name one."""
        if ref is None:
            return NO_PARAMETERS
        if (ref.group, ref.kind) != ENVOY_PROXY:
            words = f"not a {ref.kind} of group {ref.group!r}"
            return Parameters(
                problem=f"parametersRef has to name an EnvoyProxy of {ENVOY_GATEWAY}, {words}.", field="kind"
            )
        if namespace is None:
            problem = "parametersRef of a GatewayClass has to name the namespace of the EnvoyProxy."
            return Parameters(problem=problem, field="namespace")
        found = self._proxies.get((namespace, ref.name))
        if found is None:
            problem = f"EnvoyProxy {namespace}/{ref.name} does not exist."
            return Parameters(problem=problem, field="name", help=self._names.suggest(namespace, ref.name))
        if wrong := self._problems[namespace, ref.name]:
            return Parameters(problem=f"EnvoyProxy {namespace}/{ref.name} is invalid: {wrong[1]}", field="name")
        return Parameters(found)

    def findings(self) -> Iterator[Diagnostic]:
        """What there is to say about the EnvoyProxies themselves."""
        for key, item in self._proxies.items():
            if wrong := self._problems[key]:
                yield finding(codes.BAD_POLICY, item, ("spec", *wrong[0]), wrong[1])
            yield from _without_meaning(item)


def effective(of_class: Parameters, of_gateway: Parameters) -> EffectiveProxy | None:
    """The settings of a Gateway: its own replace those of its class, or are merged into them (`mergeType`)."""
    own, above = of_gateway.proxy, of_class.proxy
    if own is None or above is None:
        found = own or above
        return EffectiveProxy(found.resource.spec, own, above) if found is not None else None
    if own.resource.spec.merge_type in (None, "Replace"):
        return EffectiveProxy(own.resource.spec, own, None)
    from reconciler.resolve.policies.effective import merged_models

    return EffectiveProxy(merged_models(own.resource.spec, above.resource.spec), own, above)


def _problem(item: Loaded[EnvoyProxy], bootstrap_problem: BootstrapCheck) -> tuple[FieldPath, str] | None:
    """The first thing that makes one useless, and its field."""
    from reconciler.resolve.access_log_rules import expression_problem

    spec = item.resource.spec
    if spec.routing_type not in (None, "Service", "Endpoint"):
        return ("routingType",), f"{spec.routing_type} is neither Service nor Endpoint."
    if spec.bootstrap is not None:
        from reconciler.resolve.proxy_start import bootstrap_change

        change, document, why = bootstrap_change(spec.bootstrap)
        if why := why or bootstrap_problem(change, document):
            return ("bootstrap", "jsonPatches" if change == "JSONPatch" else "value"), why
    log = spec.telemetry.access_log if spec.telemetry is not None else None
    for index, setting in enumerate(log.settings if log is not None else ()):
        for number, expression in enumerate(setting.matches):
            if why := expression_problem(expression):
                path = ("telemetry", "accessLog", "settings", index, "matches", number)
                return path, f"{expression!r} is no expression of CEL: {why}."
    return None


_DEPLOYED = (
    ("provider",),
    ("shutdown", "min_drain_duration"),
    ("shutdown", "health_check_failure_delay"),
)
"""What only somebody has a use for who deploys Envoy: attributes, by their path below the spec."""

_NOT_YET = (
    ("merge_backends",),
    ("geo_ip",),
    ("dynamic_modules",),
    ("telemetry", "health_check_log"),
    ("telemetry", "metrics", "cluster_stat_name"),
)
"""Attributes, by their path below the spec."""


def _without_meaning(item: Loaded[EnvoyProxy]) -> Iterator[Diagnostic]:
    """One notice for all that only somebody has a use for who starts Envoy, a warning for what is not translated."""
    spec = item.resource.spec
    deployed = [_written(spec, attributes) for attributes in _DEPLOYED if _has(spec, attributes)]
    if deployed:
        names = ", ".join(path[-1] for path in deployed)
        message = f"{names}: of no effect, as gitway deploys no Envoy."
        yield finding(codes.NO_MEANING, item, ("spec", *deployed[0]), message, severity=Severity.NOTICE)
    for attribute in ("lua", "lua_validation"):
        if _has(spec, (attribute,)):
            path = _written(spec, (attribute,))
            message = f"{path[0]}: of no effect, as gitway runs no script: Envoy reads them, where allowLua lets it."
            yield finding(codes.NO_MEANING, item, ("spec", *path), message, severity=Severity.NOTICE)
    for attributes in _NOT_YET:
        if _has(spec, attributes):
            path = _written(spec, attributes)
            message = f"{path[-1]} is not translated yet: it has no effect."
            yield finding(codes.NOT_TRANSLATED, item, ("spec", *path), message)


def _written(spec: Model, attributes: tuple[str, ...]) -> tuple[str, ...]:
    """The path as manifests have it."""
    path: list[str] = []
    at: Any = spec
    for attribute in attributes:
        names = dict(zip(type(at).model_fields, fields_of(type(at)), strict=True))
        path.append(names[attribute])
        at = getattr(at, attribute)
    return tuple(path)
