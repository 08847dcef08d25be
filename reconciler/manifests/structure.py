"""What a model is made of, by the names that manifests use."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import Model


def fields_of(structure: type[Model]) -> dict[str, FieldInfo]:
    """The fields of a structure as manifests spell them."""
    # Aliases that are generated are known to pydantic only after a model was built.
    return {field.alias or to_camel(name): field for name, field in structure.model_fields.items()}


def structure_at(model: type[Model], path: FieldPath) -> type[Model] | None:
    """The model of the structure at a path below `model`; None where there is none."""
    annotation: Any = model
    for step in path:
        annotation = unwrapped(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Model):
            field = fields_of(annotation).get(str(step))
            annotation = field.annotation if field is not None else None
        else:
            annotation = get_args(annotation)[-1] if get_args(annotation) else None
    annotation = unwrapped(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Model) else None


def unwrapped(annotation: Any) -> Any:
    """An annotation without `Annotated` and `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in {Union, types.UnionType}:
            annotation = next((each for each in get_args(annotation) if each is not types.NoneType), None)
        else:
            return annotation
