"""What a parentRef of a route may name: one of our Gateways, or a ListenerSet of one."""

from __future__ import annotations

from typing import Protocol

from reconciler.resolve.conditions import Condition
from reconciler.resolve.listeners import ListenerState

ParentName = tuple[str, str, str]
"""Kind, namespace and name."""

ListenerName = tuple[str, str, str, str]
"""Kind, namespace and name of a Gateway or ListenerSet, and the name of its listener."""


def title(parent: ParentName) -> str:
    """The parent as people name it."""
    kind, namespace, name = parent
    return f"{kind} {namespace}/{name}"


class ParentState(Protocol):
    """What Gateways and ListenerSets have in common, resolved."""

    @property
    def key(self) -> ParentName:
        """Its name, with its kind."""

    @property
    def gateway(self) -> tuple[str, str]:
        """Namespace and name of the Gateway that serves it."""

    @property
    def fleet(self) -> str:
        """The name of the fleet that serves it."""

    @property
    def controller(self) -> str:
        """`controllerName` of its class."""

    @property
    def problem(self) -> str:
        """Why it is not accepted, or an empty string."""

    @property
    def listeners(self) -> tuple[ListenerState, ...]:
        """Its own listeners; a ListenerSet has none where its Gateway does not allow it."""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """As in its status."""
