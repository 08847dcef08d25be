"""`gitway history`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.stores import open_named

FORMAT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history")(history)


def history(
    store: options.StoreUrl = None,
    repo: options.Repo = options.HERE,
    limit: Annotated[int, Option("--limit", "-n", help="At most so many releases.", min=1, metavar="NUMBER")] = 50,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """List the releases of a store, the newest first."""
    from itertools import islice

    from reconciler.store.history import Cut, Entry
    from reconciler.store.history import history as releases

    with told():
        found = list(islice(releases(open_named(store, repo)), limit))
    entries = [one.to_json() for one in found if isinstance(one, Entry)]
    for cut in (one for one in found if isinstance(one, Cut)):
        gone = "have been collected" if cut.collected else "are missing: see `gitway verify`"
        echo(f"older releases (from {cut.digest[:12]}) {gone}", err=True)
    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, "releases": entries}, indent=2))
        return
    if not entries:
        echo("nothing published yet", err=True)
    for entry in entries:
        echo(_line(entry))


def _line(entry: dict[str, Any]) -> str:
    commit = entry["commit"]
    mark = "*" if entry["current"] else " "
    shown = (f"{entry['serial']:>5}", entry["digest"][:12], commit["sha"][:12], commit["time"], commit["subject"])
    return f"{mark} {'  '.join(shown)}"
