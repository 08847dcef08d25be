"""Gateways: accepted or not, with their addresses and listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler import ir
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.ir.tls import NO_BACKEND_DEFAULTS, BackendDefaults
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.listenerset import ListenerSet
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.addresses import Addresses, Network, assign
from reconciler.resolve.authorities import Authorities
from reconciler.resolve.certificates import Certificates
from reconciler.resolve.classes import ClassState, parameters_findings
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.findings import finding
from reconciler.resolve.gateway_tls import GatewayTLS, gateway_tls
from reconciler.resolve.listener_sets import Admission, ListenerSetState, Parent, admit, listener_set_states
from reconciler.resolve.listeners import ListenerCheck, ListenerState, Soundness, check_together
from reconciler.resolve.parents import ParentName
from reconciler.resolve.proxies import EffectiveProxy, Parameters, Proxies, effective
from reconciler.resolve.proxy_backend_tls import NO_BACKEND_TLS, of_proxy
from reconciler.resolve.selectors import Labels


@dataclass(frozen=True, slots=True)
class GatewayState:
    """One of our Gateways, resolved.

    Attributes:
        fleet: the name of its fleet.
        controller: `controllerName` of its class.
        problem: why it is not accepted, or an empty string; then it is no fleet.
        addresses: what listeners bind, the main address first.
        status_addresses: values of `status.addresses`.
        listeners: its own, without those of its ListenerSets.
        listener_sets: those that name it as their parent: the ones that it allows, then the others.
        conditions: as in its status.
        client: the certificate that it presents to backends.
        backend_tls: what else it has for TLS to backends.
        proxy: how its Envoys are set up; None: as usual.
    """

    namespace: str
    name: str
    fleet: str
    controller: str
    problem: str
    addresses: tuple[str, ...]
    status_addresses: tuple[str, ...]
    listeners: tuple[ListenerState, ...]
    listener_sets: tuple[ListenerSetState, ...]
    conditions: tuple[Condition, ...]
    client: ir.Secret | None = None
    backend_tls: BackendDefaults = NO_BACKEND_DEFAULTS
    proxy: EffectiveProxy | None = None

    @property
    def key(self) -> ParentName:
        """Its name, with its kind."""
        return Gateway.kind_name, self.namespace, self.name

    @property
    def gateway(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name

    @property
    def all_listeners(self) -> Iterator[ListenerState]:
        """Its own listeners, then those of its ListenerSets."""
        yield from self.listeners
        for item in self.listener_sets:
            yield from item.listeners


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One condition's outcome."""

    status: bool
    reason: str
    message: str

    def condition(self, kind: str, at: Stamp) -> Condition:
        return condition(kind, self.status, self.reason, self.message, at)


class Surroundings(NamedTuple):
    """What Gateways refer to.

    Attributes:
        certificates: what certificateRefs lead to.
        authorities: what caCertificateRefs lead to.
        owned: networks of the addresses that the fleets own.
        labels: gives the labels of a namespace.
        proxies: what parametersRefs lead to.
    """

    certificates: Certificates
    authorities: Authorities
    owned: Sequence[Network]
    labels: Callable[[str], Labels]
    proxies: Proxies


WithSets = tuple[Loaded[Gateway], Sequence[Loaded[ListenerSet]]]
"""A Gateway, and the ListenerSets that name it in their order of precedence."""


def gateway_states(
    gateways: Iterable[WithSets], owner: ClassState, around: Surroundings
) -> list[tuple[GatewayState, list[Diagnostic]]]:
    """The states of the Gateways of one fleet and of their ListenerSets, and what there is to say about each.

    Args:
        gateways: the oldest first.
        owner: their class, which is ours.
        around: what they refer to.
    """
    drafts = [_draft(gateway, sets, owner, around) for gateway, sets in gateways]
    check_together(draft.check for draft in drafts if not draft.refused)
    for draft in drafts:
        if draft.refused:
            check_together([draft.check])
    return [_state(draft, owner, around) for draft in drafts]


class _Draft(NamedTuple):
    """A Gateway before its listeners are compared with those of others. `refused` says why it is not accepted."""

    gateway: Loaded[Gateway]
    parameters: Parameters
    refused: str
    tls: GatewayTLS
    admission: Admission
    check: ListenerCheck


def _draft(
    gateway: Loaded[Gateway], sets: Sequence[Loaded[ListenerSet]], owner: ClassState, around: Surroundings
) -> _Draft:
    meta, spec = gateway.resource.metadata, gateway.resource.spec
    tls = gateway_tls(gateway, around.certificates, around.authorities, stamp(meta))
    admission = admit(gateway, sets, around.labels)
    ref = spec.infrastructure.parameters_ref if spec.infrastructure else None
    parameters = around.proxies.parameters(ref, meta.namespace)
    if owner.merged and ref is not None:
        parameters = Parameters(problem=f"{_MERGED} {owner.name}, whose EnvoyProxy is that of all.", field="name")
    check = ListenerCheck(gateway, admission.allowed, around.certificates, tls)
    return _Draft(gateway, parameters, owner.problem or parameters.problem, tls, admission, check)


_MERGED = "parametersRef cannot be used where Gateways are merged (mergeGateways): this one is of GatewayClass"


def _state(draft: _Draft, owner: ClassState, around: Surroundings) -> tuple[GatewayState, list[Diagnostic]]:
    gateway, parameters, refused, tls, admission, check = draft
    meta, spec = gateway.resource.metadata, gateway.resource.spec
    at = stamp(meta)
    addresses = assign(spec.addresses, around.owned)
    own, *of_sets = check.soundness()
    accepted = _accepted(refused, addresses, own)
    listeners, *in_sets = check.states(programmed=accepted.status and bool(addresses.bind))
    programmed = _programmed(accepted, addresses, listeners)
    proxy = effective(owner.parameters, parameters)
    to_backends = of_proxy(proxy, around.certificates) if proxy is not None else NO_BACKEND_TLS
    key = (meta.namespace, meta.name)
    fleet = owner.name if owner.merged else "/".join(key)
    parent = Parent(key, fleet, owner.controller, "" if accepted.status else accepted.message)
    state = GatewayState(
        namespace=meta.namespace,
        name=meta.name,
        fleet=fleet,
        controller=parent.controller,
        problem=parent.problem,
        addresses=addresses.bind,
        status_addresses=addresses.status if accepted.status else (),
        listeners=listeners,
        listener_sets=listener_set_states(admission, parent, of_sets, in_sets),
        conditions=(accepted.condition("Accepted", at), programmed.condition("Programmed", at), *tls.conditions),
        client=tls.client or to_backends.client,
        backend_tls=to_backends.defaults,
        proxy=proxy,
    )
    found = parameters_findings(gateway, parameters, ("spec", "infrastructure", "parametersRef"))
    found += _address_findings(gateway, addresses)
    if parameters.proxy is not None and parameters.proxy.resource.spec.merge_gateways:
        message = "mergeGateways has no effect in an EnvoyProxy of a Gateway, only in that of its class."
        path = ("spec", "mergeGateways")
        found.append(finding(codes.NO_MEANING, parameters.proxy, path, message, severity=Severity.NOTICE))
    return state, [*found, *tls.findings, *to_backends.findings, *check.findings, *admission.findings]


def _accepted(refused: str, addresses: Addresses, own: Soundness) -> _Verdict:
    if refused:
        return _Verdict(False, "InvalidParameters", refused)
    if addresses.unsupported:
        return _Verdict(False, "UnsupportedAddress", addresses.unsupported[0].message)
    if not own.any_valid:
        return _Verdict(False, "ListenersNotValid", "No listener is valid.")
    if not own.all_serve:
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
