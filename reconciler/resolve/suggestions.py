"""Did-you-mean for names that do not exist."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches

_CANDIDATES = 64
"""Names compared at most: many dangling references in a large repository must not cost their product."""


class Names:
    """The names of one kind, by namespace."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_namespace: dict[str, list[str]] = defaultdict(list)
        self._namespaces: dict[str, list[str]] = defaultdict(list)
        for namespace, name in sorted(names):
            self._by_namespace[namespace].append(name)
            self._namespaces[name].append(namespace)

    def suggest(self, namespace: str, name: str) -> str:
        """A sentence that names what was probably meant, or an empty string."""
        close = get_close_matches(name, self._nearby(namespace, name), n=1, cutoff=0.75)
        if close:
            return f"Did you mean {close[0]}?"
        elsewhere = self._namespaces.get(name, ())
        if elsewhere:
            return f"There is one of this name in namespace {elsewhere[0]}: is `namespace` missing?"
        return ""

    def _nearby(self, namespace: str, name: str) -> list[str]:
        """All names of the namespace or, of very many, those next to it in alphabetical order."""
        names = self._by_namespace.get(namespace, [])
        if len(names) <= _CANDIDATES:
            return names
        start = max(0, bisect_left(names, name) - _CANDIDATES // 2)
        return names[start : start + _CANDIDATES]
