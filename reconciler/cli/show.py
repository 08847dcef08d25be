"""`gitway show`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.output import echo
from reconciler.cli.stores import open_named

if TYPE_CHECKING:
    import typer

    from reconciler.store.history import Entry

FORMAT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show")(show)


def show(
    release: options.ReleaseName = "current",
    store: options.StoreUrl = None,
    fleet: options.Fleets = None,
    repo: options.Repo = options.HERE,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Show a release: its commit, and what each fleet is given. With --fleet, also by name.

    RELEASE is a serial (42), the beginning of a digest, current, or what was before one of them (current~1).
    Example: gitway show current~1
    """
    from fnmatch import fnmatchcase

    from reconciler.store.named import named_release

    with told():
        opened = open_named(store, repo)
        entry = named_release(opened, release)
        fleets = entry.release.fleets
        chosen = {name: each for name, each in fleets.items() if any(fnmatchcase(name, glob) for glob in fleet or ())}
        names = {
            name: {
                types.type_url: [one.name for one in types.resources] for types in opened.snapshot(each.snapshot).types
            }
            for name, each in chosen.items()
        }
    if output is options.TextOrJson.JSON:
        echo(json.dumps(_json(entry, names), indent=2))
    else:
        echo("\n".join(_lines(entry, names)))


def _json(entry: Entry, names: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    release = entry.release.to_json()
    release.pop("format")
    data = {"format": FORMAT, "digest": entry.digest, "current": entry.current, **release}
    return {**data, "resources": names} if names else data


def _lines(entry: Entry, names: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    release, commit = entry.release, entry.release.commit
    yield f"release {release.serial}{' (current)' if entry.current else ''}"
    yield f"  digest      {entry.digest}"
    yield f"  parent      {release.parent or 'none'}"
    yield f"  commit      {commit.sha}"
    yield f"              {commit.author}, {commit.time}"
    yield f"              {commit.subject}"
    yield f"  repository  {release.repository}, {', '.join(release.paths) or 'all of it'}"
    yield f"  gitway      {release.gitway}"
    for name, fleet in sorted(release.fleets.items()):
        yield f"fleet {name}: snapshot {fleet.snapshot[:12]} of commit {fleet.commit[:12]}"
        for url, each in sorted(fleet.types.items()):
            yield f"  {each.count:>6}  {url.rpartition('.')[2]}  version {_short(each.version)}"
            yield from (f"            {resource}" for resource in names.get(name, {}).get(url, ()))
    for name, retired in sorted(release.retired.items()):
        yield f"fleet {name}: retired with serial {retired.serial}, its Envoys keep what they have"


def _short(version: str) -> str:
    serial, _, digest = version.partition(".")
    return f"{serial}.{digest[:12]}"
