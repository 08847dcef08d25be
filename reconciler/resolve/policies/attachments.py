"""What each policy of one kind is attached to, and which of them is in force where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import Loaded
from reconciler.manifests.policy_targets import Policy, TargetSelector
from reconciler.manifests.references import GATEWAY_GROUP, LabelSelector
from reconciler.resolve import selectors
from reconciler.resolve.grants import Grants
from reconciler.resolve.parents import ParentName
from reconciler.resolve.selectors import Labels

Named = tuple[str, str, str]
"""Kind, namespace and name of a Gateway, ListenerSet or route."""

Target = tuple[str, str, str, str]
"""Kind, namespace and name, and a section of it: the name of a listener or rule, empty for the whole."""


class ListenerAt(NamedTuple):
    """A listener: its name, whose it is, and the Gateway that serves it."""

    parent: ParentName
    name: str
    gateway: ParentName

    @property
    def targets(self) -> tuple[Target, ...]:
        """What its policies may be attached to, the most specific first."""
        own = ((*self.parent, self.name), (*self.parent, ""))
        return own if self.parent == self.gateway else (*own, (*self.gateway, ""))


class Attached(NamedTuple):
    """A policy that asks for a target, the path in its manifest, and who was there first."""

    policy: Loaded[Policy]
    path: FieldPath
    target: Target
    winner: Loaded[Policy] | None = None


class Selecting(NamedTuple):
    """A policy that selects routes of a kind."""

    rank: int
    policy: Loaded[Policy]
    path: FieldPath
    selector: TargetSelector


class Surroundings(NamedTuple):
    """What selecting needs to know: labels of Gateways and ListenerSets, of namespaces, and the ReferenceGrants."""

    labels: Mapping[ParentName, Labels]
    namespace_labels: Callable[[str], Labels]
    grants: Grants


class Attachments:
    """The policies of one kind.

    Attributes:
        policies: the oldest first.
        attached: what they are attached to, apart from the routes that they select by labels.
        selecting: those that select routes by labels, the oldest first.
    """

    def __init__(self, policies: Sequence[Loaded[Policy]], around: Surroundings) -> None:
        self.policies = tuple(policies)
        self.attached: list[Attached] = []
        self.selecting: list[Selecting] = []
        self._by_target: dict[Target, list[Attached]] = defaultdict(list)
        self._by_label: dict[tuple[str, str, str], list[Selecting]] = defaultdict(list)
        self._around = around
        self._ranks = {id(policy): rank for rank, policy in enumerate(policies)}
        self._winners: dict[Target, Loaded[Policy]] = {}
        self._parts: set[Named] = set()
        self._of_listeners: dict[ListenerAt, Loaded[Policy] | None] = {}
        for rank, policy in enumerate(policies):
            self._attach(rank, policy)

    def _attach(self, rank: int, policy: Loaded[Policy]) -> None:
        spec, namespace = policy.resource.spec, policy.resource.metadata.namespace
        for path, ref in spec.references:
            self._claim(policy, ("spec", *path), (ref.kind, namespace, ref.name, ref.section_name or ""))
        for index, selector in enumerate(spec.target_selectors):
            path = ("spec", "targetSelectors", index)
            if selectors.problem(selector.labels):
                continue
            if selector.kind in ("Gateway", "ListenerSet"):
                for parent, labels in self._around.labels.items():
                    if parent[0] == selector.kind and self._selects(selector, policy, parent, labels):
                        self._claim(policy, path, (*parent, ""))
            else:
                self._select(Selecting(rank, policy, path, selector))

    def _select(self, selecting: Selecting) -> None:
        """Found by one of the labels that it asks for: routes are not to be compared with all selectors."""
        label = next(iter(selecting.selector.match_labels.items()), ("", ""))
        self.selecting.append(selecting)
        self._by_label[selecting.selector.kind, *label].append(selecting)

    def _claim(self, policy: Loaded[Policy], path: FieldPath, target: Target) -> None:
        winner = self._winners.setdefault(target, policy)
        attached = Attached(policy, path, target, None if winner is policy else winner)
        self.attached.append(attached)
        self._by_target[target].append(attached)
        if target[3]:
            self._parts.add(target[:3])

    def _selects(self, selector: TargetSelector, policy: Loaded[Policy], named: Named, labels: Labels) -> bool:
        kind, namespace, name = named
        own = policy.resource.metadata.namespace
        allowed = selector.namespaces
        if allowed is None or allowed.from_ == "Same":
            if namespace != own:
                return False
        elif allowed.selector is not None and not self._in(allowed.selector, namespace):
            return False
        source = (policy.resource.group, policy.resource.kind_name)
        return selectors.matches(selector.labels, labels) and self._around.grants.allow(
            source, own, (GATEWAY_GROUP, kind), namespace, name
        )

    def _in(self, selector: LabelSelector, namespace: str) -> bool:
        return not selectors.problem(selector) and selectors.matches(selector, self._around.namespace_labels(namespace))

    # ------------------------------------------------------------ which is in force

    def of_listener(self, listener: ListenerAt) -> Loaded[Policy] | None:
        """The policy of a listener, or of what it is part of."""
        try:
            return self._of_listeners[listener]
        except KeyError:
            found = next((policy for target in listener.targets if (policy := self._winners.get(target))), None)
            self._of_listeners[listener] = found
            return found

    def of_route(self, route: Named, labels: Labels) -> Loaded[Policy] | None:
        """The policy of a whole route."""
        exact = self._winners.get((*route, ""))
        if not self._by_label:
            return exact
        limit = len(self.policies) if exact is None else self._ranks[id(exact)]
        first = next((one for one in self._selected(route, labels) if one.rank < limit), None)
        return first.policy if first is not None else exact

    def _selected(self, route: Named, labels: Labels) -> list[Selecting]:
        """Those that select a route, the oldest first."""
        found = [
            one
            for label in (("", ""), *labels.items())
            for one in self._by_label.get((route[0], *label), ())
            if self._selects(one.selector, one.policy, route, labels)
        ]
        return sorted(found, key=lambda one: one.rank) if len(found) > 1 else found

    def of_rule(self, route: Named, rule: str) -> Loaded[Policy] | None:
        """The policy of one rule of a route, by its name."""
        return self._winners.get((*route, rule)) if rule else None

    def of_rules(self, route: Named) -> bool:
        """Whether any rule of a route has a policy of its own."""
        return route in self._parts

    def claiming(self, target: Target) -> Sequence[Attached]:
        """The policies that name a target, or select it if that is no route."""
        return self._by_target.get(target, ())

    def asking_for(self, route: Named, labels: Labels) -> Iterator[Attached]:
        """All policies that name or select a route as a whole; `winner` is the one in force, unless it is itself."""
        winner = self.of_route(route, labels)
        target = (*route, "")
        seen: set[int] = set()
        selected = [Attached(one.policy, one.path, target) for one in self._selected(route, labels)]
        for one in (*self._by_target.get(target, ()), *selected):
            if id(one.policy) not in seen:
                seen.add(id(one.policy))
                yield one._replace(winner=None if one.policy is winner else winner)
