"""What is to be known of a code."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A stable code; none is ever given another meaning.

    Attributes:
        title: in a few words, what was found.
        why: what it means and why it is reported.
        example: a fragment that leads to it, or an empty string where none would help.
        remedy: what to do about it.
    """

    code: str
    title: str
    why: str
    remedy: str
    example: str = ""
