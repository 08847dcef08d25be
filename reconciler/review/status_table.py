"""Statuses for people: a line a condition, the way `kubectl get` and `kubectl describe` show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def as_text(items: Iterable[Mapping[str, Any]]) -> str:
    """Every object with a status: a line for the object, then its conditions, by parent or listener."""
    lines = [line for item in items if item.get("status") for line in _item(item)]
    return "\n".join(lines) + "\n" if lines else "nothing here has a status\n"


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    metadata = item["metadata"]
    namespace = metadata.get("namespace", "")
    yield f"{item['kind']} {namespace}/{metadata['name']}" if namespace else f"{item['kind']} {metadata['name']}"
    status = item["status"]
    yield from _conditions(status, "  ")
    for listener in status.get("listeners", ()):
        yield f"  listener {listener['name']}: {listener.get('attachedRoutes', 0)} attached"
        yield from _conditions(listener, "    ")
    for parent in status.get("parents", ()):
        yield f"  parent {_parent(parent['parentRef'])}"
        yield from _conditions(parent, "    ")


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
