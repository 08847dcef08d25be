"""The status of policies: one ancestor for each Gateway, ListenerSet or parentRef of a route that they bear on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.manifests.base import Loaded
from reconciler.manifests.policy_targets import Policy
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import Route
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.policies.attachments import Attached, Attachments, ListenerAt, Named
from reconciler.resolve.policies.policies import Policies
from reconciler.resolve.policies.targets import RouteFacts, conflict_message, route_problem, target_problem
from reconciler.resolve.policy_status import MAX_ANCESTORS
from reconciler.resolve.routes import ResolvedRoute
from reconciler.resolve.world import World

Ancestor = tuple[tuple[str, Any], ...]
"""The items of an ancestorRef."""

ACCEPTED = ("Accepted", "The policy is accepted.")


class _Routes(NamedTuple):
    """The routes of the repository that are attached to something of ours."""

    facts: Mapping[Named, RouteFacts]
    resolved: Mapping[Named, ResolvedRoute]


class _Notes:
    """What other policies have to do with one: whom it leaves what to, and whom it is merged with."""

    def __init__(self) -> None:
        self.overridden: dict[str, set[str]] = defaultdict(set)
        self.merged: set[str] = set()


def policy_statuses(
    world: World, routes: Iterable[tuple[Loaded[Route], ResolvedRoute]]
) -> Iterator[tuple[Loaded[Policy], dict[str, Any]]]:
    """Each policy that bears on something of ours, with its status."""
    policies = world.policies
    if policies is None:
        return
    known = _routes(routes)
    for attachments in policies.attachments.values():
        notes = _notes(attachments, known, world)
        ancestors = _ancestors(attachments, known, world)
        for policy in attachments.policies:
            found = ancestors.get(id(policy))
            if found:
                yield policy, {"ancestors": _written(policy, found, notes[id(policy)], policies, world)}


def _routes(routes: Iterable[tuple[Loaded[Route], ResolvedRoute]]) -> _Routes:
    facts: dict[Named, RouteFacts] = {}
    resolved: dict[Named, ResolvedRoute] = {}
    for loaded, outcome in routes:
        meta = loaded.resource.metadata
        named = (loaded.resource.kind_name, meta.namespace, meta.name)
        spec: Any = loaded.resource.spec
        facts[named] = RouteFacts(named, meta.labels, tuple([rule.name or "" for rule in spec.rules]))
        resolved[named] = outcome
    return _Routes(facts, resolved)


# ---------------------------------------------------------------- ancestors


Verdicts = dict[Ancestor, list[tuple[str, str] | None]]
"""Ancestor → of each target there, why the policy is not in force; None: it is."""


def _ancestors(attachments: Attachments, known: _Routes, world: World) -> dict[int, Verdicts]:
    found: dict[int, Verdicts] = defaultdict(lambda: defaultdict(list))
    for one in attachments.attached:
        kind = one.target[0]
        if kind in world.parent_names:
            if one.target[:3] in world.parents:
                problem = target_problem(one, world)
                ancestor = _reference(one.target[:3], "" if problem else one.target[3])
                found[id(one.policy)][ancestor].append(_verdict(problem, one))
        elif one.target[3] and one.target[:3] in known.facts:
            problem = route_problem(one.target, known.facts[one.target[:3]], {})
            for ancestor in _parents(one.target[1], known.resolved[one.target[:3]]):
                found[id(one.policy)][ancestor].append(_verdict(problem, one))
    for route in known.facts.values():
        for one in attachments.asking_for(route.named, route.labels):
            for ancestor in _parents(route.named[1], known.resolved[route.named]):
                found[id(one.policy)][ancestor].append(_verdict(None, one))
    return found


def _verdict(problem: tuple[str, str, str] | None, one: Attached) -> tuple[str, str] | None:
    if problem is not None:
        return "TargetNotFound", problem[1]
    return ("Conflicted", conflict_message(one)) if one.winner is not None else None


def _reference(named: Named, section: str) -> Ancestor:
    kind, namespace, name = named
    made = (("group", GATEWAY_GROUP), ("kind", kind), ("namespace", namespace), ("name", name))
    return (*made, ("sectionName", section)) if section else made


def _parents(namespace: str, resolved: ResolvedRoute) -> Iterator[Ancestor]:
    """The parentRefs of a route of a namespace to what is ours, each once."""
    for ref in dict.fromkeys(tuple(parent["parentRef"].items()) for parent in resolved.parents):
        values = dict(ref)
        named = (values.pop("kind"), values.pop("namespace", namespace), values.pop("name"))
        part = {name: value for name, value in values.items() if name != "group"}
        yield (*_reference(named, ""), *part.items())


# ---------------------------------------------------------------- overridden, merged


def _notes(attachments: Attachments, known: _Routes, world: World) -> dict[int, _Notes]:
    notes: dict[int, _Notes] = defaultdict(_Notes)
    for one in attachments.attached:
        if one.target[:3] in world.parents and one.target[3] and one.winner is None:
            _over_listener(attachments, one, world, notes)
    for route in known.facts.values():
        for listener in _listeners(known.resolved[route.named], world):
            _over_route(attachments, route, listener, notes)
    return notes


def _over_listener(attachments: Attachments, one: Attached, world: World, notes: dict[int, _Notes]) -> None:
    """A listener's policy overrides those of what it is part of."""
    kind, namespace, name, section = one.target
    parent = (kind, namespace, name)
    at = ListenerAt(parent, section, ("Gateway", *world.parents[parent].gateway))
    for target in at.targets[1:]:
        for wider in attachments.claiming(target):
            if wider.winner is None:
                notes[id(wider.policy)].overridden["listeners"].add(f"{namespace}/{name}/{section}")


def _over_route(attachments: Attachments, route: RouteFacts, listener: ListenerAt, notes: dict[int, _Notes]) -> None:
    of_route = attachments.of_route(route.named, route.labels)
    above = attachments.of_listener(listener)
    name = "/".join(route.named[1:])
    rules = {rule: policy for rule in route.rules if (policy := attachments.of_rule(route.named, rule))}
    for rule, policy in rules.items():
        if of_route is not None:
            notes[id(of_route)].overridden["rules"].add(f"{name}/{rule}")
        _over_listeners_policy(policy, above, name, notes)
    if of_route is not None:
        _over_listeners_policy(of_route, above, name, notes)


def _over_listeners_policy(
    policy: Loaded[Policy], above: Loaded[Policy] | None, route: str, notes: dict[int, _Notes]
) -> None:
    if above is None:
        return
    if getattr(policy.resource.spec, "merge_type", None) is None:
        notes[id(above)].overridden["routes"].add(route)
        return
    meta = above.resource.metadata
    notes[id(policy)].merged.add(f"policy {meta.namespace}/{meta.name}")
    notes[id(above)].merged.add(f"route {route}")


def _listeners(resolved: ResolvedRoute, world: World) -> Iterator[ListenerAt]:
    for kind, namespace, name, listener in resolved.attached:
        parent = (kind, namespace, name)
        yield ListenerAt(parent, listener, ("Gateway", *world.parents[parent].gateway))


# ---------------------------------------------------------------- conditions


def _written(
    policy: Loaded[Policy], ancestors: Verdicts, notes: _Notes, policies: Policies, world: World
) -> list[dict[str, Any]]:
    at = stamp(policy.resource.metadata)
    others = _others(policy, notes, policies, at)
    written = [
        {
            "ancestorRef": dict(ancestor),
            "controllerName": _controller(dict(ancestor), policy, world),
            "conditions": [_accepted(policy, verdicts, policies, at), *others],
        }
        for ancestor, verdicts in sorted(ancestors.items())
    ]
    if len(written) > MAX_ANCESTORS:
        message = f"{len(written)} ancestors, of which {MAX_ANCESTORS} are listed."
        aggregated = condition("Aggregated", True, "Aggregated", message, at)
        written = written[:MAX_ANCESTORS]
        written[-1]["conditions"] = [*written[-1]["conditions"], aggregated]
    return written


def _controller(ancestor: dict[str, Any], policy: Loaded[Policy], world: World) -> str:
    namespace = ancestor.get("namespace", policy.resource.metadata.namespace)
    return world.parents[ancestor["kind"], namespace, ancestor["name"]].controller


def _accepted(
    policy: Loaded[Policy], verdicts: list[tuple[str, str] | None], policies: Policies, at: Stamp
) -> Condition:
    if None not in verdicts:
        reason, message = next(verdict for verdict in verdicts if verdict is not None)
        return condition("Accepted", False, reason, message, at)
    fatal = [problem.message for problem in policies.outcome(policy).problems if problem.fatal]
    if fatal:
        return condition("Accepted", False, "Invalid", " ".join(dict.fromkeys(fatal)), at)
    extra = [verdict[1] for verdict in verdicts if verdict is not None]
    return condition("Accepted", True, ACCEPTED[0], " ".join([ACCEPTED[1], *extra]), at)


def _others(policy: Loaded[Policy], notes: _Notes, policies: Policies, at: Stamp) -> list[Condition]:
    made: list[Condition] = []
    if notes.overridden:
        parts = [f"{what} {', '.join(sorted(names))}" for what, names in sorted(notes.overridden.items())]
        message = f"Other policies of its kind are in force for {'; '.join(parts)}."
        made.append(condition("Overridden", True, "Overridden", message, at))
    if notes.merged:
        made.append(condition("Merged", True, "Merged", f"Merged with {', '.join(sorted(notes.merged))}.", at))
    outcome = policies.outcome(policy)
    warnings = {one.reason: one.message for one in outcome.problems if one.condition == "Warning"}
    if warnings:
        reason = next(iter(warnings)) if len(warnings) == 1 else "Warnings"
        made.append(condition("Warning", True, reason, " ".join(warnings.values()), at))
    return made
