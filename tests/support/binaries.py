"""Where the programs are that the tests run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""


def envoy() -> Path:
    """Envoy: `$GITWAY_ENVOY`, on the path, or in `.tools` of the checkout."""
    return _find("envoy", "GITWAY_ENVOY")


def weed() -> Path:
    """SeaweedFS: `$GITWAY_WEED`, on the path, or in `.tools` of the checkout."""
    return _find("weed", "GITWAY_WEED")


def gitway() -> Path:
    """The command as it is installed beside the interpreter that runs the tests."""
    return Path(sys.executable).with_name("gitway")


def _find(name: str, variable: str) -> Path:
    named = os.environ.get(variable)
    for candidate in (named, shutil.which(name), ROOT / ".tools" / "bin" / name):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise FileNotFoundError(f"no {name} found: run `make tools`, or set {variable}")
