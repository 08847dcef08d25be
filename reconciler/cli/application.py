"""The whole command line, by typer: help, and what is said to command lines that are wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, get_args

import typer

from reconciler.cli.parameters import Argument, Declared

COMMANDS = {
    "plan": "Say what a commit will change, and what is wrong with it.",
    "status": "Print the `.status` of every resource.",
    "publish": "Translate a commit and publish it as a new release.",
    "serve": "Serve the newest release to Envoys over xDS.",
    "bootstrap": "Print the bootstrap configuration of an Envoy.",
    "rollout": "Watch a release reach its Envoys.",
    "history": "List the releases of a store, the newest first.",
    "show": "Show a release: its commit and its fleets.",
    "diff": "Say which resources differ between two releases.",
    "verify": "Check every object, digest and signature of a store.",
    "gc": "Remove old releases from a store.",
    "keygen": "Make a pair of keys to sign releases with.",
    "policy": "List and test guardrails.",
    "explain": "Explain a diagnostic, or the way of a request.",
    "graph": "Draw Gateways, routes and backends.",
    "ratelimit_config": "Print what the rate limit service is to read.",
    "comment": "Keep one comment on a pull request up to date.",
    "features": "List the features of the Gateway API.",
    "demo": "A whole round on this machine: publish, canary, revert.",
}
"""The modules of commands in the order of the help, and what it says of each; each adds its own by `register`."""

OVERVIEW: tuple[list[str], ...] = ([], ["-h"], ["--help"])
"""The command lines that are answered with the overview of all commands, which needs no command's module."""

_HELP = "A GitOps reconciler for Envoy: Gateway API manifests in git to versioned xDS snapshots in object storage."


def application() -> typer.Typer:
    """The application with all commands."""
    app = _empty()
    for name in COMMANDS:
        import_module(f"reconciler.cli.{name}").register(app)
    _translate(app)
    return app


def overview() -> typer.Typer:
    """The application with commands that have a name and a summary only: enough for the help that lists them."""
    app = _empty()
    for name, summary in COMMANDS.items():
        app.command(name.replace("_", "-"), short_help=summary)(_listed)
    return app


def _empty() -> typer.Typer:
    app = typer.Typer(
        name="gitway",
        help=_HELP,
        no_args_is_help=True,
        # Plain help: rich would take longer to import than the help takes to print.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


def _listed() -> None:
    """A command as the overview has it."""


def _version(wanted: bool) -> None:
    if wanted:
        from reconciler import __version__

        typer.echo(f"gitway {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of gitway itself."""


def _translate(app: typer.Typer) -> None:
    """Say all parameters of all commands in typer's words."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _translated(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _translate(group.typer_instance)


def _translated(command: Callable[..., Any]) -> Callable[..., Any]:
    parameters = [
        parameter.replace(annotation=_in_typers_words(parameter.annotation))
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
    ]

    def translated(**values: Any) -> None:
        command(**values)

    translated.__doc__ = command.__doc__
    translated.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions have it where it is set
    translated.__annotations__ = {}
    return translated


def _in_typers_words(annotation: Any) -> Any:
    annotated, *about = get_args(annotation) or (annotation,)
    for one in about:
        if isinstance(one, Declared):
            option = typer.Option(
                *one.names, help=one.help, metavar=one.metavar, show_default=one.show_default, min=one.min
            )
            return Annotated[annotated, option]
        if isinstance(one, Argument):
            return Annotated[annotated, typer.Argument(help=one.help, metavar=one.metavar)]
    return annotation
