"""How validators refuse what a schema alone cannot: the CRDs' CEL rules and the uniqueness of list entries.

A rule that is broken is a `Violation`; all violations of one structure travel in one pydantic error, from which
`reconciler.manifests.explain` makes diagnostics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from reconciler.diagnostics import FieldPath

VIOLATIONS: Final = "violations"
"""The type of the pydantic errors made here, and the key of their violations in the error's context."""


class Violation(NamedTuple):
    """A broken rule: what must hold, in words that follow a field's name. `path` is relative to the structure."""

    message: str
    path: FieldPath = ()
    help: str = ""


def refused(violations: Iterable[Violation]) -> PydanticCustomError:
    """The error to raise for broken rules."""
    return PydanticCustomError(VIOLATIONS, "breaks a rule", {VIOLATIONS: tuple(violations)})


def fits_type(kind: str, settings: Mapping[str, tuple[str, object]], field: str = "type") -> Iterator[Violation]:
    """Violations where settings do not go with the `kind` of a structure: those of its kind alone are there.

    Args:
        kind: the value of `field`.
        settings: value of `field` → name and value of the settings that go with it.
        field: the name of the field that decides.
    """
    for other, (name, value) in settings.items():
        if kind == other and value is None:
            yield Violation(f"must have {name} where {field} is {other}")
        elif kind != other and value is not None:
            yield Violation(f"may only be set where {field} is {other}; {field} is {kind}", (name,))


def check(violations: Iterable[Violation]) -> None:
    """Raise if there are any violations."""
    found = tuple(violations)
    if found:
        raise refused(found)


def unique_by(*attributes: str) -> AfterValidator:
    """Entries of a list differ in `attributes` (`x-kubernetes-list-type: map`, whose keys have no defaults)."""

    def key(item: Any) -> tuple[Any, ...]:
        return tuple(getattr(item, attribute) for attribute in attributes)

    words = " and ".join(attributes)

    def validate(items: list[Any]) -> list[Any]:
        if len(items) > 1:
            _refuse_repeated(items, key, f"{words} must be unique in the list", attributes[:1])
        return items

    return AfterValidator(validate)


def _distinct(items: list[Any]) -> list[Any]:
    if len(items) > 1:
        _refuse_repeated(items, lambda item: item, "must be unique in the list", ())
    return items


distinct: Final = AfterValidator(_distinct)
"""Entries of a list of scalars differ (`x-kubernetes-list-type: set`)."""


def _refuse_repeated(items: list[Any], key: Callable[[Any], object], message: str, suffix: tuple[str, ...]) -> None:
    first: dict[object, int] = {}
    repeated = [
        Violation(f"{message}; it is the same as in entry {earlier + 1} of the list", (index, *suffix))
        for index, item in enumerate(items)
        if (earlier := first.setdefault(key(item), index)) != index
    ]
    check(repeated)
