"""Options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_MANIFESTS = "Manifests"

Repo = Annotated[
    Path,
    typer.Option(
        "--repo", help="The git repository, or a folder in it.", rich_help_panel=_MANIFESTS, show_default="here"
    ),
]
Ref = Annotated[str, typer.Option("--ref", help="The commit: a branch, tag or SHA.", rich_help_panel=_MANIFESTS)]
Worktree = Annotated[
    bool,
    typer.Option("--worktree", help="Read the files as they are now instead of a commit.", rich_help_panel=_MANIFESTS),
]
Paths = Annotated[
    list[str] | None,
    typer.Option("--path", help="A folder with manifests; may be repeated. Default: all.", rich_help_panel=_MANIFESTS),
]
AllowPlaintextSecrets = Annotated[
    bool,
    typer.Option(
        "--allow-plaintext-secrets",
        help="Accept Secrets with data in git and put them into the snapshot.",
        rich_help_panel=_MANIFESTS,
    ),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--address", help="A CIDR the fleets own; may be repeated. gitway.yaml: addresses.", rich_help_panel=_MANIFESTS
    ),
]
ControllerNames = Annotated[
    list[str] | None,
    typer.Option(
        "--controller-name",
        help="A further controllerName whose GatewayClasses are ours. gitway.yaml: controllerNames.",
        rich_help_panel=_MANIFESTS,
    ),
]
ServiceDomain = Annotated[
    str | None,
    typer.Option(
        "--service-domain",
        help="DNS domain of Services without EndpointSlices. gitway.yaml: serviceDomain.",
        rich_help_panel=_MANIFESTS,
    ),
]
AllowExternalName = Annotated[
    bool | None,
    typer.Option(
        "--allow-external-name/--no-allow-external-name",
        help="Route to Services of type ExternalName. gitway.yaml: allowExternalName.",
        rich_help_panel=_MANIFESTS,
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        help="Where parsed files are cached. Default: gitway/cache in the git directory.",
        rich_help_panel=_MANIFESTS,
    ),
]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="file:///DIR or s3://BUCKET/PREFIX. gitway.yaml: store. Default: gitway/store in the git directory.",
    ),
]
Fleets = Annotated[
    list[str] | None,
    typer.Option("--fleet", help="Only fleets that match this glob, NAMESPACE/NAME; may be repeated."),
]


class TextOrJson(StrEnum):
    """Output for people or for programs."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[TextOrJson, typer.Option("--output", "-o", help="Text for people or versioned JSON.")]
HERE = Path()
