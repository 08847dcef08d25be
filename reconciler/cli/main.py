"""The command line: commands, exit codes, and what is said when something fails."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import typer

from reconciler.cli import (
    bootstrap,
    demo,
    diff,
    features,
    history,
    keygen,
    plan,
    publish,
    rollout,
    serve,
    show,
    status,
    verify,
)
from reconciler.cli import (
    gc as collect,
)
from reconciler.cli.exits import USAGE, WRONG_INPUT, Finished, Usage

# What typer and click exit with on wrong usage; gitway keeps 2 for "there are changes".
_CLICK_USAGE_ERROR = 2

app = typer.Typer(
    name="gitway",
    help="A GitOps reconciler for Envoy: Gateway API manifests in git to versioned xDS snapshots in object storage.",
    no_args_is_help=True,
    # Plain help: rich would take longer to import than the help takes to print.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS = (
    *(plan, status, publish, serve, bootstrap, rollout),
    *(history, show, diff, verify, collect, keygen),
    *(features, demo),
)
for module in _COMMANDS:
    module.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from reconciler import __version__

        typer.echo(f"gitway {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of gitway itself."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code (the table is in the README)."""
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="gitway")
    except Finished as finished:
        return finished.code
    except Usage as wrong:
        typer.echo(f"gitway: {wrong}", err=True)
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
        typer.echo(f"error: {about}{error.strerror or error}", err=True)
        return WRONG_INPUT
    return 0


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
    sys.exit(code)
