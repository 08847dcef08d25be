"""The filters that HTTPRoutes and GRPCRoutes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.references import BackendObjectReference, LocalObjectReference
from reconciler.manifests.rules import Violation, check, distinct, refused, unique_by
from reconciler.manifests.values import HeaderName, HeaderValue, NonNegative32, Positive32


class HTTPHeader(Model):
    """A header to set or add."""

    name: HeaderName
    value: HeaderValue


class HTTPHeaderFilter(Model):
    """Changes of headers."""

    set: Annotated[list[HTTPHeader], Field(max_length=16), unique_by("name")] = Field(default_factory=list)
    add: Annotated[list[HTTPHeader], Field(max_length=16), unique_by("name")] = Field(default_factory=list)
    remove: Annotated[list[str], Field(max_length=16), distinct] = Field(default_factory=list)


class Fraction(Model):
    """A share: `numerator` of `denominator`."""

    numerator: NonNegative32
    denominator: Positive32 = 100

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.numerator > self.denominator:
            message = f"must be at most the denominator, {self.denominator}"
            raise refused([Violation(message, ("numerator",))])
        return self


class HTTPRequestMirrorFilter(Model):
    """A backend that is sent a copy of requests; without `percent` and `fraction`, of all."""

    backend_ref: BackendObjectReference
    percent: Annotated[int, Field(ge=0, le=100)] | None = None
    fraction: Fraction | None = None

    @model_validator(mode="after")
    def _one_share(self) -> Self:
        if self.percent is not None and self.fraction is not None:
            raise refused([Violation("may have percent or fraction, not both")])
        return self


class RouteFilter(Model):
    """One filter: exactly the field that belongs to its type is set.

    `settings` has, for each type, the attribute and the field that belong to it.
    """

    settings: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType(
        {
            "RequestHeaderModifier": ("request_header_modifier", "requestHeaderModifier"),
            "ResponseHeaderModifier": ("response_header_modifier", "responseHeaderModifier"),
            "RequestMirror": ("request_mirror", "requestMirror"),
            "ExtensionRef": ("extension_ref", "extensionRef"),
        }
    )

    type: str
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_mirror: HTTPRequestMirrorFilter | None = None
    extension_ref: LocalObjectReference | None = None

    @model_validator(mode="after")
    def _settings_fit_type(self) -> Self:
        # The usual case, in one look: the type's own field and no other.
        if len(self.model_fields_set) == 2 and getattr(self, self.settings[self.type][0]) is not None:
            return self
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for type_, (attribute, field) in self.settings.items():
            present = getattr(self, attribute) is not None
            if present and self.type != type_:
                yield Violation(f"may only be set where type is {type_}; type is {self.type}", (field,))
            elif not present and self.type == type_:
                yield Violation(f"must have {field} where type is {type_}")


def repeated(filters: Sequence[RouteFilter], once: frozenset[str]) -> Iterator[Violation]:
    """Violations for filters that are given again though they are of a type that may be given only `once`."""
    seen: set[str] = set()
    for index, each in enumerate(filters):
        if each.type in once and each.type in seen:
            yield Violation(f"{each.type} may be given only once in the list", (index,))
        seen.add(each.type)
