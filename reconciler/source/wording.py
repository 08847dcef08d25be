"""How text of files is written in messages: files may come from anybody, and messages go to terminals."""

from __future__ import annotations

import re
from typing import Final

UNPRINTABLE: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAX_SHOWN: Final = 60


def printable(text: str) -> str:
    """The text with what would upset a terminal, or cannot be encoded, escaped."""
    return UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def shown(text: str) -> str:
    """The text in a message: printable, and cut where it is long."""
    return printable(text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…")
