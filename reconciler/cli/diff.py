"""`gitway diff`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.cli import options
from reconciler.cli.exits import CHANGES, Finished, told
from reconciler.cli.output import echo
from reconciler.cli.stores import open_named

if TYPE_CHECKING:
    import typer

    from reconciler.store.compare import FleetChange
    from reconciler.store.history import Entry

FORMAT = 1
_SIGNS = {"add": "+", "change": "~", "remove": "-"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diff")(diff)


def diff(
    before: options.ReleaseName,
    after: options.ReleaseName = "current",
    store: options.StoreUrl = None,
    repo: options.Repo = options.HERE,
    output: options.Output = options.TextOrJson.TEXT,
    detailed_exitcode: options.DetailedExitcode = False,
) -> None:
    """Say which xDS resources changed from one release to another.

    A release is named by its serial (42), by the beginning of its digest, as current, or as what was before one of
    them (current~1). Example: gitway diff current~1 current
    """
    from reconciler.store.compare import compare
    from reconciler.store.named import named_release

    with told():
        opened = open_named(store, repo)
        old, new = named_release(opened, before), named_release(opened, after)
        changes = compare(opened, old, new)
    if output is options.TextOrJson.JSON:
        fleets = {change.name: change.to_json() for change in changes}
        echo(json.dumps({"format": FORMAT, "from": _side(old), "to": _side(new), "fleets": fleets}, indent=2))
    else:
        echo("\n".join(_lines(old, new, changes)))
    if detailed_exitcode and changes:
        raise Finished(CHANGES)


def _side(entry: Entry) -> dict[str, Any]:
    return {"serial": entry.release.serial, "digest": entry.digest, "commit": entry.release.commit.sha}


def _lines(old: Entry, new: Entry, changes: Sequence[FleetChange]) -> Iterator[str]:
    yield f"gitway diff: {_title(old)} -> {_title(new)}"
    total: Counter[str] = Counter()
    for change in changes:
        yield ""
        yield f"{_SIGNS[change.action]} fleet {change.name}"
        for each in change.resources:
            yield f"    {_SIGNS[each.action]} {each.type_url.rpartition('.')[2]} {each.name}"
            total[each.action] += 1
    yield ""
    counted = f"{total['add']} added, {total['change']} changed, {total['remove']} removed"
    yield f"Diff: {counted}." if changes else "Diff: no changes."


def _title(entry: Entry) -> str:
    return f"release {entry.release.serial} (commit {entry.release.commit.sha[:12]})"
