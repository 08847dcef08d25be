"""A plan: what a commit changes against a base, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.records import dataclass
from reconciler.review.changes import ObjectChange, ObjectChanges
from reconciler.review.dangers.danger import Danger, Risk, worst
from reconciler.snapshot.diff import Change, diff
from reconciler.snapshot.model import Snapshot
from reconciler.source.suppressions import Suppressed

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: `title` for people, the snapshots by fleet, the commit's id if it is one."""

    title: str
    snapshots: Mapping[str, Snapshot]
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The difference.

    Attributes:
        diagnostics: what is wrong with the head, and `suppressed` what of it somebody accepts.
        resources: the changes of xDS resources by fleet, only fleets with any.
        retired: fleets of the base that the head has not.
        objects_known: False where the manifests of the base are not at hand: there is nothing to compare with.
        unchanged: objects that are the same on both sides.
        dangers: the worst first.
        commit: the head's id; empty for a work tree.
        snapshots: digests of what would be published, by fleet.
    """

    base: str
    head: str
    diagnostics: tuple[Diagnostic, ...]
    objects: tuple[ObjectChange, ...]
    resources: Mapping[str, tuple[Change, ...]]
    retired: tuple[str, ...]
    objects_known: bool = True
    unchanged: int = 0
    suppressed: tuple[Suppressed, ...] = ()
    dangers: tuple[Danger, ...] = ()
    commit: str = ""
    snapshots: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """True where a publish would change what some fleet is served."""
        return bool(self.resources or self.retired)

    @property
    def refused(self) -> bool:
        """True where there are errors: nothing would be published; the changes leave out what is refused."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    @property
    def risk(self) -> Risk:
        """That of the worst danger."""
        return worst(self.dangers)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """Errors, then dangers, then the other diagnostics: the order in which they are to be read."""
        errors = tuple(found for found in self.diagnostics if found.severity is Severity.ERROR)
        others = tuple(found for found in self.diagnostics if found.severity is not Severity.ERROR)
        return (*errors, *(danger.found for danger in self.dangers), *others)


def make_plan(
    base: Side,
    head: Side,
    diagnostics: tuple[Diagnostic, ...],
    objects: ObjectChanges | None,
    suppressed: tuple[Suppressed, ...] = (),
) -> Plan:
    """Compare two sides."""
    resources = {
        fleet: changes
        for fleet in sorted(head.snapshots)
        if (changes := diff(base.snapshots.get(fleet), head.snapshots[fleet])) or fleet not in base.snapshots
    }
    return Plan(
        base.title,
        head.title,
        diagnostics,
        objects.changed if objects else (),
        resources,
        retired=tuple(sorted(set(base.snapshots) - set(head.snapshots))),
        objects_known=objects is not None,
        unchanged=objects.unchanged if objects else 0,
        suppressed=suppressed,
        commit=head.commit,
        snapshots={name: snapshot.digest for name, snapshot in sorted(head.snapshots.items())},
    )
