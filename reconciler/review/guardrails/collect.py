"""The guardrails in force: those among the manifests, those of the pack, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from difflib import get_close_matches
from typing import NamedTuple

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.admission import Action, MatchResources
from reconciler.manifests.base import Loaded, Resource
from reconciler.manifests.load import RawDocument, load
from reconciler.manifests.validatingadmissionpolicy import ParamKind, ValidatingAdmissionPolicy
from reconciler.manifests.validatingadmissionpolicybinding import ParamRef, ValidatingAdmissionPolicyBinding
from reconciler.manifests.xdspolicy import XdsPolicy
from reconciler.records import dataclass
from reconciler.review.guardrails import codes
from reconciler.review.guardrails.pack import SUMMARY
from reconciler.review.guardrails.recognise import is_guardrail
from reconciler.review.guardrails.rules import (
    NAMES_OF_OBJECTS,
    NAMES_OF_RESOURCES,
    Rule,
    UnloadableError,
    load_rule,
)


class Bound(NamedTuple):
    """A policy where a binding applies it. `where` None: everywhere. `summary`: what it asks for, in its own words.

    Without a `param_ref` there is no parameter, but where it is `by_name`: then what has the policy's own name is it.
    """

    policy: str
    rule: Rule
    constraints: MatchResources
    where: MatchResources | None
    param_kind: ParamKind | None
    param_ref: ParamRef | None
    actions: tuple[Action, ...]
    by_name: bool = False
    summary: str = ""


class OnResources(NamedTuple):
    """An XdsPolicy, loaded."""

    policy: str
    rule: Rule
    types: tuple[str, ...]
    fleets: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Guardrails:
    """All that is in force."""

    bound: tuple[Bound, ...] = ()
    on_resources: tuple[OnResources, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def none(self) -> bool:
        """True where there is nothing to judge by and nothing to say."""
        return not (self.bound or self.on_resources or self.diagnostics)

    def is_param(self, api_version: str, kind: str) -> bool:
        """Whether objects of a kind are parameters of some policy."""
        return any(one.param_kind == ParamKind(apiVersion=api_version, kind=kind) for one in self.bound)


@dataclass(slots=True)
class _Collector:
    """What is being put together."""

    policies: dict[str, Loaded[ValidatingAdmissionPolicy]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    bindings: list[Loaded[ValidatingAdmissionPolicyBinding]] = field(default_factory=list)
    on_resources: list[OnResources] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, loaded: Loaded[Resource]) -> None:
        resource = loaded.resource
        if isinstance(resource, ValidatingAdmissionPolicyBinding):
            self.bindings.append(Loaded(resource, loaded.origin, loaded.raw))
            return
        try:
            if isinstance(resource, ValidatingAdmissionPolicy):
                self.policies[resource.metadata.name] = Loaded(resource, loaded.origin, loaded.raw)
                self.rules[resource.metadata.name] = _rule(resource)
            elif isinstance(resource, XdsPolicy):
                self.on_resources.append(_on_resources(resource))
        except UnloadableError as error:
            self.say(
                codes.UNUSABLE, loaded, ("spec", *error.path), str(error), "mend the expression: nothing passes by it"
            )

    def say(self, code: str, loaded: Loaded[Resource], path: FieldPath, message: str, remedy: str = "") -> None:
        severity = Severity.NOTICE if code == codes.IDLE else Severity.ERROR
        found = Diagnostic(code, severity, message, loaded.resource.title, loaded.origin, path, help=remedy)
        self.diagnostics.append(found)


def collect(
    documents: Iterable[RawDocument],
    pack: Iterable[RawDocument] = (),
    use: Mapping[str, tuple[Action, ...]] | None = None,
) -> Guardrails:
    """The guardrails among the documents, with those of the pack that a binding or `use` names.

    Args:
        documents: all of the repository's.
        pack: the guardrails that ship with gitway.
        use: name of a policy → what follows where it is broken.
    """
    collector = _Collector()
    for document in (*pack, *documents):
        if is_guardrail(document):
            loaded = load(document.object, document.origin)
            if isinstance(loaded, Loaded):
                collector.add(loaded)
            else:
                collector.diagnostics += loaded
    bound = [*_used(collector, use or {}), *_by_bindings(collector)]
    _idle(collector, pack, {one.policy for one in bound})
    return Guardrails(tuple(bound), tuple(collector.on_resources), tuple(collector.diagnostics))


def _rule(policy: ValidatingAdmissionPolicy) -> Rule:
    spec = policy.spec
    return load_rule(
        NAMES_OF_OBJECTS,
        spec.variables,
        spec.match_conditions,
        spec.validations,
        spec.audit_annotations,
        spec.failure_policy,
    )


def _on_resources(policy: XdsPolicy) -> OnResources:
    spec = policy.spec
    rule = load_rule(
        NAMES_OF_RESOURCES, spec.variables, spec.match_conditions, spec.validations, (), spec.failure_policy
    )
    return OnResources(
        policy.metadata.name, rule, tuple(spec.types), tuple(spec.fleets), tuple(spec.validation_actions)
    )


def _used(collector: _Collector, use: Mapping[str, tuple[Action, ...]]) -> Iterable[Bound]:
    for name, actions in use.items():
        if name in collector.rules:
            yield _bound(collector, name, None, None, actions)._replace(by_name=True)
        elif name not in collector.policies:
            message = f'guardrails: there is no policy "{name}"'
            help_ = "`gitway policy list` names those that there are"
            collector.diagnostics.append(Diagnostic(codes.UNKNOWN, Severity.ERROR, message, help=help_))


def _by_bindings(collector: _Collector) -> Iterable[Bound]:
    for loaded in collector.bindings:
        spec = loaded.resource.spec
        if spec.policy_name in collector.rules:
            yield _bound(
                collector, spec.policy_name, spec.match_resources, spec.param_ref, tuple(spec.validation_actions)
            )
        elif spec.policy_name not in collector.policies:  # of one that cannot be loaded something is said already
            close = get_close_matches(spec.policy_name, collector.policies, 1)
            help_ = (
                f'did you mean "{close[0]}"?' if close else "name a policy of the repository or of `gitway policy list`"
            )
            message = f'there is no ValidatingAdmissionPolicy "{spec.policy_name}"'
            collector.say(codes.UNKNOWN, loaded, ("spec", "policyName"), message, help_)


def _bound(
    collector: _Collector,
    name: str,
    where: MatchResources | None,
    param_ref: ParamRef | None,
    actions: tuple[Action, ...],
) -> Bound:
    policy = collector.policies[name].resource
    spec, summary = policy.spec, policy.metadata.annotations.get(SUMMARY, "")
    return Bound(
        name, collector.rules[name], spec.match_constraints, where, spec.param_kind, param_ref, actions, summary=summary
    )


def _idle(collector: _Collector, pack: Iterable[RawDocument], applied: set[str]) -> None:
    shipped = {document.object["metadata"]["name"] for document in pack}
    for name, loaded in collector.policies.items():
        if name not in applied and name not in shipped and name in collector.rules:
            message = "no ValidatingAdmissionPolicyBinding applies this policy"
            collector.say(
                codes.IDLE, loaded, ("metadata", "name"), message, "add a binding with its name as policyName"
            )
