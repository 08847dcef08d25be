"""A raw object → a typed resource, or what the API server would have to say about it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.diagnostics import Diagnostic, FieldPath, Origin
from reconciler.manifests.base import Loaded, Resource
from reconciler.manifests.explain import explain
from reconciler.manifests.identify import refusal, split
from reconciler.manifests.registry import SERVED, model


def load(raw: object, origin: Origin) -> Loaded[Resource] | tuple[Diagnostic, ...]:
    """The resource that `raw` is, or all reasons why it is none.

    Defaults of its CRD are applied. As in the API server, a field that is null counts as absent, and a number such as
    `80.0` as the whole number it is.
    """
    if not isinstance(raw, dict):
        return (refusal(raw, origin),)
    api_version, kind_name = raw.get("apiVersion"), raw.get("kind")
    known = isinstance(api_version, str) and isinstance(kind_name, str)
    kind = SERVED.get((api_version, kind_name)) if known else None  # type: ignore[arg-type]  # texts, where known
    if kind is None or not kind.modelled:
        return (refusal(raw, origin),)
    resource_model = model(kind, split(raw["apiVersion"])[1])
    try:
        return Loaded(resource_model.model_validate(raw), origin, raw)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    lenient = _as_decoded(raw, errors)
    if lenient is None:
        return explain(errors, resource_model, raw, origin)
    try:
        return Loaded(resource_model.model_validate(lenient), origin, raw)
    except ValidationError as error:
        return explain(error.errors(include_url=False), resource_model, raw, origin)


def _as_decoded(raw: dict[str, Any], errors: list[ErrorDetails]) -> dict[str, Any] | None:
    """A copy of `raw` without what the API server's decoder would not have objected to; None if there is no such thing.

    That is done only for what has failed, so that manifests without it pay nothing.
    """
    nulls: list[FieldPath] = []
    numbers: list[FieldPath] = []
    for error in errors:
        path, value = error["loc"], error["input"]
        if not path or not isinstance(path[-1], str) or error["type"] in {"extra_forbidden", "missing", "invalid_key"}:
            continue
        if value is None or (value == "" and path == ("metadata", "namespace")):
            nulls.append(path)
        elif isinstance(value, float) and error["type"].startswith("int") and value.is_integer():
            numbers.append(path)
    if not nulls and not numbers:
        return None
    copy: dict[str, Any] = _copied(raw)
    for path in nulls:
        _parent(copy, path).pop(path[-1], None)
    for path in numbers:
        parent = _parent(copy, path)
        parent[path[-1]] = int(parent[path[-1]])
    return copy


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return value


def _parent(value: Any, path: FieldPath) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value
