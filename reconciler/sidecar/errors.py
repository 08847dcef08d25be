"""The errors of this room."""

from __future__ import annotations


class _Told(Exception):
    """An error with a remedy.

    Attributes:
        message: what is wrong.
        help: what to do about it.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 (the name that all rooms use)
        super().__init__(message)
        self.message = message
        self.help = help


class OptionError(_Told, ValueError):
    """An option that cannot be used, whatever the machine does at the moment."""


class ListenError(_Told):
    """The machine does not let us listen: the port is in use, or the address is not its own."""
