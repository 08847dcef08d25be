"""Label selectors (`metav1.LabelSelector`) of namespaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.manifests.references import LabelSelector

NAME_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes puts it on every namespace; so does gitway, also on those without a manifest."""

Labels = Mapping[str, str]

_OPERATORS: Mapping[str, Callable[[Labels, str, Sequence[str]], bool]] = {
    "In": lambda labels, key, values: key in labels and labels[key] in values,
    "NotIn": lambda labels, key, values: labels.get(key) not in values,
    "Exists": lambda labels, key, _: key in labels,
    "DoesNotExist": lambda labels, key, _: key not in labels,
}


def problem(selector: LabelSelector) -> str:
    """What makes a selector unusable, or an empty string."""
    for expression in selector.match_expressions:
        if expression.operator not in _OPERATORS:
            return f"operator {expression.operator!r} is not one of {', '.join(_OPERATORS)}"
        if expression.operator in ("In", "NotIn") and not expression.values:
            return f"operator {expression.operator} needs values"
    return ""


def matches(selector: LabelSelector, labels: Labels) -> bool:
    """Whether labels satisfy a selector without problems; an empty selector matches everything."""
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _OPERATORS[expression.operator](labels, expression.key, expression.values)
        for expression in selector.match_expressions
    )


def namespace_labels(name: str, labels: Labels | None) -> Labels:
    """The labels of a namespace, given those of its manifest if it has one."""
    return {**(labels or {}), NAME_LABEL: name}
