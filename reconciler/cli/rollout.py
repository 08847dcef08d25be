"""`gitway rollout status`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli import options
from reconciler.cli.exits import REFUSED, Finished, told
from reconciler.cli.output import echo
from reconciler.cli.parameters import Option
from reconciler.cli.stores import open_named

if TYPE_CHECKING:
    from reconciler.store.rollout import FleetRollout, Rollout

PAUSE = 1.0
"""Seconds between two looks at the store while waiting."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("status")(status)
    app.add_typer(group, name="rollout", help="Watch a release reach its Envoys.")

    @group.callback()
    def _group() -> None:
        """Watch a release reach its Envoys."""


def status(
    store: options.StoreUrl = None,
    fleet: options.Fleets = None,
    wait: Annotated[
        float,
        Option(
            "--wait", help="How long to wait until every reporting Envoy has acknowledged.", min=0, metavar="SECONDS"
        ),
    ] = 0,
    verify_key: options.VerifyKeys = None,
    store_name: options.StoreName = None,
    repo: options.Repo = options.HERE,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Say which Envoys have acknowledged the current release, as the sidecars report it.

    Ends with 3 where an Envoy has refused it, nobody reports, or not all have acknowledged in time.
    """
    from datetime import UTC, datetime

    from reconciler.store.keys import read_public_key
    from reconciler.store.rollout import rollout

    deadline = time.monotonic() + wait
    with told():
        keys = tuple(map(read_public_key, verify_key or ()))
        opened = open_named(store, repo)
        while True:
            found = rollout(opened, fleet or ["*"], datetime.now(UTC), keys, store_name)
            left = deadline - time.monotonic()
            if found.acknowledged or found.refused or left <= 0:
                break
            time.sleep(min(PAUSE, left))
    for damaged in found.damaged:
        echo(f"warning: {damaged.message}", err=True)
    if output is options.TextOrJson.JSON:
        echo(json.dumps(found.to_json(), indent=2))
    else:
        _print(found)
    if not found.acknowledged:
        raise Finished(REFUSED)


def _print(found: Rollout) -> None:
    if not found.serial:
        echo("nothing published yet", err=True)
        return
    echo(f"serial {found.serial}, release {found.release[:12]}")
    if not found.fleets:
        echo("no fleet of it has such a name", err=True)
    for fleet in found.fleets:
        echo(f"  {fleet.fleet}: {_said(fleet)}")
        for report in fleet.reports:
            echo(f"    {report.sidecar}: serial {report.serial}, at {report.time:%Y-%m-%dT%H:%M:%SZ}")
        for refused in fleet.refused:
            kind = refused.type_url.rpartition(".")[2]
            echo(f"    {refused.node} refused {kind} {refused.version}: {refused.message}")


def _said(fleet: FleetRollout) -> str:
    expired = f" ({fleet.expired} expired)" if fleet.expired else ""
    if not fleet.envoys:
        return f"{fleet.outcome}: no report of a connected Envoy{expired}"
    return f"{fleet.outcome}: {fleet.acknowledged} of {fleet.envoys} Envoys have acknowledged it{expired}"
