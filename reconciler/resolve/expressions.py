"""Regular expressions as Envoy reads them (RE2), each compiled once."""

from __future__ import annotations

import re

import re2

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


class Expressions:
    """Remembers what RE2 has to say about each pattern."""

    def __init__(self) -> None:
        self._options = re2.Options()
        self._options.log_errors = False
        self._problems: dict[str, str] = {}

    def problem(self, pattern: str) -> str:
        """RE2's reason for refusing a pattern, or an empty string."""
        known = self._problems.get(pattern)
        if known is None:
            known = self._problems[pattern] = self._compile(pattern)
        return known

    def substitution_problem(self, pattern: str, substitution: str) -> str:
        """Why RE2 would not put `substitution` in the place of what a good `pattern` matches; else an empty string."""
        groups = re2.compile(pattern, self._options).groups
        for found in _ESCAPE.finditer(substitution):
            if found[1] == "\\":
                continue
            if not found[1].isdecimal():
                return "a backslash has to come before a digit or a backslash"
            if int(found[1]) > groups:
                return f"there is no group {found[1]} in the pattern"
        return ""

    def _compile(self, pattern: str) -> str:
        if not pattern:
            return "it is empty"
        try:
            re2.compile(pattern, self._options)
        except re2.error as error:
            reason = error.args[0] if error.args else "not a regular expression"
            return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return ""
