"""Reads the command lines that need no help: known options by their full names, with values that are right.

Typer takes longer to import than many a command takes to run. What is not certain here (another spelling, a missing or
wrong value, an option given twice, `--help`) is left to it: it says what is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from reconciler.cli.parameters import Declared

Command = Callable[..., None]


class _Named(NamedTuple):
    """What a spelling of an option stands for. `convert` is None for a flag, whose value is `flag`."""

    parameter: str
    repeatable: bool
    convert: Callable[[str], Any] | None
    flag: bool = True


def call(command: Command, words: Sequence[str]) -> Callable[[], None] | None:
    """The call of a command that its options ask for; None where that is for typer to tell."""
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    spellings = _spellings(parameters)
    values: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        name, equals, written = word.partition("=") if word.startswith("--") else (word, "", "")
        named = spellings.get(name)
        if named is None or (named.parameter in values and not named.repeatable):
            return None
        if named.convert is None:
            if equals:
                return None
            values[named.parameter] = named.flag
            continue
        text = written if equals else next(rest, "-")
        if text.startswith("-"):
            return None
        try:
            value = named.convert(text)
        except ValueError:
            return None
        values[named.parameter] = [*values.get(named.parameter, ()), value] if named.repeatable else value
    return partial(command, **{parameter.name: parameter.default for parameter in parameters} | values)


def _spellings(parameters: Iterable[inspect.Parameter]) -> Mapping[str, _Named]:
    """Every name of every option."""
    found: dict[str, _Named] = {}
    for parameter in parameters:
        annotated, *about = get_args(parameter.annotation)
        declared = next((one for one in about if isinstance(one, Declared)), None)
        if declared is None or parameter.default is inspect.Parameter.empty:
            raise TypeError(f"{parameter.name} is not an option with a default")
        repeatable, kind = _kind(annotated)
        for names in declared.names:
            positive, _, negative = names.partition("/")
            convert = None if kind is bool else _converter(kind, declared.min)
            found[positive] = _Named(parameter.name, repeatable, convert)
            if negative:
                found[negative] = _Named(parameter.name, repeatable, convert, flag=False)
    return found


def _kind(annotated: Any) -> tuple[bool, Any]:
    """Whether there may be several values, and the type of one; `None` is only ever the default."""
    if get_origin(annotated) in {Union, UnionType}:
        (annotated,) = (one for one in get_args(annotated) if one is not NoneType)
    if get_origin(annotated) is list:
        return True, get_args(annotated)[0]
    return False, annotated


def _converter(kind: Any, least: float | None) -> Callable[[str], Any]:
    """Text → a value, or ValueError."""
    if kind not in {str, Path, int, float} and not issubclass(kind, Enum):
        raise TypeError(f"no value of a command line is a {kind}")
    if least is None:
        return kind  # type: ignore[no-any-return]  # a class

    def convert(text: str) -> Any:
        value = kind(text)
        if not value >= least:
            raise ValueError(text)
        return value

    return convert
