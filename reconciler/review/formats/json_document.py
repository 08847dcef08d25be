"""`plan -o json`, format 1: fields may be added, never renamed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from reconciler.diagnostics import Diagnostic
from reconciler.review.behaviour import Answer
from reconciler.review.changes import ObjectChange
from reconciler.review.plan import FORMAT, Plan
from reconciler.snapshot.diff import Action


def plan_text(plan: Plan) -> str:
    """The document."""
    return json.dumps(document(plan), indent=2) + "\n"


def document(plan: Plan) -> dict[str, Any]:
    """The document as an object."""
    return {
        "format": FORMAT,
        "base": plan.base,
        "head": plan.head,
        "commit": plan.commit,
        "diagnostics": [_diagnostic(found) for found in plan.diagnostics],
        "suppressed": [{**_diagnostic(one.found), "reason": one.reason} for one in plan.suppressed],
        "risk": plan.risk.value,
        "dangers": [{"risk": one.risk.value, **_diagnostic(one.found)} for one in plan.dangers],
        "changes": [_object(change) for change in plan.objects],
        "fleets": {
            fleet: [{"action": one.action, "type": one.type_url, "name": one.name} for one in changes]
            for fleet, changes in plan.resources.items()
        },
        "retired": list(plan.retired),
        "snapshots": dict(plan.snapshots),
        "baseSnapshots": dict(plan.base_snapshots),
        "reaches": [one._asdict() for one in plan.reaches],
        "behaviour": [_answer(answer) for answer in (plan.answers if plan.full else plan.behaviour)],
        "summary": _summary(plan),
    }


def diagnostics_document(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """The objects of `diagnostics`. A line or column of 0 is unknown."""
    return [_diagnostic(found) for found in diagnostics]


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "object": found.object,
        "message": found.message,
        "help": found.help,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {"fleet": answer.fleet, "request": answer.request, "before": answer.before, "after": answer.after}


def _object(change: ObjectChange) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": change.kind,
        "namespace": change.namespace,
        "name": change.name,
        "object": change.object,
        "file": change.file,
        "fields": [{"path": one.path, "before": one.before, "after": one.after} for one in change.fields],
    }


def _summary(plan: Plan) -> dict[str, Any]:
    counted = Counter(change.action for change in plan.objects)
    resources = Counter(one.action for changes in plan.resources.values() for one in changes)
    diagnostics = Counter(found.severity.value for found in plan.diagnostics)
    return {
        "changed": plan.changed,
        **_by_action(counted),
        "unchanged": plan.unchanged,
        "resources": _by_action(resources),
        "diagnostics": {kind: diagnostics[kind] for kind in ("error", "warning", "notice")},
        "risk": plan.risk.value,
    }


def _by_action(counted: Counter[Action]) -> dict[str, int]:
    return {"add": counted["add"], "change": counted["change"], "remove": counted["remove"]}
