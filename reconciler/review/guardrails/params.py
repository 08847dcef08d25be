"""The parameters of a binding, found among the repository's objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.manifests.load import RawDocument
from reconciler.manifests.validatingadmissionpolicy import ParamKind
from reconciler.manifests.validatingadmissionpolicybinding import ParamRef
from reconciler.resolve.selectors import matches as selects
from reconciler.review.guardrails.collect import Bound
from reconciler.review.guardrails.requests import Identity, as_admitted


class NoParamsError(Exception):
    """The binding's parameters are not there, and it asks to deny then."""


def params_for(
    bound: Bound, namespace: str, objects: Mapping[Identity, RawDocument]
) -> tuple[dict[str, Any] | None, ...]:
    """The values of `params`, for each of which the rule is judged: (None,) where the binding names none.

    Raises:
        NoParamsError: there are none, and `parameterNotFoundAction` is Deny.
    """
    if bound.param_kind is None:
        return (None,)
    if bound.param_ref is None:
        return tuple(_of_its_name(bound, bound.param_kind, objects)) or (None,)
    found = tuple(_params(bound.param_kind, bound.param_ref, namespace, objects))
    if not found and bound.param_ref.parameter_not_found_action == "Deny":
        sought = bound.param_ref.name or "of the binding's selector"
        raise NoParamsError(f"there is no {bound.param_kind.kind} {sought}, the policy's parameter")
    return found


def _params(
    kind: ParamKind, ref: ParamRef, namespace: str, objects: Mapping[Identity, RawDocument]
) -> Iterator[dict[str, Any]]:
    for (_, _, home, name), raw in _of_kind(kind, objects):
        labels = raw["metadata"].get("labels") or {}
        wanted = name == ref.name or (ref.selector is not None and selects(ref.selector, labels))
        if wanted and (not home or home == (ref.namespace or namespace)):
            yield as_admitted(raw, home)


def _of_its_name(bound: Bound, kind: ParamKind, objects: Mapping[Identity, RawDocument]) -> Iterator[dict[str, Any]]:
    if bound.by_name:
        for (_, _, home, name), raw in _of_kind(kind, objects):
            if name == bound.policy:
                yield as_admitted(raw, home)


def _of_kind(kind: ParamKind, objects: Mapping[Identity, RawDocument]) -> Iterator[tuple[Identity, dict[str, Any]]]:
    for identity, document in sorted(objects.items(), key=lambda item: item[0]):
        if identity[1] == kind.kind and document.object["apiVersion"] == kind.api_version:
            yield identity, document.object
