"""What a command's parameters say about themselves, without the library that makes a command line of them.

A command is a function whose parameters are `Annotated` with `Option` or `Argument`. Two readers take it from there:
`simple` reads the command lines that need no help, at once; `application` gives typer all others.
"""

from __future__ import annotations

from typing import NamedTuple


class Argument(NamedTuple):
    """A parameter that is told by its position."""

    help: str
    metavar: str | None = None


class Declared(NamedTuple):
    """A parameter that is told by its name; made by `Option`.

    Attributes:
        names: `--name`, `-n`, or for two flags `--name/--no-name`.
        metavar: what help calls the value.
        show_default: what help calls the default, or whether it names it.
        min: the least number.
    """

    names: tuple[str, ...]
    help: str = ""
    metavar: str | None = None
    show_default: bool | str = True
    min: float | None = None


def Option(  # noqa: N802  read as typer's
    *names: str,
    help: str = "",  # noqa: A002  read as typer's
    metavar: str | None = None,
    show_default: bool | str = True,
    min: float | None = None,  # noqa: A002  read as typer's
) -> Declared:
    """A parameter that is told by its name, with the arguments of `typer.Option`."""
    return Declared(names, help, metavar, show_default, min)
