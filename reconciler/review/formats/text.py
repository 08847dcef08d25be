"""A plan for people, in the manner of Terraform: `+` added, `~` changed, `-` removed, a summary that can be grepped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reconciler.review.changes import FieldChange, ObjectChange
from reconciler.review.diagnostics import as_text as diagnostics_text
from reconciler.review.formats.summary import summary
from reconciler.review.plan import Plan
from reconciler.snapshot.diff import Change

SIGNS = {"add": "+", "change": "~", "remove": "-"}
# A value longer than this is cut: the file has it in full.
LONGEST_VALUE = 100

_RESOURCES = {
    "Listener": ("listener", "listeners"),
    "RouteConfiguration": ("route configuration", "route configurations"),
    "Cluster": ("cluster", "clusters"),
    "ClusterLoadAssignment": ("endpoint set", "endpoint sets"),
    "Secret": ("secret", "secrets"),
}
"""xDS resources in people's words, one and several."""


def plan_text(plan: Plan) -> str:
    """The diagnostics, the objects, the resources, and the summary as the last line."""
    parts = [diagnostics_text(plan.diagnostics), "\n".join(_body(plan))]
    return "\n".join(part for part in parts if part) + "\n"


def _body(plan: Plan) -> Iterator[str]:
    yield f"gitway plan: {plan.base} -> {plan.head}"
    yield ""
    if plan.refused:
        yield summary(plan)
        return
    for change in plan.objects:
        yield from _object(change)
    if plan.objects:
        yield ""
    for fleet, changes in plan.resources.items():
        yield f"  fleet {fleet}: {_resources(changes)}"
    for fleet in plan.retired:
        yield f"  fleet {fleet}: retired, its Envoys keep what they have"
    if plan.resources or plan.retired:
        yield ""
    yield summary(plan)


def _object(change: ObjectChange) -> Iterator[str]:
    yield f"  {SIGNS[change.action]} {change.object}  ({change.file})"
    for field in change.fields:
        yield f"      {_field(field)}"


def _field(field: FieldChange) -> str:
    if field.before is None:
        return f"+ {field.path}: {_value(field.after)}"
    if field.after is None:
        return f"- {field.path}: {_value(field.before)}"
    return f"~ {field.path}: {_value(field.before)} -> {_value(field.after)}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def _resources(changes: tuple[Change, ...]) -> str:
    """`2 clusters added, 1 route configuration changed`."""
    if not changes:
        return "new, without resources"
    counted = Counter((one.type_url.rpartition(".")[2], one.action) for one in changes)
    words = {"add": "added", "change": "changed", "remove": "removed"}
    return ", ".join(
        f"{number} {_RESOURCES.get(kind, (kind, kind))[number != 1]} {words[action]}"
        for (kind, action), number in sorted(counted.items())
    )
