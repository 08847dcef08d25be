"""The last line of a plan, for people and for `grep`."""

from __future__ import annotations

from collections import Counter

from reconciler.review.dangers.danger import Risk
from reconciler.review.diagnostics import count
from reconciler.review.plan import Plan


def summary(plan: Plan) -> str:
    """Counts and risk, e.g. `Plan: 1 to add, 2 to change, 0 to remove; 1 fleet affected. No danger found.`."""
    if plan.refused:
        return f"Plan: refused, {count(plan.diagnostics)}: nothing would be published."
    if not plan.changed and not plan.objects:
        return "Plan: no changes."
    fleets = len(plan.resources) + len(plan.retired)
    return f"Plan: {counts(plan)}; {fleets} fleet{'s' * (fleets != 1)} affected. {risk(plan)}"


def counts(plan: Plan) -> str:
    """`1 to add, 2 to change, 0 to remove`, or why that is not known."""
    if not plan.objects_known:
        return "objects not compared (the base's commit is not in this repository)"
    counted = Counter(change.action for change in plan.objects)
    return f"{counted['add']} to add, {counted['change']} to change, {counted['remove']} to remove"


def risk(plan: Plan) -> str:
    """`Risk: high (2 dangers).`, or that no danger was found, which is not to say that there is none."""
    if plan.risk is Risk.NONE:
        return "No danger found."
    return f"Risk: {plan.risk.value} ({len(plan.dangers)} danger{'s' * (len(plan.dangers) != 1)})."
