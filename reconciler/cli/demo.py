"""`gitway demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli.exits import WRONG_INPUT, fail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    keep: Annotated[
        Path | None,
        Option("--keep", help="Leave the repository, store and logs in this new folder.", metavar="DIR"),
    ] = None,
) -> None:
    """A whole round on this machine: commit, plan, publish, a real Envoy answering, a canary, and `git revert`."""
    from reconciler.demo.round import DemoError, play

    try:
        play(echo, keep)
    except DemoError as error:
        fail(WRONG_INPUT, str(error), error.help)
