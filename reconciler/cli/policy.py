"""`gitway policy`: which guardrails there are, and whether they do what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Finished, Usage, told

if TYPE_CHECKING:
    from reconciler.review.guardrails.examples import Outcome
    from reconciler.review.guardrails.pack import Entry

FORMAT = 1

Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Folders of guardrails, one folder each in them. Default: those that ship with gitway.", metavar="DIR"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="List and test guardrails.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_policies)
    group.command("test")(run_examples)
    app.add_typer(group, name="policy")


def list_policies(folders: Folders = None, output: options.Output = options.TextOrJson.TEXT) -> None:
    """List guardrails, with what each is for.

    Apply one in gitway.yaml (guardrails: {https-only: Deny}), by a ValidatingAdmissionPolicyBinding, or for one run:
    gitway plan --guardrail https-only=Warn
    """
    with told():
        found = _entries(folders)
    if output is options.TextOrJson.JSON:
        listed = [{"name": one.name, "summary": one.summary, "folder": str(one.folder)} for one in found]
        typer.echo(json.dumps({"format": FORMAT, "policies": listed}, indent=2))
        return
    width = max(len(one.short_name) for one in found)
    for one in found:
        typer.echo(f"{one.short_name:<{width}}  {one.summary}".rstrip())


def run_examples(folders: Folders = None, output: options.Output = options.TextOrJson.TEXT) -> None:
    """Evaluate guardrails on their examples: pass/*.yaml has to pass, fail/*.yaml has to be denied."""
    from reconciler.review.guardrails.examples import outcomes

    with told():
        found = [outcome for entry in _entries(folders) for outcome in outcomes(entry)]
    if output is options.TextOrJson.JSON:
        typer.echo(json.dumps({"format": FORMAT, "examples": [_json(one) for one in found]}, indent=2))
    else:
        _print(found)
    if any(one.problem for one in found):
        raise Finished(WRONG_INPUT)


def _entries(folders: list[Path] | None) -> list[Entry]:
    from reconciler.review.guardrails.pack import entries, shipped

    found: list[Entry] = []
    for folder in folders or [shipped()]:
        here = entries(folder)
        if not here:
            raise Usage(f"{folder} has no guardrails: one is a folder in it with a policy.yaml")
        found += here
    return found


def _print(outcomes: list[Outcome]) -> None:
    for one in outcomes:
        if one.problem:
            where = f" {one.example.path.parent.name}/{one.example.path.name}" if one.example else ""
            typer.echo(f"{one.policy}{where}: {one.problem}")
    failed = sum(bool(one.problem) for one in outcomes)
    typer.echo(f"{len(outcomes) - failed} examples as they should be, {failed} not")


def _json(outcome: Outcome) -> dict[str, Any]:
    path = str(outcome.example.path) if outcome.example else ""
    return {"policy": outcome.policy, "example": path, "passed": not outcome.problem, "problem": outcome.problem}
