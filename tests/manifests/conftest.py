"""Fixtures of this room's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml


def _crds() -> Iterator[dict[str, Any]]:
    for path in sorted(_directory().glob("*.yaml")):
        yield yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def _directory() -> Path:
    repository = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("GITWAY_CRDS", repository.parent / "shared" / "crds"))


@pytest.fixture(scope="session")
def crds() -> dict[str, dict[str, Any]]:
    """Kind → CustomResourceDefinition, of the folder that GITWAY_CRDS names."""
    found = {crd["spec"]["names"]["kind"]: crd for crd in _crds()}
    if not found:
        pytest.skip(f"no CRDs in {_directory()} (GITWAY_CRDS)")
    return found
