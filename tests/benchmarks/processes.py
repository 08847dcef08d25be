"""Measuring whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: wall time from before its start to after its end, and its peak memory with its children."""

    seconds: float
    peak_mib: float
    stdout: str


def run(*argv: str | Path) -> Run:
    """Runs a command that must succeed; its messages are shown only if it does not."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [str(part) for part in argv]
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            tail = err.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{tail}")
        return Run(seconds, usage.ru_maxrss / 1024, out.read().decode())


def best(times: int, measure: Callable[[int], Run]) -> Run:
    """The fastest of several runs, which is what the machine can do when it is left alone."""
    return min((measure(number) for number in range(times)), key=lambda run: run.seconds)


def alternating(times: int, *commands: Sequence[str | Path]) -> list[float]:
    """The best wall time of each command, run in turns so that a busy moment hits all of them; one warm-up each."""
    for command in commands:
        run(*command)
    found = [[run(*command).seconds for command in commands] for _ in range(times)]
    return [min(column) for column in zip(*found, strict=True)]
