"""Processes that end with their test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""


class ProcessEnded(RuntimeError):
    """A process that should run has ended."""


class Process:
    """A process in a session of its own, output to `log`; a context manager that ends it with its children.

    It gets SIGKILL from the kernel when the thread that started it dies without leaving the context.
    """

    def __init__(
        self, argv: Sequence[str | Path], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        self.argv = [str(part) for part in argv]
        self.log = log
        self._env = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._popen: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                guard + self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def popen(self) -> subprocess.Popen[bytes]:
        """The started process."""
        assert self._popen, "not started"
        return self._popen

    @property
    def pid(self) -> int:
        """Its id, which is that of its session and process group too."""
        return self.popen.pid

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def check_running(self) -> None:
        """Raises `ProcessEnded` with the end of its output if it has ended."""
        code = self.popen.poll()
        if code is not None:
            tail = "\n".join(self.output().splitlines()[-20:])
            raise ProcessEnded(f"{self.argv[0]} ended with status {code}:\n{tail}")

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal, if it still runs."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)

    def stop(self) -> int:
        """Ends it (SIGTERM, then SIGKILL for what is left of its group) and returns its exit status."""
        popen = self.popen
        if popen.poll() is None:
            popen.terminate()
            try:
                popen.wait(GRACE)
            except subprocess.TimeoutExpired:
                popen.kill()
        status = popen.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        return status
