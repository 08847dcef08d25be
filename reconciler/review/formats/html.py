"""A report to open in a browser: one file that asks nobody for anything."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from reconciler.review.changes import ObjectChange
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.diagnostics import as_text
from reconciler.review.formats.summary import summary
from reconciler.review.formats.text import SIGNS, reach_text, resources
from reconciler.review.plan import Plan

_FILES: Final = files("reconciler.review.report")
_SAID: Final = {"add": "This object is new.", "remove": "This object goes.", "change": "Only its order changes."}
MOST_EDGES: Final = 2_000
"""Of the tree; a browser has to draw them."""


def plan_text(plan: Plan) -> str:
    """The page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_FILES.joinpath("report.html.j2").read_text(encoding="utf-8"))
    script = _FILES.joinpath("report.js").read_text(encoding="utf-8")
    style = _FILES.joinpath("report.css").read_text(encoding="utf-8")
    page = template.render(
        _content(plan),
        # gitway's own, with nothing of a manifest in them.
        style=Markup(style),  # noqa: S704  see above
        script=Markup(script),  # noqa: S704  see above
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )
    return f"{page}\n"


def _content(plan: Plan) -> dict[str, Any]:
    targets = {change.object: f"object-{number}" for number, change in enumerate(plan.objects)}
    counted = Counter(change.action for change in plan.objects)
    risks = Counter(danger.risk.value for danger in plan.dangers)
    actions = [(name, number) for name, number in counted.items() if number]
    return {
        "verdict": _verdict(plan),
        "risk": "refused" if plan.refused else plan.risk.value,
        "refused": plan.refused,
        "base": plan.base,
        "head": plan.head,
        "summary": summary(plan),
        "counts": [(risk.value, risks[risk.value]) for risk in Risk if risks[risk.value]] + actions,
        "objects": [_object(plan, change, targets[change.object]) for change in plan.objects],
        "unchanged": plan.unchanged,
        "tree": _tree(plan),
        "dangers": [_danger(danger, targets) for danger in plan.dangers],
        "behaviour": [{"request": one.request, "before": one.before, "after": one.after} for one in plan.behaviour],
        "fleets": list(_fleets(plan)),
        "diagnostics": as_text(plan.diagnostics),
    }


def _verdict(plan: Plan) -> str:
    if plan.refused:
        return "refused"
    if not plan.changed and not plan.objects:
        return "no changes"
    return "no danger found" if plan.risk is Risk.NONE else f"{plan.risk.value} risk"


def _object(plan: Plan, change: ObjectChange, target: str) -> dict[str, Any]:
    dangers = [_danger(one, {}) for one in plan.dangers if one.found.object == change.object]
    fields = [
        {
            "path": field.path,
            "action": "added" if field.before is None else "gone" if field.after is None else "changed",
            "before": _value(field.before),
            "after": _value(field.after),
        }
        for field in change.fields
    ]
    return {
        "id": target,
        "action": change.action,
        "sign": SIGNS[change.action],
        "title": change.object,
        "file": change.file,
        "text": f"{change.object} {change.file} {change.action}".lower(),
        "risk": dangers[0]["risk"] if dangers else "",
        "dangers": dangers,
        "fields": fields,
        "said": _SAID[change.action],
    }


def _value(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _danger(danger: Danger, targets: dict[str, str]) -> dict[str, str]:
    found = danger.found
    return {
        "risk": danger.risk.value,
        "code": found.code,
        "message": found.message,
        "help": found.help,
        "object": found.object,
        "target": targets.get(found.object, "overview"),
        "place": ":".join(str(part) for part in (found.file, found.line) if part),
    }


def _fleets(plan: Plan) -> Iterator[str]:
    reaches = {reach.fleet: reach for reach in plan.reaches}
    for fleet, changes in plan.resources.items():
        reach = f"; reaches {reach_text(reaches[fleet], 50)}" if fleet in reaches else ""
        yield f"{fleet}: {resources(changes)}{reach}"
    for fleet in plan.retired:
        yield f"{fleet}: retired, its Envoys keep what they have"


def _tree(plan: Plan) -> list[dict[str, Any]]:
    """The graph of what changed as a tree: a backend stands below each rule that leads to it."""
    if plan.comparison is None:
        return []
    from reconciler.review.graph.model import Edge, Kind, graph_of_change, limited

    graph = limited(graph_of_change(plan.comparison), MOST_EDGES)
    nodes = {node.key: node for node in graph.nodes}
    below: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        below.setdefault(edge.source, []).append(edge)

    def branch(key: str, share: str, state: str) -> dict[str, Any]:
        children = [branch(edge.target, edge.label, edge.state.value) for edge in below.get(key, ())]
        node = nodes[key]
        shown = state if node.kind is Kind.BACKEND else node.state.value
        return {"label": node.label, "share": share, "state": shown, "children": children}

    return [branch(node.key, "", "same") for node in graph.nodes if node.kind is Kind.GATEWAY]
