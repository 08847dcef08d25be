"""The `gitway` command, run in this process or as one of its own."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from typing import Any

from reconciler.cli.main import run

COMMAND = (sys.executable, "-m", "reconciler")
"""`gitway` as a process."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The output of `-o json`."""
        return json.loads(self.stdout)


def gitway(*arguments: object) -> Done:
    """Run a command in this process; whatever it raises is a defect and fails the test."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Done(code, out.getvalue(), err.getvalue())


def succeed(*arguments: object) -> Done:
    """Run a command that has to end with 0."""
    done = gitway(*arguments)
    assert done.code == 0, f"gitway {' '.join(map(str, arguments))}: exit {done.code}\n{done.stdout}\n{done.stderr}"
    return done
