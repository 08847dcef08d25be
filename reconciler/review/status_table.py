"""Statuses for people: a line a condition, the way `kubectl get` and `kubectl describe` show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.manifests.registry import SERVED
from reconciler.manifests.wording import object_name

_ANY_ROUTE = "route"
_WITHOUT_STATUS = {
    "GatewayClass": "the class of another controller",
    "Gateway": "of no GatewayClass that is ours",
    "ListenerSet": "of no Gateway that is ours",
    "BackendTLSPolicy": "no route of ours uses its targets",
    _ANY_ROUTE: "attached to no Gateway or ListenerSet that is ours",
}
"""Kinds with a status, and what it means where one of them has none."""


def as_text(items: Iterable[Mapping[str, Any]], refused: frozenset[str] = frozenset()) -> str:
    """Every object that could have a status: a line for the object, then its conditions, by parent or listener.

    `refused` are objects (`Kind namespace/name`) with an error, which is why they have no status.
    """
    lines = [line for item in items for line in _item(item, refused)]
    return "\n".join(lines) + "\n" if lines else "nothing here has a status\n"


def _item(item: Mapping[str, Any], refused: frozenset[str]) -> Iterator[str]:
    status, absent = item.get("status"), _without_status(item)
    if not status and not absent:
        return
    title = object_name(item)
    yield title
    if not status:
        yield "  refused: see the errors" if title in refused else f"  no status: {absent}"
        return
    yield from _conditions(status, "  ")
    for listener in status.get("listeners", ()):
        yield f"  listener {listener['name']}: {listener.get('attachedRoutes', 0)} attached"
        yield from _conditions(listener, "    ")
    for parent in status.get("parents", ()):
        yield f"  parent {_parent(parent['parentRef'])}"
        yield from _conditions(parent, "    ")


def _without_status(item: Mapping[str, Any]) -> str:
    """Why an object has no status; empty for kinds that never have one."""
    kind = SERVED.get((str(item.get("apiVersion")), str(item.get("kind"))))
    if kind is None or not kind.translated:
        return ""
    return _WITHOUT_STATUS.get(_ANY_ROUTE if kind.route else kind.name, "")


def _conditions(holder: Mapping[str, Any], indent: str) -> Iterator[str]:
    for condition in holder.get("conditions", ()):
        told = f"{indent}{condition['type']}: {condition['status']} ({condition['reason']})"
        wrong = condition["status"] == "False" or condition["type"] in {"Conflicted", "PartiallyInvalid"}
        yield f"{told} {condition['message']}" if wrong and condition.get("message") else told


def _parent(reference: Mapping[str, Any]) -> str:
    namespace, kind = reference.get("namespace"), reference.get("kind", "Gateway")
    name = f"{namespace}/{reference['name']}" if namespace else str(reference["name"])
    name = name if kind == "Gateway" else f"{kind} {name}"
    section = reference.get("sectionName")
    return f"{name} {section}" if section else name
