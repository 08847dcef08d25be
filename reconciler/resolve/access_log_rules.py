"""Expressions of CEL that choose which requests are logged."""

from __future__ import annotations


def expression_problem(expression: str) -> str:
    """Why it cannot be read, or an empty string. What it may name only Envoy knows."""
    import cel

    try:
        cel.compile(expression)
    except ValueError as error:
        return str(error).splitlines()[0] if str(error) else "not an expression"
    return ""
