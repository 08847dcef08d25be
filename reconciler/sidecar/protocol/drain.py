"""How long is kept what only old connections use, after listeners have changed.

Envoy serves a connection by the filter chain with which it began until that is drained (its `--drain-time-s`), and
needs the chain's route tables, clusters, endpoints and secrets for as long, although no release names them any more.
Until then it stays subscribed to the chain's route tables: where these have gone from the release, taking back the
subscription says that it is done. Where they have not, nothing says so but the time.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

DRAIN_TIME = 600.0
"""Seconds: the default of Envoy's `--drain-time-s`."""

_WARMING = 5.0
"""Seconds that a listener may take from the acknowledgement of its routes until it takes over from the old one."""


class Window(NamedTuple):
    """The time in which replaced filter chains drain; `tables`: those they use that have gone from the release."""

    until: float
    tables: frozenset[str]

    def over(self, now: float, tables: AbstractSet[str]) -> bool:
        """Whether the chains are gone; `tables` has what is still subscribed to without being in the release."""
        return now >= self.until or (bool(self.tables) and self.tables.isdisjoint(tables))


class Drain:
    """What is not to be removed yet on one stream, by type and name, each as long as the chains of its own window.

    Args:
        seconds: Envoy's drain time; 0: nothing is kept.

    Attributes:
        begun: whether listeners were sent changes that are not acknowledged yet.
    """

    def __init__(self, seconds: float) -> None:
        self.begun = False
        self._seconds = seconds
        self._window: Window | None = None
        self._held: dict[str, dict[str, Window]] = {}

    def begin(self) -> None:
        """Listeners that the client has are changed or removed."""
        self.begun = self._seconds > 0

    def acknowledged(self, now: float, tables: frozenset[str]) -> None:
        """All that was pushed is acknowledged: the old filter chains drain from now on."""
        if self.begun:
            self.begun = False
            self._window = Window(now + self._seconds + _WARMING, tables)
        elif self._window is not None and self._window.over(now, tables):
            self._window = None

    def removable(self, type_url: str, names: AbstractSet[str], now: float, tables: frozenset[str]) -> frozenset[str]:
        """Those of the names that no connection can need any more; the others are held from now on."""
        held = self._held.setdefault(type_url, {})
        if self._window is not None:
            for name in names:
                held.setdefault(name, self._window)
        return frozenset(name for name in names if name not in held or held[name].over(now, tables))

    def holds(self, type_url: str, names: AbstractSet[str]) -> bool:
        """Whether all of these are kept for old connections only."""
        return names <= self._held[type_url].keys() if type_url in self._held else not names

    def keep_only(self, wanted: Callable[[str], AbstractSet[str]]) -> None:
        """Forgets names that need no removal any more; `wanted` gives those of a type that do."""
        for type_url, held in self._held.items():
            for name in held.keys() - wanted(type_url):
                del held[name]

    @property
    def deadline(self) -> float | None:
        """When the first of what is held may go; None: nothing is held."""
        return min((window.until for held in self._held.values() for window in held.values()), default=None)
