"""The policies in force for one route, and what they make of its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from reconciler import ir
from reconciler.diagnostics import Diagnostic
from reconciler.manifests.base import Loaded
from reconciler.manifests.routes import Route
from reconciler.resolve.findings import finding
from reconciler.resolve.policies.attachments import ListenerAt, Named
from reconciler.resolve.policies.effective import Outcome
from reconciler.resolve.policies.kinds import PolicyKind
from reconciler.resolve.policies.policies import Policies
from reconciler.resolve.selectors import Labels

_FAILURE = ir.DirectResponse(500)
_UNAVAILABLE = ir.DirectResponse(503)
"""What Envoy tells a gRPC client as `UNAVAILABLE`."""

InForce = tuple[Outcome | None, ...]
"""What is in force, of each kind of policy that bears on routes."""


class Variant(NamedTuple):
    """The listeners of a route where the same policies are in force, by position, and these for each rule."""

    listeners: tuple[int, ...]
    rules: tuple[InForce, ...]


def variants(
    policies: Policies, route: Loaded[Route], rules: Sequence[str], listeners: Sequence[ListenerAt]
) -> list[Variant]:
    """Group a route's listeners by what is in force there.

    Args:
        policies: all policies.
        route: the route.
        rules: the names of its rules, empty where they have none.
        listeners: those that it is attached to.
    """
    resource = route.resource
    named = (resource.kind_name, resource.metadata.namespace, resource.metadata.name)
    labels = resource.metadata.labels
    by_rule = policies.of_rules(named)
    groups: dict[tuple[InForce, ...], list[int]] = {}
    for position, listener in enumerate(listeners):
        if by_rule:
            found = tuple([_in_force(policies, named, labels, rule, listener) for rule in rules])
        else:
            found = (_in_force(policies, named, labels, "", listener),) * len(rules)
        groups.setdefault(found, []).append(position)
    made = [Variant(tuple(positions), found) for found, positions in groups.items()]
    # The one with the fewest policies keeps the plain names, whatever the order of listeners.
    return sorted(made, key=lambda variant: [_names(found) for found in variant.rules]) if len(made) > 1 else made


def _in_force(policies: Policies, named: Named, labels: Labels, rule: str, listener: ListenerAt) -> InForce:
    return tuple([policies.in_force(kind, named, labels, rule, listener) for kind in policies.of_routes])


def _names(found: InForce) -> list[str]:
    return [one.effective.name if one is not None and one.effective is not None else "" for one in found]


def by_service(in_force: InForce, *, default: bool) -> bool:
    """Whether Services are reached by their own address, as a policy says; `default`: none says anything."""
    said = (getattr(outcome.settings, "services", None) for outcome in in_force if outcome is not None)
    return next((one for one in said if one is not None), default)


def governed_rule(rule: ir.Rule, kinds: Sequence[PolicyKind], in_force: InForce) -> ir.Rule:
    """A rule under the policies in force. An error in one of them makes it answer 500."""
    if any(outcome is not None and outcome.failed for outcome in in_force):
        return replace(rule, action=_UNAVAILABLE if rule.grpc else _FAILURE)
    for kind, outcome in zip(kinds, in_force, strict=True):
        if outcome is not None:
            rule = kind.rules.govern(rule, outcome.settings)
    return rule


def governed_unit(unit: ir.L4Unit, kinds: Sequence[PolicyKind], in_force: InForce) -> ir.L4Unit:
    """A route of connections or datagrams under the policies in force. An error in one of them makes it lose them."""
    if any(outcome is not None and outcome.failed for outcome in in_force):
        return replace(unit, forward=ir.Forward((), 1))
    for kind, outcome in zip(kinds, in_force, strict=True):
        if outcome is not None:
            unit = kind.rules.govern_l4(unit, outcome.settings)
    return unit


def distinguished(units: Sequence[tuple[ir.Unit, Variant]]) -> tuple[ir.Unit, ...]:
    """The units of a route, with names of their own for clusters that differ within a fleet."""
    if len(units) == 1:
        return (units[0][0],)
    plain: dict[tuple[str, int], object] = {}
    return tuple(_distinguished(unit, variant, plain) for unit, variant in units)


def _distinguished(unit: ir.Unit, variant: Variant, plain: dict[tuple[str, int], object]) -> ir.Unit:
    fleets = {placement.fleet for placement in unit.placements}
    if isinstance(unit, ir.L4Unit):
        return replace(unit, variant=_suffix(0, unit.forward, variant.rules[:1], fleets, plain))
    rules = zip(unit.rules, variant.rules, strict=True)
    return replace(
        unit,
        rules=tuple(
            replace(rule, variant=_suffix(rule.index, rule.action, (found,), fleets, plain)) for rule, found in rules
        ),
    )


def _suffix(
    index: int,
    action: ir.Forward | ir.Redirect | ir.DirectResponse,
    found: Iterable[InForce],
    fleets: Iterable[str],
    plain: dict[tuple[str, int], object],
) -> str:
    """What is added to the names of an action's clusters; `plain` has whose clusters have the plain name."""
    if not isinstance(action, ir.Forward):
        return ""
    clusters = (action.backends, action.settings)
    if all(plain.setdefault((fleet, index), clusters) == clusters for fleet in fleets):
        return ""
    return "/policy/" + "/".join(name for one in found for name in _names(one) if name)


def merge_findings(policies: Policies, route: Loaded[Route], found: Iterable[Variant]) -> list[Diagnostic]:
    """What only comes of merging policies is reported with the route that they are merged for."""
    outcomes = {one: None for variant in found for rule in variant.rules for one in rule if one is not None}
    return [
        finding(problem.code, route, ("metadata", "name"), f"{one.effective.title}: {problem.message}", problem.help)
        for one in outcomes
        for problem in policies.only_merged(one)
        if one.effective is not None
    ]
