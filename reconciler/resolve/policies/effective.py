"""What a policy says where it is in force: by itself, or merged into that of its route's Gateway or listener.

Merging is Envoy Gateway's: both specs as the API server has them, with the defaults of the CRD. Fields of the route's
policy win, structures and mappings are merged, lists are replaced (StrategicMerge knows a few that are joined).
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, Generic, NamedTuple, TypeVar

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import Loaded, Model, Resource
from reconciler.manifests.policy_targets import Policy, PolicySpec
from reconciler.manifests.structure import fields_of
from reconciler.records import dataclass
from reconciler.resolve.problems import Problem

S = TypeVar("S", bound=PolicySpec)
M = TypeVar("M", bound=Model)

Joined = frozenset[tuple[str, ...]]


class Owner(NamedTuple):
    """The policy that a field of an effective spec comes from, and the path of the field in its manifest."""

    policy: Loaded[Resource]
    path: FieldPath

    @property
    def namespace(self) -> str:
        """Where its references are resolved."""
        return self.policy.resource.metadata.namespace


@dataclass(frozen=True, slots=True)
class Effective(Generic[S]):
    """A policy in force.

    Attributes:
        spec: what counts.
        policy: the most specific one.
        parent: the one that it is merged into.
        joined: paths of the lists that were joined.
    """

    spec: S
    policy: Loaded[Policy]
    parent: Loaded[Policy] | None = None
    joined: Joined = frozenset()

    @property
    def title(self) -> str:
        """For people: `Kind namespace/name`, and with what it is merged."""
        merged = f" (merged with {_name(self.parent)})" if self.parent is not None else ""
        return f"{self.policy.resource.title}{merged}"

    @property
    def name(self) -> str:
        """For names of resources: `namespace/name`, with a parent `namespace/name/namespace/name`."""
        return _name(self.policy) if self.parent is None else f"{_name(self.policy)}/{_name(self.parent)}"

    def owner(self, *path: str | int) -> Owner:
        """Where the field at a path below the spec (`"rateLimit", "global", "rules", 0`) comes from."""
        if self.parent is None:
            return Owner(self.policy, ("spec", *path))
        child: Any = self.policy.resource.spec
        parent: Any = self.parent.resource.spec
        for depth, step in enumerate(path):
            if isinstance(step, int):
                return self._owner_of_entry(path, depth, parent)
            child, parent = _below(child, step), _below(parent, step)
            if _absent(child):
                return Owner(self.parent, ("spec", *path))
            if _absent(parent):
                break
        return Owner(self.policy, ("spec", *path))

    def _owner_of_entry(self, path: tuple[str | int, ...], depth: int, parents: Any) -> Owner:
        """Of an entry of a list that both have."""
        if self.parent is not None and path[:depth] in self.joined:
            own = int(path[depth]) - len(parents)
            if own < 0:
                return Owner(self.parent, ("spec", *path))
            path = (*path[:depth], own, *path[depth + 1 :])
        return Owner(self.policy, ("spec", *path))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a policy comes to; there is one for each policy or merged pair, so that they are compared by identity.

    Attributes:
        settings: the kind's own IR; nothing of it counts where a problem is fatal.
        problems: what is wrong; paths are those of the effective spec, from `spec`.
        secrets: what `settings` name, of Secrets and ConfigMaps.
    """

    settings: Any = None
    problems: tuple[Problem, ...] = ()
    secrets: tuple[ir.AnySecret, ...] = ()
    effective: Effective[Any] | None = field(default=None, repr=False)

    @property
    def failed(self) -> bool:
        """Whether what it covers is answered with 500."""
        return any(problem.fatal for problem in self.problems)


def alone(policy: Loaded[Policy]) -> Effective[Any]:
    """A policy that is merged with none."""
    return Effective(policy.resource.spec, policy)


def merged(policy: Loaded[Policy], parent: Loaded[Policy], joined: Joined) -> Effective[Any]:
    """A policy with a `mergeType` and the one that it is merged into. `joined`: lists that a StrategicMerge joins."""
    spec = policy.resource.spec
    if getattr(spec, "merge_type", None) != "StrategicMerge":
        joined = frozenset()
    return Effective(_merged(spec, parent.resource.spec, joined, ()), policy, parent, joined)


def merged_models(child: M, parent: M) -> M:
    """A structure merged into another: the fields of the child win, structures and mappings are merged."""
    return _merged(child, parent, frozenset(), ())


def _name(policy: Loaded[Resource]) -> str:
    meta = policy.resource.metadata
    return f"{meta.namespace}/{meta.name}"


def _absent(value: object) -> bool:
    """As Go leaves it out."""
    return value is None or value == [] or value == {}


def _below(structure: Any, step: str) -> Any:
    if isinstance(structure, Model):
        for attribute, info in type(structure).model_fields.items():
            if step in (info.alias, attribute):
                return getattr(structure, attribute)
        return None
    return structure.get(step) if isinstance(structure, dict) else None


_TARGETS = frozenset({"target_ref", "target_refs", "target_selectors", "merge_type"})


def _merged(child: M, parent: M, joined: Joined, path: tuple[str, ...]) -> M:
    """Validated once, and not again: what does not go together is said where it is resolved, as in Envoy Gateway."""
    names = dict(zip(type(child).model_fields, fields_of(type(child)), strict=True))
    values: dict[str, Any] = {}
    for attribute, name in names.items():
        own, other = getattr(child, attribute), getattr(parent, attribute)
        if not path and attribute in _TARGETS:
            values[attribute] = own
        else:
            values[attribute] = _merged_values(own, other, joined, (*path, name))
    return child.model_copy(update=values)


def _merged_values(own: Any, other: Any, joined: Joined, path: tuple[str, ...]) -> Any:
    if _absent(own) or _absent(other):
        return other if _absent(own) else own
    if isinstance(own, Model) and isinstance(other, Model):
        return _merged(own, other, joined, path)
    if isinstance(own, dict) and isinstance(other, dict):
        return {**other, **own}
    if isinstance(own, list) and path in joined:
        return [*other, *own]
    return own
