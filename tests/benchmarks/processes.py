"""Measuring whole processes."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: wall time from before its start to after its end, and what it printed."""

    seconds: float
    stdout: str


def run(*argv: str | Path) -> Run:
    """Runs a command that must succeed; its messages are shown only if it does not."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as out, _started(argv, out) as process:
        process.wait()
        seconds = time.perf_counter() - begin
        out.seek(0)
        return Run(seconds, out.read().decode())


def peak_mib(*argv: str | Path) -> float:
    """The most memory that a command and its child processes had at one time; what they share counts once.

    Looking at it takes time itself: not for a run whose time is taken.
    """
    most = 0.0
    with _started(argv, subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, _memory_mib(process.pid))
            time.sleep(0.02)
    return most


@contextmanager
def _started(argv: Sequence[str | Path], out: IO[bytes] | int) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(part) for part in argv]
    with tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        yield process
        if process.wait():
            err.seek(0)
            tail = err.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{tail}")


def _memory_mib(pid: int) -> float:
    """Proportional set size of a process and its descendants; 0 of those that have ended meanwhile."""
    directory = Path("/proc") / str(pid)
    with contextlib.suppress(OSError):
        children = [int(child) for file in directory.glob("task/*/children") for child in file.read_text().split()]
        found = re.search(r"^Pss:\s+(\d+) kB", (directory / "smaps_rollup").read_text(), re.MULTILINE)
        return (int(found[1]) / 1024 if found else 0.0) + sum(map(_memory_mib, children))
    return 0.0


def in_turns(times: int, *measures: Callable[[int], float]) -> list[float]:
    """The least of several measurements of each, which is what the machine can do when it is left alone.

    They are taken in turns, so that a busy moment, or a slow minute of a shared machine, hits all of them alike.
    """
    found = [[measure(number) for measure in measures] for number in range(times)]
    return [min(column) for column in zip(*found, strict=True)]


def alternating(times: int, *commands: Sequence[str | Path]) -> list[float]:
    """The best wall time of each command, run in turns; one warm-up each."""

    def measured(command: Sequence[str | Path]) -> Callable[[int], float]:
        return lambda _: run(*command).seconds

    for command in commands:
        run(*command)
    return in_turns(times, *map(measured, commands))
