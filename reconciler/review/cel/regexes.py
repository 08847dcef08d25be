"""Kubernetes' regex library; the syntax is RE2's, as that of `matches`."""

from __future__ import annotations

from typing import cast

import re2


def find(text: str, pattern: str) -> str:
    """`find`: the first match, or an empty string."""
    match = re2.search(pattern, text)
    return cast("str", match.group(0)) if match else ""


def find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    """`findAll`: the matches, at most `limit`."""
    found = [cast("str", match.group(0)) for match in re2.finditer(pattern, text)]
    return found if limit < 0 else found[:limit]


def matches(text: str, pattern: str) -> bool:
    """`matches`: somewhere in the text."""
    return re2.search(pattern, text) is not None
