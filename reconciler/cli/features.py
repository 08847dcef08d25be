"""`gitway features`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from reconciler.cli.output import echo

if TYPE_CHECKING:
    import typer

from reconciler.cli import options

FORMAT = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("features")(features)


def features(output: options.Output = options.TextOrJson.TEXT) -> None:
    """List the features of the Gateway API by name, and whether gitway supports them."""
    from reconciler.resolve.features import FEATURES

    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, "features": [asdict(feature) for feature in FEATURES]}, indent=2))
        return
    width = max(len(feature.name) for feature in FEATURES)
    for feature in FEATURES:
        supported = "supported" if feature.supported else "not supported"
        echo(f"{feature.name:<{width}}  {feature.level:<8}  {feature.channel:<12}  {supported}")
