"""`gitway graph`."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.output import echo, write
from reconciler.cli.parameters import Option
from reconciler.cli.progress import progress

if TYPE_CHECKING:
    import typer

    from reconciler.review.graph.model import Graph


class Format(StrEnum):
    """How the graph is drawn."""

    MERMAID = "mermaid"
    SVG = "svg"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("graph")(options.with_manifest_options(graph))


def graph(
    given: options.ManifestOptions,
    worktree: options.Worktree = False,
    base: Annotated[
        str | None, Option("--base", help="Draw what changed since this commit, in colour.", metavar="REF")
    ] = None,
    fleet: options.Fleets = None,
    output: Annotated[Format, Option("--output", "-o", help="For GitHub's comments, or for people.")] = Format.MERMAID,
    out: options.Out = None,
) -> None:
    """Draw Gateways, listeners, hostnames, rules and backends with their weights.

    Example: gitway graph --base main -o svg --out graph.svg
    """
    with told():
        drawn = _graph(given, worktree, base, fleet or ["*"])
    if output is Format.MERMAID:
        from reconciler.review.graph.mermaid import as_mermaid

        write(as_mermaid(drawn), out)
    elif output is Format.SVG:
        from reconciler.review.graph.svg import as_svg

        write(as_svg(drawn), out)
    else:
        from reconciler.review.graph.page import as_page

        write(as_page(drawn), out)
    if not drawn.edges:
        echo("there is nothing to draw", err=True)


def _graph(given: options.ManifestOptions, worktree: bool, base: str | None, fleets: list[str]) -> Graph:
    from reconciler.build import build
    from reconciler.cli.inputs import open_inputs
    from reconciler.review.comparison import Comparison, Version
    from reconciler.review.graph.model import graph_of, graph_of_change

    with progress() as step:
        inputs = open_inputs(given, worktree=worktree)
        built = build(inputs.request, step)
        chosen = {
            name: snapshot
            for name, snapshot in built.snapshots.items()
            if any(fnmatchcase(name, glob) for glob in fleets)
        }
        version = Version(chosen, built.documents, inputs.request.tree)
        if base is None:
            return graph_of(version, sorted(chosen))
        _, request = inputs.at(base)
        before = build(request)
        return graph_of_change(Comparison(Version(before.snapshots, before.documents, request.tree), version))
