"""Whether two names are of one repository, however it was cloned."""

from __future__ import annotations

import re

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^/@]*@)?(?P<host>[^/:]*)(?::\d+)?/(?P<path>.+)")
_SCP = re.compile(r"(?:[^/@:]+@)?(?P<host>[^/:@]+):(?P<path>[^/].*|/.+)")


def same_repository(one: str, other: str) -> bool | None:
    """Compares two names: `https://host/path.git`, `ssh://git@host/path`, `git@host:path` are the same.

    Returns:
        None where this cannot be said from the names: a folder's name or a path on some machine.
    """
    if one == other:
        return True
    first, second = _address(one), _address(other)
    if first is None or second is None:
        return None
    return first == second


def _address(name: str) -> tuple[str, str] | None:
    found = _URL.fullmatch(name) or _SCP.fullmatch(name)
    if not found or found.groupdict().get("scheme") == "file" or not found["host"]:
        return None
    return found["host"].lower(), found["path"].strip("/").removesuffix(".git")
