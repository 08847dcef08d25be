"""How the process ends: at once, but not before everything is written, and whoever asked for it was called."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PRELUDE = """\
import atexit, sys, threading
from reconciler.cli import main
class Late:
    def __del__(self):
        print("taken apart")
late = Late()
atexit.register(print, "exit function")
"""


def _ended(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _PRELUDE + program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("code", [0, 3])
def test_nothing_written_is_lost_and_nothing_is_taken_apart(code: int) -> None:
    done = _ended(f"main.run = lambda: print('x' * 100_000) or {code}\nmain.main()")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.split("\n") == ["x" * 100_000, "exit function", ""]


def test_other_threads_are_waited_for() -> None:
    """Here a thread prints only when the main one waits for it."""
    done = _ended(
        "def late_word():\n threading.main_thread().join()\n print('thread')\n"
        "main.run = lambda: threading.Thread(target=late_word).start() or 1\nmain.main()"
    )
    assert done.returncode == 1
    assert "thread\n" in done.stdout
