"""Which listeners a parentRef attaches a route to, and with which hosts."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.manifests.references import ParentReference
from reconciler.records import dataclass
from reconciler.resolve import selectors
from reconciler.resolve.hostnames import hosts_on
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.parents import ParentState, title
from reconciler.resolve.world import Candidates, World


@dataclass(frozen=True, slots=True)
class Attachment:
    """What comes of one parentRef: pairs of listener and hosts, or the reason for there being none."""

    listeners: tuple[tuple[ListenerState, tuple[str, ...]], ...]
    reason: str = ""
    message: str = ""


def attach(
    ref: ParentReference, parent: ParentState, kind: str, namespace: str, hostnames: Sequence[str], world: World
) -> Attachment:
    """Attach a route of a kind and namespace to the listeners of one of our Gateways or ListenerSets.

    A ListenerSet that its Gateway does not allow has no listeners: nothing is attached, for no reason of the route's.
    """
    if not parent.listeners:
        return Attachment(())
    found = candidates(ref, parent, kind, namespace, world)
    if found.reason:
        return Attachment((), found.reason, found.message)
    attached = tuple(
        (listener, hosts)
        for listener in found.listeners
        if (hosts := hosts_on(listener.hostname, listener.neighbours, hostnames))
    )
    if not attached:
        names = ", ".join(sorted({listener.hostname for listener in found.listeners}))
        message = f"No hostname of the route is one that the listeners serve ({names})."
        return Attachment((), "NoMatchingListenerHostname", message)
    return Attachment(attached)


def candidates(ref: ParentReference, parent: ParentState, kind: str, namespace: str, world: World) -> Candidates:
    """The listeners that parentRefs like this one select and that allow the route, remembered for the next route."""
    key = (parent.key, kind, namespace, ref.section_name, ref.port)
    known = world.memory.candidates.get(key)
    if known is None:
        known = world.memory.candidates[key] = _select(ref, parent, kind, namespace, world)
    return known


def _select(ref: ParentReference, parent: ParentState, kind: str, namespace: str, world: World) -> Candidates:
    named = title(parent.key)
    selected = [
        listener
        for listener in parent.listeners
        if ref.section_name in (None, listener.name) and ref.port in (None, listener.port)
    ]
    if not selected:
        wanted = " and ".join(
            text
            for text in (
                f"name {ref.section_name}" if ref.section_name else "",
                f"port {ref.port}" if ref.port else "",
            )
            if text
        )
        return Candidates((), "NoMatchingParent", f"{named} has no listener with {wanted}.")
    of_kind = [listener for listener in selected if kind in listener.kinds]
    if not of_kind:
        return Candidates((), "NotAllowedByListeners", f"No listener of {named} allows routes of kind {kind}.")
    allowed = tuple(listener for listener in of_kind if _allows(listener, namespace, world))
    if not allowed:
        message = f"No listener of {named} allows routes of namespace {namespace} (allowedRoutes)."
        return Candidates((), "NotAllowedByListeners", message)
    return Candidates(allowed)


def _allows(listener: ListenerState, namespace: str, world: World) -> bool:
    if listener.allowed == "All":
        return True
    if listener.allowed == "Same":
        return namespace == listener.namespace
    return listener.selector is not None and selectors.matches(listener.selector, world.labels(namespace))
