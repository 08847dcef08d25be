"""A plan: what a commit changes against a base, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.records import dataclass
from reconciler.review import diagnostics as report
from reconciler.review.changes import ObjectChange
from reconciler.snapshot.diff import Change, diff
from reconciler.snapshot.model import Snapshot

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: `title` for people, and the snapshots by fleet."""

    title: str
    snapshots: Mapping[str, Snapshot]


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference. `resources` are the changes of xDS resources by fleet, only fleets with any.

    `objects_known` is False where the manifests of the base are not at hand, so that there is nothing to compare with.
    """

    base: str
    head: str
    diagnostics: tuple[Diagnostic, ...]
    objects: tuple[ObjectChange, ...]
    resources: Mapping[str, tuple[Change, ...]]
    retired: tuple[str, ...]
    objects_known: bool = True

    @property
    def changed(self) -> bool:
        """True where a publish would change what some fleet is served."""
        return bool(self.resources or self.retired)

    @property
    def refused(self) -> bool:
        """True where there are errors: nothing would be published; the changes leave out what is refused."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def make_plan(
    base: Side,
    head: Side,
    diagnostics: tuple[Diagnostic, ...],
    objects: tuple[ObjectChange, ...] | None,
) -> Plan:
    """Compare two sides."""
    resources = {
        fleet: changes
        for fleet in sorted(head.snapshots)
        if (changes := diff(base.snapshots.get(fleet), head.snapshots[fleet])) or fleet not in base.snapshots
    }
    retired = tuple(sorted(set(base.snapshots) - set(head.snapshots)))
    return Plan(base.title, head.title, diagnostics, objects or (), resources, retired, objects is not None)


def as_json(plan: Plan) -> dict[str, Any]:
    """`plan -o json`, format 1."""
    counted = Counter(change.action for change in plan.objects)
    return {
        "format": FORMAT,
        "base": plan.base,
        "head": plan.head,
        "diagnostics": report.as_json(plan.diagnostics),
        "changes": [_object_json(change) for change in plan.objects],
        "fleets": {
            fleet: [{"action": one.action, "type": one.type_url, "name": one.name} for one in changes]
            for fleet, changes in plan.resources.items()
        },
        "retired": list(plan.retired),
        "summary": {
            "changed": plan.changed,
            **{action: counted[action] for action in ("add", "change", "remove")},
            "resources": {
                action: sum(one.action == action for changes in plan.resources.values() for one in changes)
                for action in ("add", "change", "remove")
            },
            "diagnostics": {
                kind: sum(found.severity == kind for found in plan.diagnostics)
                for kind in ("error", "warning", "notice")
            },
        },
    }


def _object_json(change: ObjectChange) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": change.kind,
        "namespace": change.namespace,
        "name": change.name,
        "object": change.object,
        "file": change.file,
        "fields": [{"path": one.path, "before": one.before, "after": one.after} for one in change.fields],
    }
