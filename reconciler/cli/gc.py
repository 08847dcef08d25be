"""`gitway gc`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.stores import open_named


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gc")(collect_garbage)


def collect_garbage(
    store: options.StoreUrl = None,
    keep: Annotated[int, Option("--keep", help="Keep so many of the newest releases.", min=1, metavar="N")] = 20,
    keep_days: Annotated[
        float,
        Option("--keep-days", help="Keep what was current in the last days.", min=0, metavar="D"),
    ] = 30,
    dry_run: Annotated[bool, Option("--dry-run", help="Only say what would be removed.")] = False,
    repo: options.Repo = options.HERE,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Remove old releases from a store, and what only they need.

    Kept are those that --keep or --keep-days names; always the current one, the one before it, and what is younger than
    a day. It may run beside publishers. Example: gitway gc --store s3://bucket/edge --keep 100 --keep-days 90
    """
    from reconciler.store.collect import collect

    with told():
        found = collect(open_named(store, repo, write=True), keep, keep_days, dry_run=dry_run)
    if output is options.TextOrJson.JSON:
        echo(json.dumps(found.to_json(), indent=2))
        return
    verb = "would remove" if dry_run else "removed"
    for each in found.removed:
        echo(f"{verb} {each.key}")
    size = sum(each.size for each in found.removed)
    counted = f"{verb} {len(found.removed)} objects of {size} bytes"
    kept = f"kept {found.kept} releases, back to serial {found.oldest}" if found.kept else "nothing is published"
    echo(f"GC: {counted}; {kept}.")
