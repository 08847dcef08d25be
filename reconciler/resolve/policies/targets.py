"""What there is to say about the targets of policies: those that do not exist, and those that another policy has.

Unlike Envoy Gateway, which takes an unknown target for another controller's business: a repository has all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.diagnostics import Diagnostic, FieldPath
from reconciler.manifests.base import DEFAULT_NAMESPACE, Loaded
from reconciler.manifests.policy_targets import Policy, TargetSelector
from reconciler.resolve import codes, selectors
from reconciler.resolve.findings import finding
from reconciler.resolve.policies.attachments import Attached, Attachments, Named, Target
from reconciler.resolve.selectors import Labels
from reconciler.resolve.suggestions import Names
from reconciler.resolve.world import World


class RouteFacts(NamedTuple):
    """What policies can tell routes apart by: kind, namespace and name, labels, and the names of the rules."""

    named: Named
    labels: Labels
    rules: tuple[str, ...]


def facts(raw: Any) -> RouteFacts | None:
    """What a route's raw object says of it; None where it is not well formed, which is reported elsewhere."""
    try:
        metadata, rules = raw["metadata"], raw.get("spec", {}).get("rules", ())
        named = (raw["kind"], metadata.get("namespace") or DEFAULT_NAMESPACE, metadata["name"])
        return RouteFacts(named, metadata.get("labels") or {}, tuple([rule.get("name") or "" for rule in rules or ()]))
    except (AttributeError, KeyError, TypeError):
        return None


def target_findings(attachments: Attachments, world: World) -> Iterator[Diagnostic]:
    """About selectors, and about targets that are Gateways, ListenerSets or their listeners."""
    for policy in attachments.policies:
        for index, selector in enumerate(policy.resource.spec.target_selectors):
            yield from _selector_findings(policy, index, selector, attachments)
    for one in attachments.attached:
        if one.target[0] not in world.parent_names:
            continue
        problem = target_problem(one, world)
        if problem is not None:
            yield _not_found(one, *problem)
        elif one.winner is not None:
            yield conflict(one)


def target_problem(attached: Attached, world: World) -> tuple[str, str, str] | None:
    """The field at fault, why a Gateway, ListenerSet or listener cannot be a target, and what may be meant instead."""
    kind, namespace, name, section = attached.target
    key = (kind, namespace, name)
    state = world.parents.get(key)
    if state is None:
        if key in world.foreign:
            return None
        message = f"{kind} {namespace}/{name} does not exist: the policy has no effect on it."
        return "name", message, world.parent_names[kind].suggest(namespace, name)
    listeners = [listener.name for listener in state.listeners]
    if section and section not in listeners:
        message = f"{kind} {namespace}/{name} has no listener named {section}; it has {', '.join(listeners) or 'none'}."
        return "sectionName", message, Names(("", listener) for listener in listeners).suggest("", section)
    return None


def route_findings(world: World, routes: Iterable[RouteFacts]) -> list[Diagnostic]:
    """About targets that are routes, or rules of them. `routes` are all of the repository."""
    if world.policies is None:
        return []
    known = {route.named: route for route in routes}
    names = {kind: Names(named[1:] for named in known if named[0] == kind) for kind in {named[0] for named in known}}
    return [
        item
        for attachments in world.policies.attachments.values()
        for item in _route_findings(attachments, known, names, world)
    ]


def _route_findings(
    attachments: Attachments, known: Mapping[Named, RouteFacts], names: Mapping[str, Names], world: World
) -> Iterator[Diagnostic]:
    for one in attachments.attached:
        if one.target[0] in world.parent_names:
            continue
        problem = route_problem(one.target, known.get(one.target[:3]), names)
        if problem is not None:
            yield _not_found(one, *problem)
        elif one.target[3] and one.winner is not None:
            yield conflict(one)
    used: set[tuple[int, FieldPath]] = set()
    for route in known.values():
        for one in attachments.asking_for(route.named, route.labels):
            used.add((id(one.policy), one.path))
            if one.winner is not None:
                yield conflict(one)
    for selecting in attachments.selecting:
        if (id(selecting.policy), selecting.path) not in used:
            message = f"No {selecting.selector.kind} is selected: the policy has no effect by this."
            yield finding(codes.POLICY_TARGET_NOT_FOUND, selecting.policy, selecting.path, message)


def route_problem(target: Target, route: RouteFacts | None, names: Mapping[str, Names]) -> tuple[str, str, str] | None:
    """The field at fault, why a route or a rule of it cannot be a target, and what may be meant instead."""
    kind, namespace, name, section = target
    if route is None:
        message = f"{kind} {namespace}/{name} does not exist: the policy has no effect on it."
        return "name", message, names[kind].suggest(namespace, name) if kind in names else ""
    if section and section not in route.rules:
        rules = ", ".join(filter(None, route.rules)) or "none with a name"
        message = f"{kind} {namespace}/{name} has no rule named {section}; it has {rules}."
        return "sectionName", message, Names(("", rule) for rule in route.rules).suggest("", section)
    return None


def _not_found(one: Attached, field: str, message: str, guidance: str) -> Diagnostic:
    return finding(codes.POLICY_TARGET_NOT_FOUND, one.policy, (*one.path, field), message, guidance)


def conflict(one: Attached) -> Diagnostic:
    """About a policy that comes too late for a target."""
    return finding(codes.POLICY_CONFLICT, one.policy, one.path, conflict_message(one))


def conflict_message(one: Attached) -> str:
    """Why a policy is not in force for a target."""
    kind, namespace, name, section = one.target
    part = f", part {section}" if section else ""
    winner = one.winner.resource.title if one.winner is not None else "another policy"
    return f"{winner} is older, or first by name, and already attached to {kind} {namespace}/{name}{part}."


def _selector_findings(
    policy: Loaded[Policy], index: int, selector: TargetSelector, attachments: Attachments
) -> Iterator[Diagnostic]:
    path: FieldPath = ("spec", "targetSelectors", index)
    kinds = policy.resource.spec.target_kinds
    problem = selectors.problem(selector.labels)
    if problem:
        yield finding(codes.BAD_SELECTOR, policy, path, f"The selector is invalid: {problem}. It selects nothing.")
    elif selector.kind not in kinds:
        message = f"A {policy.resource.kind_name} cannot be attached to a {selector.kind}, only to {', '.join(kinds)}."
        yield finding(codes.INVALID_KIND, policy, (*path, "kind"), message)
    elif selector.kind in ("Gateway", "ListenerSet") and not any(
        one.policy is policy and one.path == path for one in attachments.attached
    ):
        message = f"No {selector.kind} is selected: the policy has no effect by this."
        yield finding(codes.POLICY_TARGET_NOT_FOUND, policy, path, message)
