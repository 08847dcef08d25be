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
        quoted: what the message repeats of the file, as it stands in the message; `quotes_key` if that is a key.
    """

    def __init__(
        self,
        message: str,
        line: int,
        column: int,
        code: str = codes.SYNTAX,
        *,
        quoted: str = "",
        quotes_key: bool = False,
    ) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message = message
        self.line = line
        self.column = column
        self.code = code
        self.quoted = quoted
        self.quotes_key = quotes_key
        self.others: tuple[YamlError, ...] = ()
