"""`gitway bootstrap`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Protocol(StrEnum):
    """The two variants of xDS."""

    DELTA = "delta"
    SOTW = "sotw"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bootstrap")(bootstrap)


def bootstrap(
    xds: Annotated[str, typer.Option("--xds", help="Where `gitway serve` listens: HOST:PORT or unix:PATH.")],
    fleet: Annotated[str, typer.Option("--fleet", help="NAMESPACE/NAME of the Gateway that these Envoys are.")],
    node_id: Annotated[
        str | None, typer.Option("--node-id", help="Default: the host's name.", show_default=False)
    ] = None,
    admin: Annotated[str, typer.Option("--admin", help="HOST:PORT of Envoy's admin interface.")] = "127.0.0.1:19000",
    protocol: Annotated[
        Protocol, typer.Option("--protocol", help="Incremental or state of the world.")
    ] = Protocol.DELTA,
    tls_ca: Annotated[Path | None, typer.Option("--tls-ca", help="CA of the xDS server.")] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="This Envoy's certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its private key.")] = None,
) -> None:
    """Print the bootstrap configuration of an Envoy (YAML).

    Example: gitway bootstrap --xds 127.0.0.1:18000 --fleet infra/edge > envoy.yaml && envoy -c envoy.yaml
    """
    from reconciler.cli.exits import Usage
    from reconciler.sidecar.bootstrap import BootstrapError, BootstrapOptions
    from reconciler.sidecar.bootstrap import bootstrap as render

    try:
        text = render(
            BootstrapOptions(
                xds=xds,
                fleet=fleet,
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
    typer.echo(text, nl=False)
