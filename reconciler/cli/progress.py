"""Progress on a terminal: what is being done, once it takes more than a moment. Quiet everywhere else."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.live import Live

DELAY_SECONDS = 1.0
"""Work that is over sooner needs no progress."""
_FRAME_SECONDS = 0.1


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that is told each step; it shows on stderr after a second, if that is a terminal.

    It is drawn by a timer's signal, not by a thread: a build forks, and a process with threads should not.
    """
    if not sys.stderr.isatty() or threading.current_thread() is not threading.main_thread():
        yield lambda _: None
        return
    spinner = _Spinner()
    before = signal.signal(signal.SIGALRM, lambda *_: spinner.draw())
    signal.setitimer(signal.ITIMER_REAL, DELAY_SECONDS, _FRAME_SECONDS)
    try:
        yield spinner.step
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        spinner.stop()


class _Spinner:
    """The latest step, with something that moves."""

    def __init__(self) -> None:
        self._text = "working"
        self._live: Live | None = None

    def step(self, text: str) -> None:
        """What is being done from now on."""
        self._text = text

    def draw(self) -> None:
        """Show it, for the first time or as it is now."""
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        if self._live is None:
            self._live = Live(
                Spinner("dots", self._text), console=Console(stderr=True), auto_refresh=False, transient=True
            )
            self._live.start()
        spinner = self._live.renderable
        if isinstance(spinner, Spinner):
            spinner.update(text=self._text)
        self._live.refresh()

    def stop(self) -> None:
        """Take it away."""
        if self._live is not None:
            self._live.stop()
