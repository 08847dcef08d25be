"""Results to stdout, everything else to stderr."""

from __future__ import annotations

import sys


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Write text and let it be seen at once."""
    stream = sys.stderr if err else sys.stdout
    stream.write(text + "\n" if nl else text)
    stream.flush()
