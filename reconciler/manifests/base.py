"""What all manifest models share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from reconciler.diagnostics import Origin


class Model(BaseModel):
    """A structure of a CRD: camelCase in manifests, snake_case here, unknown fields refused, types as in JSON.

    Models are built when first used (`defer_build`), so that a command pays only for the kinds it meets.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, defer_build=True, frozen=False, validate_by_name=False
    )


class Metadata(Model):
    """ObjectMeta, as far as gitway reads it; the rest is accepted and ignored."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str = ""
    generation: int | None = None
    creation_timestamp: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Resource(Model):
    """A manifest of a known kind. `namespace` of a namespaced object without one is `default`."""

    group: ClassVar[str]
    kind_name: ClassVar[str]
    namespaced: ClassVar[bool] = True

    api_version: str
    kind: str
    metadata: Metadata


R = TypeVar("R", bound=Resource, covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[R]):
    """A valid resource, with its place and its raw object (for `status`, which prints it back)."""

    resource: R
    origin: Origin
    raw: dict[str, Any] = field(repr=False)
