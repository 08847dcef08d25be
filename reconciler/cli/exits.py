"""Exit codes, the same for every command, and the errors that carry them.

0 done; 1 the input is wrong; 2 there are changes (only with --detailed-exitcode); 3 a publish was refused;
4 store or network; 64 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from reconciler.review.modes import FailOn

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic

WRONG_INPUT = 1
CHANGES = 2
REFUSED = 3
STORE = 4
USAGE = 64


class Finished(Exception):
    """The command is over. It does not pass through click, whose own exit code 2 means wrong usage."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Usage(Exception):
    """The options do not fit together; the text says what to do."""


def fail(code: int, message: str, remedy: str = "") -> NoReturn:
    """Say what went wrong on stderr and end with the code."""
    print(f"error: {message}" + (f"\n  = help: {remedy}" if remedy else ""), file=sys.stderr)  # noqa: T201  typer is not loaded where the sidecar ends
    raise Finished(code)


def fails(diagnostics: Iterable[Diagnostic], threshold: FailOn) -> bool:
    """Whether there is a diagnostic that is as bad as `--fail-on`, or worse."""
    order = [one.value for one in FailOn]
    return any(order.index(found.severity.value) <= order.index(threshold.value) for found in diagnostics)


@contextmanager
def told() -> Iterator[None]:
    """Turn the errors that commands expect into a message and an exit code."""
    from reconciler.source.errors import SourceError
    from reconciler.store.errors import InvalidKey, NotAStore, Refused, StoreError, UnknownRelease

    try:
        yield
    except (SourceError, UnknownRelease) as error:
        fail(WRONG_INPUT, error.message, error.help)
    except Refused as error:
        fail(REFUSED, error.message, error.help)
    except (InvalidKey, NotAStore) as error:
        fail(USAGE, error.message, error.help)
    except StoreError as error:
        fail(STORE, error.message, error.help)
