"""All policies of a repository: what they come to, and which are in force where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler import ir
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.policy_targets import Policy
from reconciler.resolve.findings import finding
from reconciler.resolve.parents import ParentName
from reconciler.resolve.policies.attachments import Attachments, ListenerAt, Named, Surroundings
from reconciler.resolve.policies.effective import Outcome, alone, merged
from reconciler.resolve.policies.kinds import POLICY_KINDS, PolicyKind
from reconciler.resolve.policies.targets import target_findings
from reconciler.resolve.problems import Problem
from reconciler.resolve.selectors import Labels
from reconciler.resolve.world import World


class Policies:
    """The policies of a repository. What they come to is worked out when first asked for.

    Attributes:
        attachments: by kind, in the order of `POLICY_KINDS`; kinds without policies are left out.
        of_routes: the kinds among them that bear on routes.
    """

    def __init__(self, world: World, attachments: Mapping[str, Attachments]) -> None:
        self.attachments = attachments
        self.of_routes = tuple(POLICY_KINDS[kind] for kind in attachments if POLICY_KINDS[kind].routes)
        self._world = world
        self._outcomes: dict[tuple[int, int], Outcome] = {}

    def outcome(self, policy: Loaded[Policy], parent: Loaded[Policy] | None = None) -> Outcome:
        """What a policy comes to, alone or merged into another."""
        key = (id(policy), id(parent))
        found = self._outcomes.get(key)
        if found is None:
            kind = POLICY_KINDS[policy.resource.kind_name]
            effective = alone(policy) if parent is None else merged(policy, parent, kind.joined)
            made = kind.rules.resolve(effective, self._world)
            found = self._outcomes[key] = replace(made, effective=effective)
        return found

    def of_listener(self, kind: str, parent: ParentName, listener: str) -> Outcome | None:
        """The policy of a kind that is in force at a listener of a Gateway or ListenerSet."""
        attachments = self.attachments.get(kind)
        if attachments is None:
            return None
        state = self._world.parents[parent]
        policy = attachments.of_listener(ListenerAt(parent, listener, ("Gateway", *state.gateway)))
        return self.outcome(policy) if policy is not None else None

    def in_force(
        self, kind: PolicyKind, route: Named, labels: Labels, rule: str, listener: ListenerAt
    ) -> Outcome | None:
        """The policy of a kind that is in force for a rule of a route, as far as it is reached by a listener.

        Args:
            kind: the kind of policy.
            route: kind, namespace and name of the route.
            labels: its labels.
            rule: the rule's name, or an empty string.
            listener: the listener.
        """
        attachments = self.attachments.get(kind.name)
        if attachments is None or route[0] not in kind.routes:
            return None
        policy = attachments.of_rule(route, rule) or attachments.of_route(route, labels)
        above = attachments.of_listener(listener)
        if policy is None:
            return self.outcome(above) if above is not None else None
        merge = getattr(policy.resource.spec, "merge_type", None) is not None
        return self.outcome(policy, above if merge else None)

    def of_rules(self, route: Named) -> bool:
        """Whether any rule of a route has a policy of its own."""
        return any(attachments.of_rules(route) for attachments in self.attachments.values())

    def only_merged(self, outcome: Outcome) -> tuple[Problem, ...]:
        """The problems that only come of merging two policies."""
        effective = outcome.effective
        if effective is None or effective.parent is None:
            return ()
        apart = (*self.outcome(effective.policy).problems, *self.outcome(effective.parent).problems)
        known = {problem.message for problem in apart}
        return tuple(problem for problem in outcome.problems if problem.message not in known)

    @property
    def all(self) -> Iterator[Loaded[Policy]]:
        """Every policy."""
        for attachments in self.attachments.values():
            yield from attachments.policies

    @property
    def secrets(self) -> dict[str, ir.AnySecret]:
        """What the policies name of Secrets and ConfigMaps, by name."""
        return {secret.name: secret for policy in self.all for secret in self.outcome(policy).secrets}

    def findings(self) -> Iterator[Diagnostic]:
        """What there is to say about the policies themselves, and about targets that are no routes."""
        for policy in self.all:
            for problem in self.outcome(policy).problems:
                severity = Severity.WARNING
                yield finding(problem.code, policy, problem.path, problem.message, problem.help, severity)
        for attachments in self.attachments.values():
            yield from target_findings(attachments, self._world)


def with_policies(world: World, policies: Iterable[Loaded[Policy]], labels: Mapping[ParentName, Labels]) -> World:
    """The world with its policies in force.

    Args:
        world: the world without them.
        policies: the oldest first.
        labels: of our Gateways and ListenerSets.
    """
    by_kind: dict[str, list[Loaded[Policy]]] = {}
    for policy in policies:
        by_kind.setdefault(policy.resource.kind_name, []).append(policy)
    around = Surroundings(labels, world.labels, world.grants)
    attachments = {kind: Attachments(by_kind[kind], around) for kind in POLICY_KINDS if kind in by_kind}
    made = Policies(world, attachments)
    return replace(world, policies=made, diagnostics=(*world.diagnostics, *made.findings()))
