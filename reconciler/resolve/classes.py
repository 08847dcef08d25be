"""GatewayClasses: which are ours."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.gatewayclass import GatewayClass
from reconciler.manifests.references import LocalObjectReference
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.conditions import Condition, condition, stamp
from reconciler.resolve.findings import finding

_ENVOY_PROXY = ("gateway.envoyproxy.io", "EnvoyProxy")


@dataclass(frozen=True, slots=True)
class ClassState:
    """A GatewayClass. `problem` says why one of ours is not accepted; `conditions` are empty for one not ours."""

    name: str
    controller: str
    ours: bool
    problem: str = ""
    conditions: tuple[Condition, ...] = ()


def parameters_problem(ref: LocalObjectReference | None) -> str:
    """Why a parametersRef is not accepted. EnvoyProxy is: its settings are not translated yet, which is a warning."""
    if ref is None or (ref.group, ref.kind) == _ENVOY_PROXY:
        return ""
    return f"parametersRef has to name an EnvoyProxy of {_ENVOY_PROXY[0]}, not a {ref.kind} of group {ref.group!r}."


def class_states(
    classes: Iterable[Loaded[GatewayClass]], controllers: Iterable[str]
) -> tuple[dict[str, ClassState], list[Diagnostic]]:
    """The state of each GatewayClass by name, and what there is to say about them."""
    known = frozenset(controllers)
    states: dict[str, ClassState] = {}
    findings: list[Diagnostic] = []
    for loaded in classes:
        spec, name = loaded.resource.spec, loaded.resource.metadata.name
        if spec.controller_name not in known:
            message = f"GatewayClass {name} belongs to {spec.controller_name}: it is left alone."
            path = ("spec", "controllerName")
            findings.append(finding(codes.CLASS_NOT_OURS, loaded, path, message, severity=Severity.NOTICE))
            states[name] = ClassState(name, spec.controller_name, ours=False)
            continue
        problem = parameters_problem(spec.parameters_ref)
        findings += parameters_findings(loaded, spec.parameters_ref, ("spec", "parametersRef"))
        states[name] = ClassState(
            name, spec.controller_name, ours=True, problem=problem, conditions=_accepted(loaded, problem)
        )
    return states, findings


def parameters_findings(
    loaded: Loaded[GatewayClass] | Loaded[Gateway], ref: LocalObjectReference | None, path: FieldPath
) -> list[Diagnostic]:
    """What there is to say about a parametersRef."""
    if ref is None:
        return []
    if problem := parameters_problem(ref):
        return [finding(codes.PARAMETERS_NOT_FOUND, loaded, (*path, "kind"), problem)]
    message = f"EnvoyProxy {ref.name} is not translated yet: its settings have no effect."
    return [finding(codes.NOT_TRANSLATED, loaded, path, message)]


def _accepted(loaded: Loaded[GatewayClass], problem: str) -> tuple[Condition, ...]:
    at = stamp(loaded.resource.metadata)
    if problem:
        return (condition("Accepted", False, "InvalidParameters", problem, at),)
    return (condition("Accepted", True, "Accepted", "The GatewayClass is accepted.", at),)
