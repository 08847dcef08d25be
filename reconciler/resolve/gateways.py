"""Gateways: accepted or not, with their addresses and listeners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.resolve import codes
from reconciler.resolve.addresses import Addresses, Network, assign
from reconciler.resolve.authorities import Authorities
from reconciler.resolve.certificates import Certificates
from reconciler.resolve.classes import ClassState, parameters_findings, parameters_problem
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.findings import finding
from reconciler.resolve.gateway_tls import gateway_tls
from reconciler.resolve.listeners import ListenerCheck, ListenerState


@dataclass(frozen=True, slots=True)
class GatewayState:
    """One of our Gateways, resolved.

    Attributes:
        fleet: the name of its fleet.
        controller: `controllerName` of its class.
        problem: why it is not accepted, or an empty string; then it is no fleet.
        addresses: what listeners bind, the main address first.
        status_addresses: values of `status.addresses`.
        conditions: as in its status.
        client: the certificate that it presents to backends.
    """

    namespace: str
    name: str
    fleet: str
    controller: str
    problem: str
    addresses: tuple[str, ...]
    status_addresses: tuple[str, ...]
    listeners: tuple[ListenerState, ...]
    conditions: tuple[Condition, ...]
    client: ir.Secret | None = None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One condition's outcome."""

    status: bool
    reason: str
    message: str

    def condition(self, kind: str, at: Stamp) -> Condition:
        return condition(kind, self.status, self.reason, self.message, at)


def gateway_state(
    gateway: Loaded[Gateway],
    owner: ClassState,
    certificates: Certificates,
    authorities: Authorities,
    owned: Sequence[Network],
) -> tuple[GatewayState, list[Diagnostic]]:
    """The state of a Gateway whose class is ours, and what there is to say about it."""
    meta, spec = gateway.resource.metadata, gateway.resource.spec
    addresses = assign(spec.addresses, owned)
    at = stamp(meta)
    tls = gateway_tls(gateway, certificates, authorities, at)
    check = ListenerCheck(gateway, certificates, tls)
    ref = spec.infrastructure.parameters_ref if spec.infrastructure else None
    refused = owner.problem or parameters_problem(ref)
    accepted = _accepted(refused, addresses, check)
    listeners = check.states(programmed=accepted.status and bool(addresses.bind))
    programmed = _programmed(accepted, addresses, listeners)
    state = GatewayState(
        namespace=meta.namespace,
        name=meta.name,
        fleet=f"{meta.namespace}/{meta.name}",
        controller=owner.controller,
        problem="" if accepted.status else accepted.message,
        addresses=addresses.bind,
        status_addresses=addresses.status if accepted.status else (),
        listeners=listeners,
        conditions=(accepted.condition("Accepted", at), programmed.condition("Programmed", at), *tls.conditions),
        client=tls.client,
    )
    found = parameters_findings(gateway, ref, ("spec", "infrastructure", "parametersRef"))
    found += _address_findings(gateway, addresses) + _untranslated(gateway)
    return state, [*found, *tls.findings, *check.findings]


def _accepted(refused: str, addresses: Addresses, check: ListenerCheck) -> _Verdict:
    if refused:
        return _Verdict(False, "InvalidParameters", refused)
    if addresses.unsupported:
        return _Verdict(False, "UnsupportedAddress", addresses.unsupported[0].message)
    if not check.any_valid:
        return _Verdict(False, "ListenersNotValid", "No listener is valid.")
    if not check.all_serve:
        return _Verdict(True, "ListenersNotValid", "Some listeners are not valid.")
    return _Verdict(True, "Accepted", "The Gateway is accepted.")


def _programmed(accepted: _Verdict, addresses: Addresses, listeners: Sequence[ListenerState]) -> _Verdict:
    if not accepted.status:
        return _Verdict(False, "Invalid", "The Gateway is not accepted.")
    if addresses.unusable:
        return _Verdict(False, "AddressNotUsable", addresses.unusable[0].message)
    if not any(listener.programmed for listener in listeners):
        return _Verdict(False, "Invalid", "No listener can be programmed.")
    return _Verdict(True, "Programmed", "The Gateway is programmed.")


def _untranslated(gateway: Loaded[Gateway]) -> list[Diagnostic]:
    """Fields that have no effect yet."""
    spec = gateway.resource.spec
    fields: list[FieldPath] = []
    if spec.default_scope not in (None, "None"):
        fields.append(("spec", "defaultScope"))
    return [
        finding(codes.NOT_TRANSLATED, gateway, path, f"{path[-1]} is not translated yet: it has no effect.")
        for path in fields
    ]


def _address_findings(gateway: Loaded[Gateway], addresses: Addresses) -> list[Diagnostic]:
    found = [
        finding(codes.BAD_ADDRESS, gateway, ("spec", "addresses", item.index), item.message)
        for item in (*addresses.unsupported, *addresses.unusable)
    ]
    if addresses.external:
        message = f"Addresses are taken for a load balancer's: listeners bind {', '.join(addresses.bind)}."
        guidance = "List the CIDRs that the fleets own as `addresses` in gitway.yaml to bind them."
        path = ("spec", "addresses")
        found.append(finding(codes.EXTERNAL_ADDRESS, gateway, path, message, guidance, Severity.NOTICE))
    return found
