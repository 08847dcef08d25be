"""A regular expression (RE2, which has no look-ahead) for every string but some."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable


def all_but(words: Iterable[str]) -> str:
    """An expression that matches, as a whole, all strings without line breaks but these, which are not empty."""
    by_first: dict[str, set[str]] = defaultdict(set)
    ends = False
    for word in words:
        if word:
            by_first[word[0]].add(word[1:])
        else:
            ends = True
    if not by_first:
        return ".+" if ends else ".*"
    known = "".join(re.escape(first) for first in sorted(by_first))
    longer = [f"[^{known}].*", *(f"{re.escape(first)}{all_but(by_first[first])}" for first in sorted(by_first))]
    return f"(?:{'|'.join(longer)}){'' if ends else '?'}"
