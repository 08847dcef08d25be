"""Waiting for what takes a while."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(check: Callable[[], T], *, seconds: float = 20.0, every: float = 0.02) -> T:
    """Repeats `check` until it neither raises nor returns something false, and returns what it returned.

    Raises:
        AssertionError: it did not come true in `seconds`; the last exception is its cause.
    """
    deadline = time.monotonic() + seconds
    while True:
        problem: Exception | None = None
        try:
            if result := check():
                return result
        except (AssertionError, OSError, LookupError, ValueError) as error:
            problem = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {problem or 'still false'}") from problem
        time.sleep(every)


def listens(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
