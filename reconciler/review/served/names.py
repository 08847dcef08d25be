"""Which rule of which object a resource is of: gitway's names of resources say it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NAME: Final = re.compile(
    r"(?P<kind>[a-z]+)/(?P<namespace>[^/]+)/(?P<name>[^/]+)/rule/(?P<rule>-?\d+)[^/]*"
    r"(?:/match/(?P<match>-?\d+))?(?:/backend/(?P<backend>\d+))?"
)


class Owner(NamedTuple):
    """`kind` is in lower case; rule and match count from 0, as in the manifest; a rule of -1 is the only one."""

    kind: str
    namespace: str
    name: str
    rule: int
    match: int | None = None
    backend: int | None = None


def owner(name: str) -> Owner | None:
    """The owner of a route, cluster or locality of this name; None for those that belong to no rule."""
    found = _NAME.match(name)
    if found is None:
        return None
    match, backend = found["match"], found["backend"]
    return Owner(
        found["kind"],
        found["namespace"],
        found["name"],
        int(found["rule"]),
        None if match is None else int(match),
        None if backend is None else int(backend),
    )
