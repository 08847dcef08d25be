"""`gitway plan`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reconciler.cli import options
from reconciler.cli.exits import CHANGES, WRONG_INPUT, Finished, fails, told
from reconciler.cli.output import write
from reconciler.cli.parameters import Option
from reconciler.cli.progress import progress
from reconciler.cli.reports import Reports, asked_for, write_reports
from reconciler.review.modes import PlanFormat

if TYPE_CHECKING:
    import typer

    from reconciler.cli.inputs import Inputs
    from reconciler.review.comparison import Version
    from reconciler.review.plan import Plan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan")(COMMAND)


def plan(
    given: options.ManifestOptions,
    worktree: options.Worktree = False,
    store: options.StoreUrl = None,
    base: Annotated[
        str | None, Option("--base", help="Compare with this commit instead of a store.", metavar="REF")
    ] = None,
    output: Annotated[PlanFormat, Option("--output", "-o", help="For people, programs or CI.")] = PlanFormat.TEXT,
    out: options.Out = None,
    report: Reports = None,
    full: Annotated[bool, Option("--full", help="Hide nothing: unchanged objects, long values, all samples.")] = False,
    detailed_exitcode: options.DetailedExitcode = False,
) -> None:
    """Say what a commit will change, and what is wrong with it.

    Compares with the store where one is named or has been published to, else with --base, by default the merge base
    with the default branch. Example: gitway plan --base main
    """
    from reconciler.cli.inputs import open_inputs

    reports = asked_for(report or ())
    with told():
        made = _plan(open_inputs(given, worktree=worktree, store=store), base, full)
    _write(made, output, out)
    write_reports(made, reports)
    if made.refused or fails(made.diagnostics, given.fail_on):
        raise Finished(WRONG_INPUT)
    if detailed_exitcode and made.changed:
        raise Finished(CHANGES)


COMMAND = options.with_manifest_options(plan)


def _plan(inputs: Inputs, base: str | None, full: bool) -> Plan:
    from reconciler.build import build, in_order
    from reconciler.cli.guarding import on_plan
    from reconciler.review.base import base_of
    from reconciler.review.changes import object_changes
    from reconciler.review.comparison import Version
    from reconciler.review.foretell import guards
    from reconciler.review.plan import Side, make_plan
    from reconciler.review.web import web_of
    from reconciler.source.suppressions import sift

    with progress() as step:
        head = build(inputs.request, step)
        if not head.failed:
            inputs.require(head.documents)
        step("reading the base")
        store = (inputs.store_url, inputs.store_is_embedded)
        before = base_of(inputs.repository, inputs.commit, inputs.at, *store, base, head)
        objects = None if before.documents is None else object_changes(before.documents, head.documents)
        foretold = () if head.failed else guards(before.published, head.snapshots, head.routes)
        sifted = sift([*foretold, *on_plan(inputs, head, before)], head.suppressions, complete=False)
        version = Version(head.snapshots, head.documents, inputs.request.tree)
        commit = inputs.commit.sha if inputs.commit else ""
        made = make_plan(
            Side(before.title, Version(before.snapshots, before.documents or (), before.tree)),
            Side(commit[:12] or "work tree", version, commit),
            in_order([*head.diagnostics, *sifted.reported]),
            objects,
            (*head.suppressed, *sifted.suppressed),
            head.suppressions,
        )
        made = replace(made, web=web_of(os.environ, commit))
        return replace(made, full=True, unchanged_objects=_unchanged(made, version)) if full else made


def _unchanged(made: Plan, version: Version) -> tuple[str, ...]:
    from reconciler.review.places import title

    changed = {change.object for change in made.objects}
    return tuple(sorted({title(document) for document in version.documents} - changed))


def _write(made: Plan, output: PlanFormat, out: Path | None) -> None:
    from reconciler.review.formats.table import plan_text

    write(plan_text(made, output), out)
