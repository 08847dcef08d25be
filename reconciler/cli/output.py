"""Results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.cli.exits import Usage


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write text and let it be seen at once."""
    stream = sys.stderr if err else sys.stdout
    stream.write(text + "\n" if nl else text)
    stream.flush()


def write(text: str, out: Path | None, option: str = "--out") -> None:
    """Write text as it is to the file that an option names, or to stdout.

    Raises:
        Usage: the file cannot be written.
    """
    if out is None:
        echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Usage(f"{option} {out} cannot be written: {error.strerror}") from error
