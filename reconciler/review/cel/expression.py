"""Expressions of guardrails: checked when they are loaded, evaluated often.

What the engine cannot evaluate is an error at load (an unknown function, a variable that there is not, the optional
syntax `.?`), never a rule that passes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import cel

from reconciler.records import dataclass
from reconciler.review.cel.lexer import bound_names, composed_names, renamed_calls
from reconciler.review.cel.library import BUILT_IN, FUNCTIONS, IN_PLACE, NAMESPACES, TYPES

_OURS: Final = "gitway_"
"""Before the names of functions that the engine would not leave to us."""

COMPOSED: Final = "variables"
"""The variable that holds the policy's own."""


class CelError(Exception):
    """An expression that cannot be loaded or evaluated; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A loaded expression. `functions` are those of the library that it calls, under the engine's names."""

    source: str
    program: cel.Program
    functions: frozenset[str] = frozenset()

    def evaluate(self, environment: Environment) -> Any:
        """The value.

        Raises:
            CelError: a field that is not there, a type that does not fit, a function's refusal.
        """
        try:
            return self.program.execute(environment.context)
        except KeyError as error:
            raise CelError(f"no such key: {error.args[0]}") from error
        except (RuntimeError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise CelError(_reason(error)) from error


class Environment:
    """What expressions see: the functions, and variables that are looked up when they are asked for."""

    def __init__(self, variables: Mapping[str, Any], expressions: Iterable[Expression]) -> None:
        """For these expressions, and `variables` by name; None stands for null."""
        logging.getLogger("cel").addHandler(logging.NullHandler())  # it logs what we report
        called = {name for expression in expressions for name in expression.functions}
        functions = {name: FUNCTIONS[name.removeprefix(_OURS)] for name in called}
        self.context = cel.Context({**TYPES, **{name: {} for name in NAMESPACES}, **variables}, functions)

    def set(self, name: str, value: Any) -> None:
        """Another value of a variable."""
        self.context.add_variable(name, value)


def load(source: str, variables: Iterable[str], composed: Iterable[str] = ()) -> Expression:
    """Parse and check an expression.

    Args:
        source: as written.
        variables: the names it may use.
        composed: the names of the policy's own variables that it may use, as `variables.NAME`.

    Raises:
        CelError: it cannot be evaluated here.
    """
    try:
        program = cel.compile(renamed_calls(source, lambda name: _OURS + name if name in IN_PLACE else name))
    except ValueError as error:
        raise CelError(_syntax(error)) from error
    references = program.references()
    _require("function ", _called(references["functions"]), BUILT_IN | FUNCTIONS.keys())
    known = {*variables, *TYPES, *NAMESPACES, "optional"} | bound_names(source)
    _require("variable ", references["variables"], known)
    _require(f"variable {COMPOSED}.", composed_names(source), composed)
    ours = (_OURS + name if name in IN_PLACE else name for name in FUNCTIONS)
    return Expression(source, program, frozenset(ours).intersection(references["functions"]))


def _called(names: Iterable[str]) -> Iterable[str]:
    """The functions among operators and functions, under the names that people write."""
    return (name.removeprefix(_OURS) for name in names if name.isidentifier() and not _is_operator(name))


def _is_operator(name: str) -> bool:
    return name.startswith("_") and name.endswith("_")


def _require(what: str, used: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(used) - set(known))
    if unknown:
        raise CelError(f"unknown {what}{', '.join(unknown)}")


def _syntax(error: ValueError) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    found = [line.split(": ", 2)[-1] for line in lines if "ERROR" in line]
    text = found[0] if found else lines[0]
    if "unsupported syntax" in text:
        return f"{text}: write has(…) and a conditional instead"
    return text.removeprefix("Syntax error: ")


def _reason(error: Exception) -> str:
    """The engine's message in one line, without its advice."""
    text = str(error).partition(". Check ")[0].partition(". CEL does not")[0]
    for head in ("Python function call failed: ", "error: "):
        text = text.rpartition(head)[2] or text
    return " ".join(text.split())
