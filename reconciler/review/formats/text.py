"""A plan for people, in the manner of Terraform: `+` added, `~` changed, `-` removed, a summary that can be grepped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reconciler.review.changes import FieldChange, ObjectChange
from reconciler.review.diagnostics import as_text as diagnostics_text
from reconciler.review.diagnostics import printable
from reconciler.review.formats.summary import summary
from reconciler.review.plan import Plan
from reconciler.review.reach import Reach
from reconciler.snapshot.diff import Change

SIGNS = {"add": "+", "change": "~", "remove": "-"}
# A value longer than this is cut: the file has it in full.
LONGEST_VALUE = 100

SAMPLES = 10
"""Sample requests that are shown."""

_RESOURCES = {
    "Listener": ("listener", "listeners"),
    "RouteConfiguration": ("route configuration", "route configurations"),
    "Cluster": ("cluster", "clusters"),
    "ClusterLoadAssignment": ("endpoint set", "endpoint sets"),
    "Secret": ("secret", "secrets"),
    "Struct": ("start of its Envoys", "starts of its Envoys"),
}
"""xDS resources in people's words, one and several."""


def plan_text(plan: Plan) -> str:
    """The diagnostics, the objects, the resources, and the summary as the last line."""
    parts = [diagnostics_text(plan.diagnostics), "\n".join(_body(plan))]
    return "\n".join(part for part in parts if part) + "\n"


def _body(plan: Plan) -> Iterator[str]:
    yield f"gitway plan: {plan.base} -> {plan.head}"
    yield ""
    if not plan.refused:
        for part in (_objects(plan), _fleets(plan), _dangers(plan), _behaviour(plan)):
            lines = [*part]
            if lines:
                yield from lines
                yield ""
    yield summary(plan)


def _objects(plan: Plan) -> Iterator[str]:
    for change in plan.objects:
        yield from _object(change, plan.full)
    if plan.unchanged_objects:
        yield from (f"    {name}" for name in plan.unchanged_objects)
    elif plan.objects and plan.unchanged and not plan.full:
        yield f"    {plan.unchanged} unchanged hidden (--full shows them)"


def _fleets(plan: Plan) -> Iterator[str]:
    reaches = {reach.fleet: reach for reach in plan.reaches}
    for fleet, changes in plan.resources.items():
        yield f"  fleet {fleet}: {resources(changes)}"
        if plan.full:
            yield from (f"      {SIGNS[one.action]} {one.type_url.rpartition('.')[2]} {one.name}" for one in changes)
        if fleet in reaches and not plan.full and (reaches[fleet].listeners or reaches[fleet].hostnames):
            yield f"    reaches {reach_text(reaches[fleet])}"
        elif fleet in reaches and plan.full:
            yield f"    reaches {reach_text(reaches[fleet], None)}"
    for fleet in plan.retired:
        yield f"  fleet {fleet}: retired, its Envoys keep what they have"


def _dangers(plan: Plan) -> Iterator[str]:
    for danger in plan.dangers:
        found = danger.found
        place = ":".join(str(part) for part in (found.file, found.line) if part)
        about = "  ".join(part for part in (found.object, place) if part)
        yield f"  ! {danger.risk.value} {found.code}: {printable(found.message)}" + (f"  ({about})" if about else "")


def _behaviour(plan: Plan) -> Iterator[str]:
    shown = plan.answers if plan.full else plan.behaviour[:SAMPLES]
    if shown:
        yield "  What requests see (samples):"
    for answer in shown:
        yield f"    {printable(answer.request)}"
        if answer.changed:
            yield f"        {printable(answer.before)} -> {printable(answer.after)}"
        else:
            yield f"        {printable(answer.after)}, as before"
    if len(plan.behaviour) > len(shown):
        yield f"    {len(plan.behaviour) - len(shown)} more (--full shows them)"


def reach_text(reach: Reach, most: int | None = 5) -> str:
    """Listeners, and the first of the hostnames."""
    hosts = reach.hostnames[:most]
    more = len(reach.hostnames) - len(hosts)
    named = ", ".join("any other host" if host == "*" else host for host in hosts)
    parts = [", ".join(reach.listeners), named + (f" and {more} more" if more else "")]
    return ": ".join(part for part in parts if part)


def _object(change: ObjectChange, full: bool) -> Iterator[str]:
    yield f"  {SIGNS[change.action]} {printable(change.object)}  ({printable(change.file)})"
    for field in change.fields:
        yield f"      {printable(field_text(field, full=full))}"


def field_text(field: FieldChange, *, full: bool = False) -> str:
    """`~ path: before -> after`, on one line."""
    if field.before is None:
        return f"+ {field.path}: {_value(field.after, full)}"
    if field.after is None:
        return f"- {field.path}: {_value(field.before, full)}"
    return f"~ {field.path}: {_value(field.before, full)} -> {_value(field.after, full)}"


def _value(value: Any, full: bool) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return text if full or len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."


def resources(changes: tuple[Change, ...]) -> str:
    """`2 clusters added, 1 route configuration changed`."""
    if not changes:
        return "new, without resources"
    counted = Counter((one.type_url.rpartition(".")[2], one.action) for one in changes)
    words = {"add": "added", "change": "changed", "remove": "removed"}
    return ", ".join(
        f"{number} {_RESOURCES.get(kind, (kind, kind))[number != 1]} {words[action]}"
        for (kind, action), number in sorted(counted.items())
    )
