"""`dataclass` as of the standard library, but cheap to define: a tenth of a millisecond instead of half a one or more.

A command defines more than a hundred dataclasses when it is imported, most of which it never makes an instance of. The
standard library compiles half a dozen methods for each of them. Here only `__init__` is compiled, and that when the
first instance is made; the other methods are the same functions for all classes, working on the values of the fields.
What comes of it is a dataclass for `replace`, `fields`, `asdict` and type checkers alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

__all__ = ["dataclass"]

_VALUES = "__record_values__"
"""The attribute of such a class that gives the values of an instance's fields."""

if TYPE_CHECKING:
    from dataclasses import dataclass  # noqa: TID251  what it is to type checkers
else:

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True
    ) -> type | Callable[[type], type]:
        """Make a class a dataclass: `dataclasses.dataclass`, of whose options these are known."""
        if cls is None:
            return lambda cls: _made(cls, frozen, slots, eq)
        return _made(cls, frozen, slots, eq)


def _made(cls: type, frozen: bool, slots: bool, eq: bool) -> type:
    own = {name for name, value in vars(cls).items() if (name, value) != ("__hash__", None)}  # which __eq__ sets
    added: dict[str, Any] = {"__repr__": _repr}
    if eq:
        added |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        added |= {"__setattr__": _refuse_set, "__delattr__": _refuse_delete}
        if slots:
            added |= {"__getstate__": _getstate, "__setstate__": _setstate}
    made: Any = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=slots)  # noqa: TID251  made cheap here
    for name in added.keys() - own:
        setattr(made, name, added[name])
    setattr(made, _VALUES, _getter([field.name for field in dataclasses.fields(made) if field.compare]))
    made.__init__ = _first_init(made, frozen)
    return cast("type", made)


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """The values of the fields that take part in comparisons."""
    if len(names) > 1:
        return staticmethod(attrgetter(*names))
    return staticmethod(lambda self: tuple([getattr(self, name) for name in names]))


def _first_init(cls: type, frozen: bool) -> Callable[..., None]:
    """An `__init__` that puts the real one into its place."""

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N807  it is one
        init = _compiled_init(cls, frozen)
        cls.__init__ = init  # type: ignore[misc]
        init(self, *args, **kwargs)

    return __init__


def _compiled_init(cls: type, frozen: bool) -> Callable[..., None]:
    """What the standard library makes of the fields' defaults: arguments in order, keyword-only ones last."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_absent": dataclasses.MISSING}
    arguments: list[str] = []
    keywords: list[str] = []
    body: list[str] = []
    for field in dataclasses.fields(cls):
        name, value, default = field.name, field.name, ""
        known[f"_default_{name}"] = field.default
        known[f"_factory_{name}"] = field.default_factory
        if field.default_factory is not dataclasses.MISSING:
            default, value = "=_absent", f"_factory_{name}() if {name} is _absent else {name}"
        elif field.default is not dataclasses.MISSING:
            default = f"=_default_{name}"
        if field.init:
            (keywords if field.kw_only else arguments).append(name + default)
        elif field.default_factory is not dataclasses.MISSING:
            value = f"_factory_{name}()"
        else:
            value = f"_default_{name}"
        if field.init or default:
            body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    star = ["*", *keywords] if keywords else []
    head = ", ".join(["self", *arguments, *star])
    exec(f"def __init__({head}):\n " + "\n ".join(body or ["pass"]), known)  # noqa: S102  of the names of a class of ours
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = self.__record_values__
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(self.__record_values__(self))


def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
