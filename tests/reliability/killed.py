"""`gitway` in processes of their own that get SIGKILL at a chosen moment.

As a program it reads lines of JSON, [moment, number, folder, arguments], and runs each in a process that it forks, with
all modules at hand; it answers with the exit status. Moments: `file`, before the numberth time that something below the
folder is opened, made, renamed or removed; `request`, before the numberth piece is sent to a server; `answer`, when
the numberth answer has come and before it is read.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_CHANGES = ("open", "os.mkdir", "os.rename", "os.remove")


class Publishers:
    """Runs `gitway publish`, again and again, each time in a new process; a context manager."""

    def __enter__(self) -> Self:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.killed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._popen.communicate()

    def killed(self, moment: str, number: int, folder: Path, *arguments: object) -> bool:
        """Publishes until that moment; False if it had ended well before it came."""
        assert self._popen.stdin
        assert self._popen.stdout
        told = [moment, number, str(folder), ["publish", *map(str, arguments)]]
        self._popen.stdin.write(json.dumps(told) + "\n")
        self._popen.stdin.flush()
        status = int(self._popen.stdout.readline())
        assert status in {0, -signal.SIGKILL}
        return status != 0


class _Moment:
    def __init__(self, number: int) -> None:
        self._left = number

    def passes(self) -> bool:
        self._left -= 1
        return self._left == 0


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(kind: str, number: int, folder: str) -> None:
    moment = _Moment(number)
    if kind == "answer":
        _arm_answer(moment)
        return

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        ours = event == "http.client.send" if kind == "request" else event in _CHANGES and folder in str(arguments[0])
        if ours and moment.passes():
            _end()

    sys.addaudithook(hook)


def _arm_answer(moment: _Moment) -> None:
    read = http.client.HTTPConnection.getresponse

    def getresponse(self: http.client.HTTPConnection) -> http.client.HTTPResponse:
        if moment.passes():
            select.select([self.sock], [], [])
            _end()
        return read(self)

    setattr(http.client.HTTPConnection, "getresponse", getresponse)  # noqa: B010  mypy has no word for it


def _serve() -> None:
    # What a publish loads when it needs it.
    import git  # noqa: F401

    import reconciler.cli.inputs
    import reconciler.store.files
    import reconciler.store.publish
    import reconciler.store.s3  # noqa: F401
    from reconciler.build import _import_rooms
    from reconciler.cli.main import run

    _import_rooms(True)
    for line in sys.stdin:
        moment, number, folder, arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            os.dup2(2, 1)
            _arm(moment, number, folder)
            os._exit(run(arguments))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
