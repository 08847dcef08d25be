"""Texts of manifests in Markdown: shown as they are, never read as Markdown, HTML, a mention or a link.

Manifests of a fork's pull request are anybody's.
"""

from __future__ import annotations

import re
from typing import Final

_SAFE: Final = re.compile(r"[A-Za-z0-9 .,/()%=;?-]")
_WEB_ADDRESS: Final = re.compile(r"www\.", re.IGNORECASE)
_INVISIBLE: Final = "\u200b"
"""Keeps GitHub from reading `@name` as a mention and `#1` as an issue, which it does after Markdown."""


def plain(text: str) -> str:
    """Text in a paragraph or a cell of a table; everything that could mean something is an entity."""
    escaped = "".join(_entity(letter) for letter in _line(text))
    return _WEB_ADDRESS.sub(lambda found: found[0][:-1] + "&#46;", escaped)


def code(text: str) -> str:
    """Text as an inline `code` element, in a table too."""
    return f"<code>{plain(text)}</code>" if text else ""


def fenced(text: str, language: str = "") -> str:
    """A block of code, with a fence that is longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{_block(text)}\n{fence}"


def _entity(letter: str) -> str:
    if _SAFE.match(letter) or ord(letter) > 127:
        return letter
    hidden = _INVISIBLE if letter in "@#" else ""
    return f"&#{ord(letter)};{hidden}"


def _line(text: str) -> str:
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text.replace("\n", " "))


def _block(text: str) -> str:
    kept = (one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text.rstrip("\n"))
    return "".join(kept)
