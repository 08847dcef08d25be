"""Dataclasses that are cheap to define are what the standard library makes of the same class."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import records

OPTIONS: list[dict[str, bool]] = [
    {},
    {"frozen": True},
    {"slots": True},
    {"eq": False},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "eq": False},
]


def define(dataclass: Callable[..., Any], options: dict[str, bool]) -> Any:
    @dataclass(**options)
    class Point:
        """A class with fields of every manner."""

        x: int
        y: str = "there"
        tags: list[int] = dataclasses.field(default_factory=list)
        seen: int = dataclasses.field(default=0, compare=False, repr=False)
        later: int = dataclasses.field(default=7, init=False)
        named: str = dataclasses.field(default="n", kw_only=True)

    return Point


arguments = st.tuples(
    st.lists(st.sampled_from([1, 2, "a"]), max_size=4),
    st.dictionaries(st.sampled_from(["x", "y", "tags", "seen", "later", "named"]), st.sampled_from([1, 2]), max_size=3),
)
Arguments = tuple[list[Any], dict[str, Any]]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@given(first=arguments, second=arguments)
def test_makes_what_the_standard_library_makes(options: dict[str, bool], first: Arguments, second: Arguments) -> None:
    ours, theirs = define(records.dataclass, options), define(dataclasses.dataclass, options)
    assert told(ours, first, second) == told(theirs, first, second)


def told(cls: Any, first: Arguments, second: Arguments) -> list[object]:
    """What can be seen of two instances of a class."""
    try:
        one, other = (cls(*given, **named) for given, named in (first, second))
    except TypeError:
        return ["refused"]
    seen = [
        dataclasses.asdict(one),
        repr(one),
        one == other,
        dataclasses.asdict(copy.copy(one)),
        hasattr(one, "__dict__"),
    ]
    seen += [repr(dataclasses.replace(one, x=9, named="m")), one == dataclasses.replace(one, x=one.x)]
    for change, values in ((setattr, ("x", 9)), (delattr, ("x",))):
        try:
            change(one, *values)
        except dataclasses.FrozenInstanceError as error:
            seen.append(str(error))
    return seen


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_hashes_as_the_standard_library_does(options: dict[str, bool]) -> None:
    for dataclass in (records.dataclass, dataclasses.dataclass):

        @dataclass(**options)
        class Pair:
            a: int
            b: tuple[int, ...] = ()

        if options.get("frozen") and options.get("eq", True):
            assert len({Pair(1), Pair(1, ()), Pair(2)}) == 2
        elif options.get("eq", True):
            assert Pair.__hash__ is None
        else:
            assert len({Pair(1), Pair(1)}) == 2


@records.dataclass(frozen=True, slots=True)
class Kept:
    """At the top level, where pickle finds it."""

    a: int
    b: str = ""


@records.dataclass(frozen=True, slots=True)
class Derived(Kept):
    """With the fields of another."""

    c: int = 3


def test_can_be_pickled_and_derived() -> None:
    assert pickle.loads(pickle.dumps(Derived(1, "b"))) == Derived(1, "b", 3)


def test_another_class_is_not_equal() -> None:
    others: list[object] = [Derived(1), (1, "")]
    assert Kept(1) == Kept(1)
    assert Kept(1) not in others


def test_runs_what_comes_after_init() -> None:
    @records.dataclass
    class Total:
        parts: tuple[int, ...]
        total: int = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            self.total = sum(self.parts)

    assert Total((1, 2)).total == 3
