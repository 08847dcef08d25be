"""The errors of this room."""

from __future__ import annotations

from reconciler.source import codes


class SourceError(Exception):
    """The repository, or what was asked of it, cannot be read. `help` says what to do; it may be empty."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002  as in Diagnostic
        super().__init__(message)
        self.message = message
        self.help = help


class YamlError(Exception):
    """A file that is not what Kubernetes would read. `line` and `column` are 1-based, the column in characters.

    Attributes:
        code: the diagnostic's code.
        others: further findings of the same file; empty where reading could not go on.
    """

    def __init__(self, message: str, line: int, column: int, code: str = codes.SYNTAX) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message = message
        self.line = line
        self.column = column
        self.code = code
        self.others: tuple[YamlError, ...] = ()
