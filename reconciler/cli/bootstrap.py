"""`gitway bootstrap`."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from reconciler.cli.output import echo
from reconciler.cli.parameters import Option

if TYPE_CHECKING:
    import typer

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Usage, fail, told
from reconciler.snapshot.model import START

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
    stats: Annotated[
        str,
        Option(
            "--stats", help="Where Prometheus reads, if the fleet's EnvoyProxy says that it does.", metavar="HOST:PORT"
        ),
    ] = "0.0.0.0:19001",
    args: Annotated[
        bool,
        Option("--args", help="Print the arguments that the fleet's EnvoyProxy has for Envoy instead, one a line."),
    ] = False,
    tls_ca: Annotated[Path | None, Option("--tls-ca", help="CA of the xDS server.", metavar="FILE")] = None,
    tls_cert: Annotated[Path | None, Option("--tls-cert", help="This Envoy's certificate.", metavar="FILE")] = None,
    tls_key: Annotated[Path | None, Option("--tls-key", help="Its private key.", metavar="FILE")] = None,
) -> None:
    """Print the bootstrap configuration of an Envoy (YAML).

    What the fleet's EnvoyProxy says of the start (bootstrap, metrics, concurrency, logging, extraArgs, drainTimeout) is
    taken from the current release of the store. With --fleet alone that is the embedded one, if there is a repository.

    Example: gitway bootstrap --fleet infra/edge > envoy.yaml && envoy -c envoy.yaml $(gitway bootstrap --args)
    """
    from reconciler.sidecar.bootstrap import BootstrapError, BootstrapOptions
    from reconciler.sidecar.bootstrap import bootstrap as render

    if fleet is not None and not _FLEET.fullmatch(fleet):
        raise Usage(f"--fleet {fleet!r} is not the name of a fleet: NAMESPACE/NAME of a Gateway")
    name, start = _start(fleet, store, repo)
    if args:
        echo("".join(f"{one}\n" for one in start.get("args", ())), nl=False)
        return
    try:
        text = render(
            BootstrapOptions(
                xds=xds,
                fleet=name,
                node_id=node_id,
                admin=admin,
                protocol=protocol.value,
                stats=stats,
                tls_ca=tls_ca,
                tls_cert=tls_cert,
                tls_key=tls_key,
            ),
            start,
        )
    except BootstrapError as error:
        raise Usage(str(error)) from error
    echo(text, nl=False)


def _start(fleet: str | None, url: str | None, repo: Path) -> tuple[str, dict[str, Any]]:
    """The fleet, by default the only one of a store, and what its snapshot says of the start.

    With --fleet a store is not needed: the machine may have none, and no git.
    """
    if fleet is not None and not url and not _may_have_store(repo):
        return fleet, {}
    from reconciler.cli.inputs import embedded_store
    from reconciler.store.open import open_store

    with told():
        store = open_store(url or embedded_store(repo))
        release = store.current()
    if fleet is None:
        fleet = _only_fleet(release.fleets if release is not None else ())
    published = release.fleets.get(fleet) if release is not None else None
    if published is None or START not in published.types:
        return fleet, {}
    from reconciler.snapshot.start import start_of

    with told():
        return fleet, start_of(store.snapshot(published.snapshot))


def _may_have_store(repo: Path) -> bool:
    """Whether there is a repository; of one that has no store it is found out soon enough."""
    return (repo / ".git").exists() or (repo / "gitway.yaml").exists()


def _only_fleet(fleets: Collection[str]) -> str:
    if not fleets:
        fail(WRONG_INPUT, "nothing is published, so that there is no fleet to take", "name it with --fleet")
    if len(fleets) > 1:
        raise Usage(f"name one of the fleets with --fleet: {', '.join(sorted(fleets))}")
    return next(iter(fleets))
