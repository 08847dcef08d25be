"""`gitway status`."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.progress import progress
from reconciler.cli.telling import Telling
from reconciler.review.modes import DiagnosticFormat

FORMAT = 1


class Format(StrEnum):
    """How the resources are printed."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(COMMAND)


def status(
    given: options.ManifestOptions,
    worktree: options.Worktree = False,
    output: Annotated[Format, Option("--output", "-o", help="A table, or the whole resources.")] = Format.TEXT,
    diagnostics: options.Diagnostics = DiagnosticFormat.TEXT,
) -> None:
    """Print every resource with the `.status` that a Kubernetes controller would write.

    False conditions are no failure (exit 0); manifests that an API server would refuse are (exit 1).
    """
    from reconciler import build
    from reconciler.cli.inputs import open_inputs

    with told(), progress() as step:
        inputs = open_inputs(given, worktree=worktree)
        found = build.status(inputs.request, step)
        if not found.diagnostics:
            inputs.require(found.items)
    refused = frozenset(one.object for one in found.diagnostics if one.severity == "error")
    _print(found.items, refused, output)
    telling = Telling(diagnostics, given.fail_on)
    telling.tell(found.diagnostics)
    telling.end_where_it_fails(found.diagnostics)


COMMAND = options.with_manifest_options(status)


def _print(items: tuple[dict[str, Any], ...], refused: frozenset[str], output: Format) -> None:
    if output is Format.TEXT:
        from reconciler.review.status_table import as_text

        echo(as_text(items, refused), nl=False)
        return
    document = {"format": FORMAT, "items": list(items)}
    if output is Format.JSON:
        echo(json.dumps(document, indent=2))
        return
    import yaml

    echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), nl=False)
