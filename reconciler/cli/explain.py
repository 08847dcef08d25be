"""`gitway explain`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from reconciler.cli import options
from reconciler.cli.exits import Usage
from reconciler.cli.output import echo
from reconciler.cli.parameters import Argument

if TYPE_CHECKING:
    import typer

FORMAT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    subject: Annotated[list[str] | None, Argument(help="A code; nothing: all codes.", metavar="[CODE]")] = None,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Explain a code.

    Example: gitway explain GW203
    """
    from reconciler.review.catalogue.table import entries, explanation

    if not subject:
        _list(output)
        return
    entry = entries().get(subject[0].upper())
    if entry is None:
        raise Usage(f"there is no code {subject[0]}; `gitway explain` lists them")
    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, **entry._asdict()}, indent=2))
    else:
        echo(explanation(entry), nl=False)


def _list(output: options.TextOrJson) -> None:
    from reconciler.review.catalogue.table import entries

    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, "codes": [one._asdict() for one in entries().values()]}, indent=2))
        return
    for one in entries().values():
        echo(f"{one.code}  {one.title}")
