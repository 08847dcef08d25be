"""`gitway ratelimit-config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import options
from reconciler.cli.exits import told
from reconciler.cli.output import echo
from reconciler.cli.stores import open_named

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ratelimit-config")(ratelimit_config)


def ratelimit_config(
    store: options.StoreUrl = None,
    fleet: options.Fleets = None,
    repo: options.Repo = options.HERE,
) -> None:
    """Print the configuration of the rate limit service for what is published, as envoyproxy/ratelimit reads it.

    There is one YAML document for each domain, that is, for each BackendTrafficPolicy with global limits.
    """
    import yaml

    from reconciler.snapshot.rate_limit_config import as_yaml
    from reconciler.store.rate_limits import rate_limits

    with told():
        found = rate_limits(open_named(store, repo), fleet or ())
    documents = [as_yaml(domain, descriptors) for domain, descriptors in found.items()]
    echo(yaml.safe_dump_all(documents, sort_keys=False, default_flow_style=False).rstrip("\n"))
