"""ListenerSets: which Gateways allow them, and what comes of those that belong to one of ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from reconciler.diagnostics import Diagnostic
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway, ListenerNamespaces
from reconciler.manifests.listenerset import ListenerSet
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.records import dataclass
from reconciler.resolve import codes, selectors
from reconciler.resolve.conditions import Condition, condition, stamp
from reconciler.resolve.findings import finding
from reconciler.resolve.listeners import ListenerState, Soundness
from reconciler.resolve.parents import ParentName
from reconciler.resolve.selectors import Labels
from reconciler.resolve.suggestions import Names

Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True, slots=True)
class ListenerSetState:
    """A ListenerSet whose Gateway is ours, resolved.

    Attributes:
        gateway: namespace and name of its Gateway.
        fleet: the name of its Gateway's fleet.
        controller: `controllerName` of its Gateway's class.
        problem: why it is not accepted, or an empty string; then it counts as attached.
        listeners: its own; empty where the Gateway does not allow it.
        conditions: as in its status.
    """

    namespace: str
    name: str
    gateway: Key
    fleet: str
    controller: str
    problem: str
    listeners: tuple[ListenerState, ...]
    conditions: tuple[Condition, ...]

    @property
    def key(self) -> ParentName:
        """Its name, with its kind."""
        return ListenerSet.kind_name, self.namespace, self.name


def by_gateway(sets: Iterable[Loaded[ListenerSet]]) -> dict[Key, list[Loaded[ListenerSet]]]:
    """The ListenerSets by the Gateway that they name, in their order; those of other kinds of parents are left out."""
    found: dict[Key, list[Loaded[ListenerSet]]] = {}
    for loaded in sets:
        ref = loaded.resource.spec.parent_ref
        if (ref.group, ref.kind) == (GATEWAY_GROUP, Gateway.kind_name):
            found.setdefault((ref.namespace or loaded.resource.metadata.namespace, ref.name), []).append(loaded)
    return found


def parentless(sets: Iterable[Loaded[ListenerSet]], gateways: Collection[Key], names: Names) -> list[Diagnostic]:
    """What there is to say about ListenerSets whose parent is no Gateway, or one that does not exist."""
    found = []
    for loaded in sets:
        ref = loaded.resource.spec.parent_ref
        key = (ref.namespace or loaded.resource.metadata.namespace, ref.name)
        if (ref.group, ref.kind) != (GATEWAY_GROUP, Gateway.kind_name):
            message = f"The parent of a ListenerSet is a Gateway, not a {ref.kind} of group {ref.group!r}."
            found.append(finding(codes.INVALID_KIND, loaded, ("spec", "parentRef", "kind"), message))
        elif key not in gateways:
            message = f"Gateway {'/'.join(key)} does not exist: the ListenerSet is ignored."
            path = ("spec", "parentRef", "name")
            found.append(finding(codes.GATEWAY_NOT_FOUND, loaded, path, message, names.suggest(*key)))
    return found


@dataclass(frozen=True, slots=True)
class Admission:
    """The ListenerSets that name a Gateway: those that it allows and the others, each in their order."""

    allowed: tuple[Loaded[ListenerSet], ...]
    refused: tuple[Loaded[ListenerSet], ...]
    findings: tuple[Diagnostic, ...]


def admit(gateway: Loaded[Gateway], sets: Iterable[Loaded[ListenerSet]], labels: Callable[[str], Labels]) -> Admission:
    """Go by the Gateway's `allowedListeners`; a selector without meaning allows none.

    Args:
        gateway: the Gateway.
        sets: the ListenerSets that name it.
        labels: gives the labels of a namespace.
    """
    meta, spec = gateway.resource.metadata, gateway.resource.spec
    rule = spec.allowed_listeners.namespaces if spec.allowed_listeners else ListenerNamespaces.model_construct()
    findings: list[Diagnostic] = []
    selector = rule.selector if rule.from_ == "Selector" else None
    if rule.from_ == "Selector":
        problem = "it is missing" if selector is None else selectors.problem(selector)
        if problem:
            selector = None
            path = ("spec", "allowedListeners", "namespaces", "selector")
            message = f"The namespace selector is invalid: {problem}. No ListenerSet is allowed."
            findings.append(finding(codes.BAD_LISTENER, gateway, path, message))
    allowed: list[Loaded[ListenerSet]] = []
    refused: list[Loaded[ListenerSet]] = []
    for item in sets:
        namespace = item.resource.metadata.namespace
        same = rule.from_ == "Same" and namespace == meta.namespace
        selected = selector is not None and selectors.matches(selector, labels(namespace))
        if rule.from_ == "All" or same or selected:
            allowed.append(item)
        else:
            refused.append(item)
            guidance = "Change allowedListeners of the Gateway, or the ListenerSet's namespace."
            message = _not_allowed(item, f"{meta.namespace}/{meta.name}")
            findings.append(finding(codes.NOT_ALLOWED, item, ("spec", "parentRef"), message, guidance))
    return Admission(tuple(allowed), tuple(refused), tuple(findings))


def _not_allowed(loaded: Loaded[ListenerSet], gateway: str) -> str:
    namespace = loaded.resource.metadata.namespace
    return f"Gateway {gateway} does not allow ListenerSets of namespace {namespace} (allowedListeners)."


@dataclass(frozen=True, slots=True)
class Parent:
    """What ListenerSets have of their Gateway (`key`) and its fleet; `problem` says why it is not accepted."""

    key: Key
    fleet: str
    controller: str
    problem: str

    @property
    def name(self) -> str:
        """Namespace and name."""
        return "/".join(self.key)


def listener_set_states(
    admission: Admission,
    parent: Parent,
    soundness: Iterable[Soundness],
    listeners: Iterable[tuple[ListenerState, ...]],
) -> tuple[ListenerSetState, ...]:
    """The state of each ListenerSet of a Gateway: of those allowed, whose listeners were checked, and of the others."""
    allowed = zip(admission.allowed, soundness, listeners, strict=True)
    return (
        *(_allowed(item, parent, sound, states) for item, sound, states in allowed),
        *(_refused(item, parent, "NotAllowed", _not_allowed(item, parent.name), ()) for item in admission.refused),
    )


def _allowed(
    loaded: Loaded[ListenerSet], parent: Parent, sound: Soundness, listeners: tuple[ListenerState, ...]
) -> ListenerSetState:
    """It is accepted as long as a listener can be programmed (Gateway API, `ListenersNotValid` of ListenerSets)."""
    if parent.problem:
        message = f"Gateway {parent.name} is not accepted: {parent.problem}"
        return _refused(loaded, parent, "ParentNotAccepted", message, listeners)
    if not sound.any_serves:
        return _refused(loaded, parent, "ListenersNotValid", "No listener is valid.", listeners)
    at = stamp(loaded.resource.metadata)
    if sound.all_serve:
        accepted = condition("Accepted", True, "Accepted", "The ListenerSet is accepted.", at)
    else:
        accepted = condition("Accepted", True, "ListenersNotValid", "Some listeners are not valid.", at)
    if any(listener.programmed for listener in listeners):
        programmed = condition("Programmed", True, "Programmed", "The ListenerSet is programmed.", at)
    else:
        message = f"Gateway {parent.name} is not programmed."
        programmed = condition("Programmed", False, "ParentNotProgrammed", message, at)
    return _state(loaded, parent, "", listeners, (accepted, programmed))


def _refused(
    loaded: Loaded[ListenerSet], parent: Parent, reason: str, message: str, listeners: tuple[ListenerState, ...]
) -> ListenerSetState:
    """Not accepted, and hence not programmed."""
    at = stamp(loaded.resource.metadata)
    conditions = tuple(condition(kind, False, reason, message, at) for kind in ("Accepted", "Programmed"))
    return _state(loaded, parent, message, listeners, conditions)


def _state(
    loaded: Loaded[ListenerSet],
    parent: Parent,
    problem: str,
    listeners: tuple[ListenerState, ...],
    conditions: tuple[Condition, ...],
) -> ListenerSetState:
    meta = loaded.resource.metadata
    return ListenerSetState(
        meta.namespace, meta.name, parent.key, parent.fleet, parent.controller, problem, listeners, conditions
    )
