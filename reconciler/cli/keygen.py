"""`gitway keygen`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import Usage, told

FORMAT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("keygen")(keygen)


def keygen(
    out: Annotated[
        Path, Option("--out", help="The private key's file; the public key goes to FILE.pub.", metavar="FILE")
    ],
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Make a pair of Ed25519 keys: one for publish --sign-key, one for serve --verify-key.

    Example: gitway keygen --out gitway.key
    """
    from reconciler.store.keys import make_keys, public_path_of

    with told():
        try:
            public = make_keys(out)
        except OSError as error:
            raise Usage(f"--out {error.filename or out} cannot be written: {error.strerror}") from error
    if output is options.TextOrJson.JSON:
        told_json = {"format": FORMAT, "key": public.id, "private": str(out), "public": str(public_path_of(out))}
        echo(json.dumps(told_json, indent=2))
        return
    echo(f"key {public.id}")
    echo(f"  {out}: for `gitway publish --sign-key`, a secret of CI")
    echo(f"  {public_path_of(out)}: for `gitway serve --verify-key`")
