"""`gitway serve`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import Finished, Usage, told

# Anything wider than loopback asks for all three.
_CERTIFICATE = "The sidecar's certificate chain (PEM), for mTLS; needed to listen on more than loopback."
_KEY = "The private key of --tls-cert (PEM)."
_CLIENT_CA = "The CAs of the Envoys' certificates (PEM)."

_HEAVY = frozenset({"typer", "git", "pydantic"})
"""What a sidecar has no use for: loaded where a command line is not simple, or the store is a repository's."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(COMMAND)


def serve(
    store: options.StoreUrl = None,
    listen: Annotated[
        str, Option("--listen", help="Where the xDS server listens.", metavar="HOST:PORT|unix:PATH")
    ] = "127.0.0.1:18000",
    fleet: options.Fleets = None,
    admin: Annotated[
        str | None, Option("--admin", help="Where health, metrics and state are served.", metavar="HOST:PORT")
    ] = None,
    secrets: Annotated[
        list[str] | None,
        Option(
            "--secrets",
            help="A folder with NAMESPACE/NAME/tls.crt and tls.key, or aws-secretsmanager://PREFIX; may be repeated, "
            "the first wins.",
            metavar="DIR|URL",
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        Option("--cache", help="Keep the last good release here, to start without the store.", metavar="DIR"),
    ] = None,
    poll: Annotated[
        float,
        Option("--poll", help="Time between two looks at the store, jittered.", min=0.05, metavar="SECONDS"),
    ] = 5.0,
    name: Annotated[
        str | None,
        Option(
            "--id", help="How it calls itself in the store's status/; default: this host and --listen.", metavar="ID"
        ),
    ] = None,
    verify_key: Annotated[
        list[Path] | None,
        Option(
            "--verify-key",
            help="Serve only what this public key has signed; may be repeated, to change keys.",
            metavar="FILE",
        ),
    ] = None,
    store_name: options.StoreName = None,
    min_serial: Annotated[
        int,
        Option("--min-serial", help="Serve nothing older, for a start without a cache.", min=1, metavar="N"),
    ] = 1,
    drain_time: Annotated[
        float,
        Option(
            "--drain-time",
            help="Envoy's --drain-time-s: how long what replaced listeners used is kept for their connections.",
            min=0,
            metavar="SECONDS",
        ),
    ] = 600.0,
    tls_cert: Annotated[Path | None, Option("--tls-cert", help=_CERTIFICATE, metavar="FILE")] = None,
    tls_key: Annotated[Path | None, Option("--tls-key", help=_KEY, metavar="FILE")] = None,
    client_ca: Annotated[Path | None, Option("--client-ca", help=_CLIENT_CA, metavar="FILE")] = None,
) -> None:
    """Serve the newest release to Envoys over xDS (ADS, both protocols), following the store.

    Example: gitway serve --store s3://bucket/edge --secrets /etc/gitway/secrets --cache /var/lib/gitway
    """
    if len({given is None for given in (tls_cert, tls_key, client_ca)}) > 1:
        raise Usage("--tls-cert, --tls-key and --client-ca go together")
    with told():
        options_json = json.dumps(
            {
                "store": store or _embedded(),
                "listen": listen,
                "fleets": fleet or ["*"],
                "admin": admin,
                "secrets": secrets or [],
                "cache": _text(cache),
                "poll": poll,
                "id": name,
                "tls_cert": _text(tls_cert),
                "tls_key": _text(tls_key),
                "client_ca": _text(client_ca),
                "verify_keys": [str(path) for path in verify_key or ()],
                "store_name": store_name,
                "min_serial": min_serial,
                "drain_time": drain_time,
            }
        )
    if _HEAVY.isdisjoint(sys.modules):
        from reconciler.cli.sidecar_process import main

        raise Finished(main(options_json))
    # The sidecar stays for months: it takes this process over without what read the command line, a fifth of its size.
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "reconciler.cli.sidecar_process", options_json])  # noqa: S606  our own module


COMMAND = serve


def _text(path: Path | None) -> str | None:
    return str(path) if path is not None else None


def _embedded() -> str:
    """The store of the repository we are in. A sidecar that is told its store never comes here, nor loads git."""
    from reconciler.cli.inputs import embedded_store

    return embedded_store(options.HERE)
