"""`gitway bootstrap`."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Usage, fail, told

_NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_FLEET = re.compile(rf"({_NAME}/)?{_NAME}")


class Protocol(StrEnum):
    """The two variants of xDS."""

    DELTA = "delta"
    SOTW = "sotw"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bootstrap")(bootstrap)


def bootstrap(
    xds: Annotated[
        str, Option("--xds", help="Where `gitway serve` listens.", metavar="HOST:PORT|unix:PATH")
    ] = "127.0.0.1:18000",
    fleet: Annotated[
        str | None,
        Option(
            "--fleet",
            help="The Gateway that these Envoys are. Default: the only one in the store.",
            metavar="NAMESPACE/NAME",
        ),
    ] = None,
    store: options.StoreUrl = None,
    repo: options.Repo = options.HERE,
    node_id: Annotated[
        str | None, Option("--node-id", help="Default: the host's name.", show_default=False, metavar="ID")
    ] = None,
    admin: Annotated[str, Option("--admin", help="Envoy's admin interface.", metavar="HOST:PORT")] = "127.0.0.1:19000",
    protocol: Annotated[Protocol, Option("--protocol", help="Incremental or state of the world.")] = Protocol.DELTA,
    tls_ca: Annotated[Path | None, Option("--tls-ca", help="CA of the xDS server.", metavar="FILE")] = None,
    tls_cert: Annotated[Path | None, Option("--tls-cert", help="This Envoy's certificate.", metavar="FILE")] = None,
    tls_key: Annotated[Path | None, Option("--tls-key", help="Its private key.", metavar="FILE")] = None,
) -> None:
    """Print the bootstrap configuration of an Envoy (YAML).

    Example: gitway bootstrap --fleet infra/edge > envoy.yaml && envoy -c envoy.yaml
    """
    from reconciler.sidecar.bootstrap import BootstrapError, BootstrapOptions
    from reconciler.sidecar.bootstrap import bootstrap as render

    if fleet is not None and not _FLEET.fullmatch(fleet):
        raise Usage(f"--fleet {fleet!r} is not the name of a fleet: NAMESPACE/NAME of a Gateway")
    try:
        text = render(
            BootstrapOptions(
                xds=xds,
                fleet=fleet or _only_fleet(store, repo),
                node_id=node_id,
                admin=admin,
                protocol=protocol.value,
                tls_ca=tls_ca,
                tls_cert=tls_cert,
                tls_key=tls_key,
            )
        )
    except BootstrapError as error:
        raise Usage(str(error)) from error
    echo(text, nl=False)


def _only_fleet(url: str | None, repo: Path) -> str:
    """The fleet of a store that has one. With --fleet nothing of this is loaded: the machine may have no git."""
    from reconciler.cli.inputs import embedded_store
    from reconciler.store.open import open_store

    with told():
        release = open_store(url or embedded_store(repo)).current()
    if release is None or not release.fleets:
        fail(WRONG_INPUT, "nothing is published, so that there is no fleet to take", "name it with --fleet")
    if len(release.fleets) > 1:
        raise Usage(f"name one of the fleets with --fleet: {', '.join(sorted(release.fleets))}")
    return next(iter(release.fleets))
