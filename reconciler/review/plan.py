"""A plan: what a commit changes against a base, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.records import dataclass
from reconciler.review.behaviour import Answer
from reconciler.review.changes import ObjectChange, ObjectChanges
from reconciler.review.comparison import Comparison, Version
from reconciler.review.dangers.danger import Danger, Risk, worst
from reconciler.review.reach import Reach
from reconciler.review.web import Web
from reconciler.snapshot.diff import Change, diff
from reconciler.source.suppressions import NOTHING_SUPPRESSED, Suppressed, Suppressions, sift

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: `title` for people, what is served, the commit's id if it is one."""

    title: str
    version: Version
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
        snapshots: digests of what would be published, by fleet; `base_snapshots` of what it is compared with.
        reaches: how far the change reaches, by fleet.
        answers: what sample requests come to before and after.
        comparison: both sides; None where nothing is compared, as the head is refused.
        full: nothing is to be hidden, and `unchanged_objects` has their names.
        web: where the head's files and the run's summary are to be read.
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
    base_snapshots: Mapping[str, str] = field(default_factory=dict)
    reaches: tuple[Reach, ...] = ()
    answers: tuple[Answer, ...] = ()
    comparison: Comparison | None = None
    full: bool = False
    unchanged_objects: tuple[str, ...] = ()
    web: Web = Web()

    @property
    def behaviour(self) -> tuple[Answer, ...]:
        """The sample requests whose answer is another one: of those for one rule that come to the same, the first."""
        found: dict[object, Answer] = {}
        for answer in self.answers:
            if answer.changed:
                found.setdefault(answer.likeness, answer)
        return tuple(found.values())

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
    suppressions: Suppressions = NOTHING_SUPPRESSED,
) -> Plan:
    """Compare two sides; where one is refused, only as far as that is certain.

    Args:
        base: what is compared with.
        head: what would be published.
        diagnostics: what is wrong with the head.
        objects: what changed in the manifests; None where those of the base are not at hand.
        suppressed: what is wrong with the head and accepted.
        suppressions: of the head, for its dangers.
    """
    before, after = base.version.snapshots, head.version.snapshots
    resources = {
        fleet: changes
        for fleet in sorted(after)
        if (changes := diff(before.get(fleet), after[fleet])) or fleet not in before
    }
    plan = Plan(
        base.title,
        head.title,
        diagnostics,
        objects.changed if objects else (),
        resources,
        retired=tuple(sorted(set(before) - set(after))),
        objects_known=objects is not None,
        unchanged=objects.unchanged if objects else 0,
        suppressed=suppressed,
        commit=head.commit,
        snapshots={name: snapshot.digest for name, snapshot in sorted(after.items())},
        base_snapshots={name: snapshot.digest for name, snapshot in sorted(before.items())},
    )
    return plan if plan.refused or not plan.changed else _reviewed(plan, base, head, suppressions)


def _reviewed(plan: Plan, base: Side, head: Side, suppressions: Suppressions) -> Plan:
    from reconciler.review.behaviour import answers
    from reconciler.review.dangers.scene import Scene
    from reconciler.review.dangers.table import dangers
    from reconciler.review.reach import reaches

    comparison = Comparison(base.version, head.version)
    sampled = answers(comparison)
    found = dangers(Scene(comparison, sampled))
    sifted = sift([danger.found for danger in found], suppressions, complete=False)
    kept = frozenset(sifted.reported)
    return replace(
        plan,
        dangers=tuple(danger for danger in found if danger.found in kept),
        suppressed=(*plan.suppressed, *sifted.suppressed),
        reaches=reaches(comparison),
        answers=sampled,
        comparison=comparison,
    )
