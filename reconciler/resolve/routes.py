"""One route of any kind: what it adds to its fleets, and its status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.ir.tls import BackendDefaults
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import GATEWAY_GROUP, ParentReference
from reconciler.manifests.routes import Route
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.attach import Attachment, attach
from reconciler.resolve.backends import Scope
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.default_gateways import ALL, implied
from reconciler.resolve.findings import finding
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.parents import ListenerName, ParentName, ParentState, title
from reconciler.resolve.problems import ACCEPTED, BACKENDS_AVAILABLE, RESOLVED_REFS, Problem
from reconciler.resolve.rivals import HOSTNAME_CONFLICT, NOTHING_LOST, Lost, leave
from reconciler.resolve.route_kinds import ROUTE_KINDS, RouteKind
from reconciler.resolve.rules import ResolvedRule
from reconciler.resolve.suggestions import Names
from reconciler.resolve.world import World

if TYPE_CHECKING:
    from reconciler.resolve.policies.governing import InForce
    from reconciler.resolve.policies.policies import Policies

_ATTACH_FINDINGS: Mapping[str, tuple[str, str]] = {
    "NoMatchingParent": (
        codes.LISTENER_NOT_FOUND,
        "Name a listener of the parent in sectionName and its port in port.",
    ),
    "NotAllowedByListeners": (codes.NOT_ALLOWED, "Change allowedRoutes of a listener, or the route's namespace."),
    "NoMatchingListenerHostname": (codes.NO_HOSTNAME, "Change the route's hostnames or the listener's hostname."),
}


@dataclass(frozen=True, slots=True)
class ResolvedRoute:
    """What comes of a route; plain data.

    Attributes:
        unit: None where it adds nothing to any fleet.
        parents: its `status.parents`.
        attached: each listener that it is attached to.
        others: the same route at listeners where other policies are in force.
    """

    unit: ir.Unit | None
    parents: tuple[dict[str, Any], ...]
    attached: tuple[ListenerName, ...]
    diagnostics: tuple[Diagnostic, ...]
    others: tuple[ir.Unit, ...] = ()

    @property
    def units(self) -> tuple[ir.Unit, ...]:
        """All that it adds."""
        return (self.unit, *self.others) if self.unit is not None else ()


@dataclass(slots=True)
class _Parent:
    """A parentRef to one of our Gateways or ListenerSets."""

    ref: ParentReference
    state: ParentState
    attachment: Attachment


class _Place(NamedTuple):
    """A listener that is programmed and serves hosts of the route, and whose it is."""

    parent: ParentState
    listener: ListenerState
    hosts: tuple[str, ...]


def resolve_route(route: Loaded[Route], world: World, lost: Lost = NOTHING_LOST) -> ResolvedRoute:
    """Resolve one route. A pure function of the route, of the world and of what it has lost to others (`rivals`).

    A route without a parentRef to one of our Gateways or ListenerSets gets no status and adds nothing.
    """
    resource = route.resource
    meta, spec = resource.metadata, resource.spec
    kind = ROUTE_KINDS[resource.kind_name]
    findings: list[Diagnostic] = []
    parents = _parents(route, kind, world, lost, findings)
    if not parents:
        return ResolvedRoute(None, (), (), tuple(findings))
    scope = Scope(world, resource.kind_name, meta.namespace, _passes_tls_on(parents))
    resolved = kind.resolve_rules(spec, scope)
    findings += _findings(route, resolved)
    places = _places(parents)
    rules = tuple([item.rule for item in resolved if item.rule is not None])
    units: tuple[ir.Unit, ...] = ()
    for by_service, group in _by_routing(places, world) if rules else ():
        routing = replace(scope, by_service=by_service)
        of_group = kind.resolve_rules(spec, routing) if by_service else resolved
        if world.policies is None:
            units += (_unit(route, kind, group, [item.rule for item in of_group if item.rule is not None], world),)
        else:
            made, found = _governed(route, kind, group, of_group, routing)
            units += made
            findings += found
    at = stamp(meta)
    verdict = _verdict(resolved, at)
    status = tuple(_status(parent, verdict, at) for parent in parents)
    attached = tuple(
        dict.fromkeys(
            (*parent.state.key, listener.name) for parent in parents for listener, _ in parent.attachment.listeners
        )
    )
    return ResolvedRoute(units[0] if units else None, status, attached, tuple(findings), units[1:])


# ---------------------------------------------------------------- parents


def _parents(
    route: Loaded[Route], kind: RouteKind, world: World, lost: Lost, findings: list[Diagnostic]
) -> list[_Parent]:
    """The parentRefs to our Gateways and ListenerSets, attached; the others are reported or left alone."""
    meta, spec = route.resource.metadata, route.resource.spec
    hostnames = kind.hostnames(spec)
    parents: list[_Parent] = []
    for index, ref in enumerate(spec.parent_refs):
        if ref.group != GATEWAY_GROUP or ref.kind not in world.parent_names:
            continue
        key = (ref.kind, ref.namespace or meta.namespace, ref.name)
        state = world.parents.get(key)
        if state is None:
            if key not in world.foreign:
                findings.append(_dangling(route, index, key, world))
            continue
        attachment = attach(ref, state, route.resource.kind_name, meta.namespace, hostnames, world)
        if lost:
            attachment, yielded = leave(attachment, state, lost)
            findings += [_yielded(route, ("spec", "parentRefs", index), message) for message in yielded]
        if attachment.reason and attachment.reason != HOSTNAME_CONFLICT:
            findings.append(_unattached(route, index, ref, state, attachment))
        parents.append(_Parent(ref, state, attachment))
    if spec.use_default_gateways == ALL:
        parents += _default_parents(route, hostnames, world, lost, findings)
    return parents


def _default_parents(
    route: Loaded[Route], hostnames: Sequence[str], world: World, lost: Lost, findings: list[Diagnostic]
) -> list[_Parent]:
    """The default Gateways that claim the route."""
    meta, spec = route.resource.metadata, route.resource.spec
    at: FieldPath = ("spec", "useDefaultGateways")
    if not world.default_gateways:
        message = "No Gateway of ours has defaultScope: All, so that there is none to use."
        findings.append(finding(codes.GATEWAY_NOT_FOUND, route, at, message))
    parents: list[_Parent] = []
    for ref in implied(spec, meta.namespace, world.default_gateways):
        state = world.parents[ref.kind, ref.namespace or meta.namespace, ref.name]
        attachment = attach(ref, state, route.resource.kind_name, meta.namespace, hostnames, world)
        if attachment.reason:
            continue
        if lost:
            attachment, yielded = leave(attachment, state, lost)
            findings += [_yielded(route, at, message) for message in yielded]
        parents.append(_Parent(ref, state, attachment))
    return parents


def _dangling(route: Loaded[Route], index: int, key: ParentName, world: World) -> Diagnostic:
    kind, namespace, name = key
    message = f"{title(key)} does not exist: the route is not attached to it."
    return finding(
        codes.GATEWAY_NOT_FOUND,
        route,
        ("spec", "parentRefs", index, "name"),
        message,
        world.parent_names[kind].suggest(namespace, name),
    )


def _unattached(
    route: Loaded[Route], index: int, ref: ParentReference, parent: ParentState, attachment: Attachment
) -> Diagnostic:
    code, guidance = _ATTACH_FINDINGS[attachment.reason]
    path: FieldPath = ("spec", "parentRefs", index)
    if attachment.reason == "NoMatchingListenerHostname":
        path = ("spec", "hostnames")
    elif attachment.reason == "NoMatchingParent":
        path = (*path, "sectionName" if ref.section_name else "port")
        listeners = Names(("", listener.name) for listener in parent.listeners)
        guidance = listeners.suggest("", ref.section_name or "") or guidance
    return finding(code, route, path, attachment.message, guidance)


def _yielded(route: Loaded[Route], path: FieldPath, message: str) -> Diagnostic:
    guidance = "Give HTTPRoutes and GRPCRoutes of one listener hostnames of their own."
    return finding(codes.ROUTE_CONFLICT, route, path, message, guidance)


def _places(parents: Sequence[_Parent]) -> list[_Place]:
    return [
        _Place(parent.state, listener, hosts)
        for parent in parents
        if not parent.state.problem
        for listener, hosts in parent.attachment.listeners
        if listener.programmed
    ]


def _by_routing(places: Sequence[_Place], world: World) -> list[tuple[bool, list[_Place]]]:
    """The places in fleets where Services are reached by the addresses of their endpoints, and by their own.

    These are never of the same fleet: clusters may have the same names in both.
    """
    groups: dict[bool, list[_Place]] = {}
    for place in places:
        proxy = world.gateways[place.parent.gateway].proxy
        groups.setdefault(proxy is not None and proxy.spec.routing_type == "Service", []).append(place)
    return sorted(groups.items())


def _placements(places: Iterable[_Place], world: World) -> tuple[ir.Placement, ...]:
    """One placement for each route configuration, with the hosts of all listeners that share it."""
    tables: dict[tuple[str, str, int, str, BackendDefaults], tuple[str, ...]] = {}
    for parent, listener, hosts in places:
        gateway = world.gateways[parent.gateway]
        client = gateway.client.name if gateway.client is not None else ""
        key = (parent.fleet, listener.table, listener.port, client, gateway.backend_tls)
        known = tables.get(key)
        tables[key] = hosts if known is None else tuple(sorted({*known, *hosts}))
    return tuple(
        ir.Placement(fleet, table, hosts, port, client, defaults)
        for (fleet, table, port, client, defaults), hosts in sorted(tables.items())
    )


def _unit(
    route: Loaded[Route],
    kind: RouteKind,
    places: Iterable[_Place],
    rules: Sequence[ir.Rule | ir.Forward],
    world: World,
) -> ir.Unit:
    """What the route adds at some of its listeners."""
    meta, placements = route.resource.metadata, _placements(places, world)
    of_kind = route.resource.kind_name.lower()
    return kind.unit(of_kind, meta.namespace, meta.name, placements, tuple(rules), meta.creation_timestamp)


def _governed(
    route: Loaded[Route], kind: RouteKind, places: Sequence[_Place], resolved: Sequence[ResolvedRule], scope: Scope
) -> tuple[tuple[ir.Unit, ...], list[Diagnostic]]:
    """The same under policies: one unit for each set of listeners where the same ones are in force."""
    from reconciler.resolve.policies import governing
    from reconciler.resolve.policies.attachments import ListenerAt

    world, policies = scope.world, scope.world.policies
    if policies is None:
        raise ValueError("there are no policies")
    spec: Any = route.resource.spec
    kept = [(rule.name or "", item.rule) for rule, item in zip(spec.rules, resolved, strict=True) if item.rule]
    listeners = [ListenerAt(at.parent.key, at.listener.name, ("Gateway", *at.parent.gateway)) for at in places]
    variants = governing.variants(policies, route, [name for name, _ in kept], listeners)
    usual = scope.by_service
    again: list[ir.Rule | ir.Forward] = []
    if any(governing.by_service(found, default=usual) != usual for variant in variants for found in variant.rules):
        again = [item.rule for item in kind.resolve_rules(spec, replace(scope, by_service=not usual)) if item.rule]
    units: list[tuple[ir.Unit, governing.Variant]] = []
    for variant in variants:
        rules = [
            _governed_rule(
                rule if governing.by_service(in_force, default=usual) == usual else again[number], policies, in_force
            )
            for number, ((_, rule), in_force) in enumerate(zip(kept, variant.rules, strict=True))
        ]
        unit = _unit(route, kind, [places[position] for position in variant.listeners], rules, world)
        if isinstance(unit, ir.L4Unit):
            unit = governing.governed_unit(unit, policies.of_routes, variant.rules[0])
        units.append((unit, variant))
    return governing.distinguished(units), governing.merge_findings(policies, route, variants)


def _governed_rule(rule: ir.Rule | ir.Forward, policies: Policies, in_force: InForce) -> ir.Rule | ir.Forward:
    from reconciler.resolve.policies.governing import governed_rule

    return governed_rule(rule, policies.of_routes, in_force) if isinstance(rule, ir.Rule) else rule


def _passes_tls_on(parents: Sequence[_Parent]) -> bool:
    """Whether all listeners leave it to the backends to terminate TLS."""
    listeners = [listener for parent in parents for listener, _ in parent.attachment.listeners]
    return bool(listeners) and all(listener.protocol == "TLS" and listener.tls is None for listener in listeners)


# ---------------------------------------------------------------- status


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the rules alone say, the same for every parent: `accepted` where the parent does not say otherwise."""

    accepted: Condition
    others: tuple[Condition, ...]


def _verdict(resolved: Sequence[ResolvedRule], at: Stamp) -> _Verdict:
    accepted = condition(ACCEPTED, True, "Accepted", "The route is accepted.", at)
    resolved_refs = condition(RESOLVED_REFS, True, "ResolvedRefs", "All references are resolved.", at)
    if not any(item.problems for item in resolved):
        return _Verdict(accepted, (resolved_refs,))
    others: list[Condition] = []
    refused = [(index, item) for index, item in enumerate(resolved) if _of(ACCEPTED, item)]
    if refused:
        first = _of(ACCEPTED, refused[0][1])[0]
        words = " ".join(dict.fromkeys(problem.message for _, item in refused for problem in _of(ACCEPTED, item)))
        if len(refused) == len(resolved):
            accepted = condition(ACCEPTED, False, first.reason, words, at)
        else:
            dropped = f"Dropped Rule(s) [{', '.join(str(index) for index, _ in refused)}]: {words}"
            others.append(condition("PartiallyInvalid", True, first.reason, dropped, at))
    for kind in (RESOLVED_REFS, BACKENDS_AVAILABLE):
        problems = [problem for item in resolved for problem in _of(kind, item)]
        if problems:
            words = " ".join(dict.fromkeys(problem.message for problem in problems))
            others.append(condition(kind, False, problems[0].reason, words, at))
        elif kind == RESOLVED_REFS:
            others.append(resolved_refs)
    return _Verdict(accepted, tuple(others))


def _of(kind: str, item: ResolvedRule) -> list[Problem]:
    return [problem for problem in item.problems if problem.condition == kind]


def _status(parent: _Parent, verdict: _Verdict, at: Stamp) -> dict[str, Any]:
    accepted = verdict.accepted
    if parent.attachment.reason:
        accepted = condition(ACCEPTED, False, parent.attachment.reason, parent.attachment.message, at)
    elif problem := parent.state.problem:
        message = f"{title(parent.state.key)} is not accepted: {problem}"
        accepted = condition(ACCEPTED, False, "Pending", message, at)
    return {
        "parentRef": _parent_ref(parent.ref),
        "controllerName": parent.state.controller,
        "conditions": [accepted, *verdict.others],
    }


def _parent_ref(ref: ParentReference) -> dict[str, Any]:
    """The reference as the API server has it: as written, with defaults."""
    made: dict[str, Any] = {"group": ref.group, "kind": ref.kind, "name": ref.name}
    if ref.namespace is not None:
        made["namespace"] = ref.namespace
    if ref.section_name is not None:
        made["sectionName"] = ref.section_name
    if ref.port is not None:
        made["port"] = ref.port
    return made


def _findings(route: Loaded[Route], resolved: Sequence[ResolvedRule]) -> list[Diagnostic]:
    return [
        finding(problem.code, route, problem.path, problem.message, problem.help, Severity.WARNING)
        for item in resolved
        for problem in item.problems
    ]
