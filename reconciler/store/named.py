"""Releases by the names that people give them: `42`, `9f8e7d6c`, `current`, `current~1`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from reconciler.store.errors import UnknownRelease
from reconciler.store.history import Cut, Entry, history
from reconciler.store.store import Store

CURRENT: Final = "current"

_NAME: Final = re.compile(r"(?P<start>current|[0-9]{1,16}|[0-9a-f]{4,64})(?:~(?P<back>[0-9]{1,9})?)?")
_NAMES: Final = (
    "a release is named by its serial (42), by at least four digits of its digest (9f8e), or as current, and "
    "what is before it by ~1, ~2, …; `gitway history` lists them"
)


def named_release(store: Store, name: str) -> Entry:
    """The release of this name. Digits alone are a serial, or else the beginning of a digest.

    Raises:
        UnknownRelease: there is none, or more than one.
        StoreError: the store cannot be read, or a release on the way is damaged.
    """
    given = _NAME.fullmatch(name.lower())
    if given is None:
        raise UnknownRelease(f"{name!r} does not name a release", _NAMES)
    back = int(given["back"] or 1) if "~" in name else 0
    entries = list(history(store)) if back or given["start"] != CURRENT else list(islice(history(store), 1))
    if not entries:
        raise UnknownRelease(f"nothing has been published into {store.url}", "publish first")
    at = _find(entries, given["start"], store, name) + back
    if at < len(entries) and isinstance(found := entries[at], Entry):
        return found
    raise _unknown(entries, store, name)


def _find(entries: list[Entry | Cut], start: str, store: Store, name: str) -> int:
    if start == CURRENT:
        return 0
    releases = [(at, entry) for at, entry in enumerate(entries) if isinstance(entry, Entry)]
    of_serial = [at for at, entry in releases if start.isdigit() and entry.release.serial == int(start)]
    matches = of_serial or [at for at, entry in releases if len(start) >= _SHORTEST and entry.digest.startswith(start)]
    if len(matches) > 1:
        digests = ", ".join(_digests(entries, matches))
        raise UnknownRelease(f"{name!r} is the beginning of several digests", f"they are {digests}")
    if not matches:
        raise _unknown(entries, store, name)
    return matches[0]


_SHORTEST: Final = 4


def _digests(entries: list[Entry | Cut], matches: list[int]) -> Iterator[str]:
    for at in matches:
        yield entries[at].digest


def _unknown(entries: list[Entry | Cut], store: Store, name: str) -> UnknownRelease:
    last = entries[-1]
    if isinstance(last, Cut):
        gone = "collected" if last.collected else "lost"
        return UnknownRelease(
            f"there is no release {name!r} in {store.url}, where those before serial {last.serial} have been {gone}",
            _NAMES,
        )
    return UnknownRelease(f"there is no release {name!r} in {store.url}", _NAMES)
