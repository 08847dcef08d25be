"""Progress on a terminal: what is being done, once it takes more than a moment. Quiet everywhere else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Work that is over sooner needs no progress.
DELAY_SECONDS = 1.0


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that is told each step; it shows on stderr after a second, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    shown = _Shown()
    timer = threading.Timer(DELAY_SECONDS, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield shown.step
    finally:
        timer.cancel()
        shown.stop()


class _Shown:
    """A spinner with the latest step."""

    def __init__(self) -> None:
        from rich.console import Console

        self._lock = threading.Lock()
        self._text = "working"
        self._status = Console(stderr=True).status(self._text)
        self._state = "waiting"

    def step(self, text: str) -> None:
        with self._lock:
            self._text = text
            if self._state == "shown":
                self._status.update(text)

    def start(self) -> None:
        with self._lock:
            if self._state == "waiting":
                self._state = "shown"
                self._status.update(self._text)
                self._status.start()

    def stop(self) -> None:
        with self._lock:
            if self._state == "shown":
                self._status.stop()
            self._state = "over"
