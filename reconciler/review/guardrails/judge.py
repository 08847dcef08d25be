"""What guardrails say about the changes of a commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.admission import Action
from reconciler.manifests.load import RawDocument
from reconciler.review.guardrails import codes
from reconciler.review.guardrails.collect import Bound, Guardrails
from reconciler.review.guardrails.constraints import matches
from reconciler.review.guardrails.params import NoParamsError, params_for
from reconciler.review.guardrails.places import field_of, single_entries
from reconciler.review.guardrails.recognise import is_guardrail
from reconciler.review.guardrails.requests import (
    Identity,
    Request,
    by_identity,
    namespace_object,
    repeated,
    requests,
)
from reconciler.review.guardrails.rules import Verdict

SEVERITIES: Final[Mapping[Action, tuple[str, Severity]]] = {
    "Deny": (codes.DENIED, Severity.ERROR),
    "Warn": (codes.WARNED, Severity.WARNING),
    "Audit": (codes.AUDITED, Severity.NOTICE),
}


class Moment(NamedTuple):
    """When and for what the question is asked: the variable `gitway` of expressions. `commit` has sha and time."""

    now: datetime
    commit: Mapping[str, str]

    def as_variable(self) -> dict[str, Any]:
        """The variable."""
        return {"now": self.now, "commit": dict(self.commit)}


def judge(
    guardrails: Guardrails,
    before: Iterable[RawDocument],
    after: Iterable[RawDocument],
    moment: Moment,
    *,
    everything: bool = False,
) -> tuple[Diagnostic, ...]:
    """The violations by what changed, or by `everything`; and what changed of the guardrails themselves.

    Where a guardrail or a parameter changed, everything is judged, as what passed before may not pass any more.
    """
    old, new = by_identity(before), by_identity(after)
    found = list(_changed_guardrails(old, new))
    if not guardrails.bound:
        return tuple(found)
    anew = everything or bool(found) or _params_changed(guardrails, old, new)
    shared = moment.as_variable()
    for request in repeated(new, old) if anew else requests(old, new):
        namespace = namespace_object(request.namespace, new)
        for bound in guardrails.bound:
            found += _judge(bound, request, namespace, new, shared)
    return tuple(found)


def _judge(
    bound: Bound,
    request: Request,
    namespace: dict[str, Any] | None,
    objects: Mapping[Identity, RawDocument],
    shared: Mapping[str, Any],
) -> Iterator[Diagnostic]:
    if not all(matches(one, request, namespace) for one in (bound.constraints, bound.where) if one is not None):
        return
    known = {
        "object": request.object,
        "oldObject": request.old,
        "request": request.as_variable(),
        "namespaceObject": namespace,
        "gitway": shared,
    }
    try:
        found = params_for(bound, request.namespace, objects)
    except NoParamsError as error:
        yield from _findings(bound, request, Verdict(str(error), ""), ())
        return
    for params in found:
        scope = {**known, "params": params}
        for verdict in bound.rule.judge(scope):
            yield from _findings(bound, request, verdict, _place(bound, request, verdict, scope))
        if "Audit" in bound.actions:
            for remark in bound.rule.remarks(scope):
                yield _finding("Audit", bound, request, Verdict(remark, ""), ())


def _place(bound: Bound, request: Request, verdict: Verdict, scope: Mapping[str, Any]) -> FieldPath:
    """The field that a violation is about: of a list, the first entry with which alone it is one."""
    if request.origin is None:
        return ()
    path = field_of(verdict.expression, request.object)
    for shorter, index in single_entries(request.object, path):
        again = bound.rule.judge({**scope, "object": shorter})
        if verdict.told and verdict.expression in {each.expression for each in again if each.told}:
            return (*path, index)
    return path


def _findings(bound: Bound, request: Request, verdict: Verdict, path: FieldPath) -> Iterator[Diagnostic]:
    for action in bound.actions:
        yield _finding(action, bound, request, verdict, path)


def _finding(action: Action, bound: Bound, request: Request, verdict: Verdict, path: FieldPath) -> Diagnostic:
    code, severity = SEVERITIES[action]
    if not verdict.told:
        code = codes.UNTOLD
    return Diagnostic(
        code,
        severity,
        f"{verdict.message.rstrip('.')} ({bound.policy})",
        request.title,
        request.origin,
        path,
        help=bound.summary if request.origin is not None else "the object is being removed",
    )


def _changed_guardrails(
    old: Mapping[Identity, RawDocument], new: Mapping[Identity, RawDocument]
) -> Iterator[Diagnostic]:
    """Whoever may change the guardrails may do anything: a review has to see it."""
    for identity, was in sorted(old.items(), key=lambda item: item[0]):
        now = new.get(identity)
        if is_guardrail(was) and (now is None or now.object != was.object):
            _, kind, _, name = identity
            what = "removed" if now is None else "changed"
            message = f"the guardrail is {what} by this commit"
            origin = now.origin if now is not None else None
            remedy = "make sure that whoever answers for it agrees"
            yield Diagnostic(codes.CHANGED, Severity.WARNING, message, f"{kind} {name}", origin, (), help=remedy)


def _params_changed(
    guardrails: Guardrails, old: Mapping[Identity, RawDocument], new: Mapping[Identity, RawDocument]
) -> bool:
    def params(objects: Mapping[Identity, RawDocument]) -> dict[Identity, Any]:
        raws = {identity: document.object for identity, document in objects.items()}
        return {key: raw for key, raw in raws.items() if guardrails.is_param(raw["apiVersion"], key[1])}

    return any(one.param_kind for one in guardrails.bound) and params(old) != params(new)
