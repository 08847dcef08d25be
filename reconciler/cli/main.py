"""The entry point: exit codes, and what is said when something fails."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from reconciler.cli.exits import USAGE, WRONG_INPUT, Finished, Usage
from reconciler.cli.output import echo
from reconciler.cli.simple import call

SIMPLE = ("plan", "status", "publish", "serve", "comment")
"""Commands that are worth a start without typer: each module's `COMMAND`, which is what it registers, too."""

# What typer and click exit with on wrong usage; gitway keeps 2 for "there are changes".
_CLICK_USAGE_ERROR = 2


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code (the table is in the README)."""
    try:
        _run(list(sys.argv[1:] if arguments is None else arguments))
    except Finished as finished:
        return finished.code
    except Usage as wrong:
        echo(f"gitway: {wrong}", err=True)
        return USAGE
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):
            # Whoever read our output has seen enough (`gitway history | head`); click makes that an error.
            return 0
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        return USAGE if code == _CLICK_USAGE_ERROR else code
    except BrokenPipeError:
        raise
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        echo(f"error: {about}{error.strerror or error}", err=True)
        return WRONG_INPUT
    return 0


def _run(words: list[str]) -> None:
    if words and words[0] in SIMPLE:
        called = call(import_module(f"reconciler.cli.{words[0]}").COMMAND, words[1:])
        if called is not None:
            called()
            return
    from reconciler.cli.application import OVERVIEW, application, overview

    (overview if words in OVERVIEW else application)()(args=words, prog_name="gitway")


def main() -> None:
    """The entry point of the `gitway` command."""
    # Commands are short and make next to no cycles; what collects them would cost a tenth of the start. `serve`, which
    # stays, turns it on again.
    gc.disable()
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough (`gitway history | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = 130
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process without taking apart what is in memory, which the operating system frees in one go."""
    if threading.active_count() > 1:
        sys.exit(code)  # which waits for the others
    atexit._run_exitfuncs()  # noqa: SLF001  there is no other way to ask for them before `os._exit`
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # which says so
    os._exit(code)
