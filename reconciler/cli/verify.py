"""`gitway verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Finished, fail, told
from reconciler.cli.output import echo
from reconciler.cli.stores import open_named

if TYPE_CHECKING:
    import typer

    from reconciler.store.verify import Verified

_SIGNATURES = {
    "verified": "HEAD's signature is right",
    "present": "HEAD is signed, but no --verify-key was given to verify it with",
    "none": "HEAD is not signed",
    "wrong": "HEAD's signature is wrong",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    store: options.StoreUrl = None,
    verify_key: options.VerifyKeys = None,
    store_name: options.StoreName = None,
    repo: options.Repo = options.HERE,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Read everything that belongs to a store's history, and say what is missing or damaged (exit code 1).

    Example: gitway verify --store s3://bucket/edge --verify-key gitway.key.pub
    """
    from reconciler.store.keys import read_public_key
    from reconciler.store.verify import verify_store

    with told():
        keys = tuple(map(read_public_key, verify_key or ()))
        opened = open_named(store, repo)
        found = verify_store(opened, keys, store_name)
        if found is None:
            fail(WRONG_INPUT, f"nothing has been published into {opened.url}", "check the store's URL")
    if output is options.TextOrJson.JSON:
        echo(json.dumps(found.to_json(), indent=2))
    else:
        echo("\n".join(_lines(found)))
    if found.damage:
        raise Finished(WRONG_INPUT)


def _lines(found: Verified) -> Iterator[str]:
    for damage in found.damage:
        yield f"damaged: {damage.object}: {damage.message}"
    if found.serial is not None:
        yield f"serial {found.serial} is current; {_SIGNATURES[found.signatures]}"
    if found.cut is not None:
        yield f"releases before serial {found.cut.serial} have been collected"
    if found.unreferenced:
        yield f"{found.unreferenced} objects do not belong to the history: gitway gc removes them in time"
    counted = f"{found.releases} releases, {found.snapshots} snapshots"
    yield f"Verify: {counted}, {len(found.damage)} damaged." if found.damage else f"Verify: {counted}, all whole."
