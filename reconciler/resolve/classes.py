"""GatewayClasses: which are ours."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.gatewayclass import GatewayClass
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.conditions import Condition, condition, stamp
from reconciler.resolve.findings import finding
from reconciler.resolve.proxies import NO_PARAMETERS, Parameters, Proxies


@dataclass(frozen=True, slots=True)
class ClassState:
    """A GatewayClass. `problem` says why one of ours is not accepted; `conditions` are empty for one not ours.

    `parameters` is what its parametersRef leads to.
    """

    name: str
    controller: str
    ours: bool
    problem: str = ""
    conditions: tuple[Condition, ...] = ()
    parameters: Parameters = NO_PARAMETERS

    @property
    def merged(self) -> bool:
        """Whether all of its Gateways are one fleet."""
        proxy = self.parameters.proxy
        return proxy is not None and bool(proxy.resource.spec.merge_gateways)


def class_states(
    classes: Iterable[Loaded[GatewayClass]], controllers: Iterable[str], proxies: Proxies
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
        ref = spec.parameters_ref
        parameters = proxies.parameters(ref, ref.namespace if ref is not None else None)
        findings += parameters_findings(loaded, parameters, ("spec", "parametersRef"))
        conditions = _accepted(loaded, parameters.problem)
        states[name] = ClassState(name, spec.controller_name, True, parameters.problem, conditions, parameters)
    return states, findings


def parameters_findings(
    loaded: Loaded[GatewayClass] | Loaded[Gateway], parameters: Parameters, path: FieldPath
) -> list[Diagnostic]:
    """What there is to say about a parametersRef."""
    if not parameters.problem:
        return []
    at = (*path, parameters.field)
    return [finding(codes.PARAMETERS_NOT_FOUND, loaded, at, parameters.problem, parameters.help)]


def _accepted(loaded: Loaded[GatewayClass], problem: str) -> tuple[Condition, ...]:
    at = stamp(loaded.resource.metadata)
    if problem:
        return (condition("Accepted", False, "InvalidParameters", problem, at),)
    return (condition("Accepted", True, "Accepted", "The GatewayClass is accepted.", at),)
