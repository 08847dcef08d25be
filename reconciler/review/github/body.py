"""The text of a comment: marked as ours, within GitHub's limit, and harmless where a fork wrote it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

LIMIT: Final = 65_536
"""Characters of a comment, counted as JavaScript does."""
NOTE: Final = "_The rest is cut: a comment has 65,536 characters. The summary of the run has all of it._"

_JOINER: Final = "\N{WORD JOINER}"
_LIVELY: Final = re.compile(r"(?<=@)(?=\w)|(?<=<)(?=!--|img\b)|(?<=!)(?=\[)", re.IGNORECASE)
"""Where a mention, a hidden comment or an image begins."""


_MARKED: Final = re.compile(r"\s*<!-- gitway:[a-z0-9-]+ -->\n")


def marker(key: str) -> str:
    """The first line of a comment, which GitHub does not show and by which it is found again."""
    return f"<!-- gitway:{key} -->"


def read(path: Path) -> str:
    """The text of a file that may be anybody's: no link is followed, and no more is read than can be posted.

    It comes without the marker that a plan has: which comment it becomes is not for it to say.

    Raises:
        OSError: it cannot be read, or is not a file.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123  a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "not a file", str(path))
        text = file.read(4 * LIMIT + 1).decode(errors="replace")
    text = text.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    marked = _MARKED.match(text)
    return text[marked.end() :] if marked else text


def compose(key: str, text: str, foot: str = "") -> str:
    """A comment's whole text."""
    end = f"\n\n{foot}\n" if foot else "\n"
    return f"{marker(key)}\n{fit(text.strip(), LIMIT - length(marker(key)) - length(end) - 1)}{end}"


def harmless(text: str) -> str:
    """Text that mentions nobody, loads no images and hides nothing."""
    return _LIVELY.sub(_JOINER, text)


def length(text: str) -> int:
    """Characters as GitHub may count them: those beyond U+FFFF twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, room: int) -> str:
    """As many whole lines as there is room for, what they open closed, and a note if lines are missing."""
    if length(text) <= room:
        return text
    kept: list[str] = []
    opened = _Open()
    end = ""
    used = 0
    for line in text.split("\n"):
        opened.read(line)
        used += length(line) + 1
        closing = "\n".join(["", *opened.closing(), "", NOTE])
        if used + length(closing) > room:
            break
        kept.append(line)
        end = closing
    return "\n".join(kept) + end if kept else NOTE


class _Open:
    """The code block and the `<details>` that lines have opened."""

    def __init__(self) -> None:
        self._fence = ""
        self._details = 0

    def read(self, line: str) -> None:
        found = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if self._fence:
            if found and found[1].startswith(self._fence) and not line.strip().strip(self._fence[0]):
                self._fence = ""
        elif found:
            self._fence = found[1]
        else:
            self._details = max(0, self._details + line.count("<details") - line.count("</details>"))

    def closing(self) -> list[str]:
        return [*([self._fence] if self._fence else []), *(["", "</details>"] * self._details)]
