"""The files around the code: locks and contracts."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.support.binaries import ROOT

LOCKS = ["requirements.lock", "dev.lock", "tools.lock"]


def _pins(lock: str) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(lines)


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes_and_name_no_server(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:])


def test_the_environments_agree() -> None:
    assert _pins("requirements.lock").items() <= _pins("dev.lock").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def names(requirements: list[Any]) -> set[str]:
        return {re.split(r"[\[<>=]", entry)[0] for entry in requirements if isinstance(entry, str)}

    groups = project["dependency-groups"]
    assert names(project["project"]["dependencies"] + groups["build"]) <= _pins("requirements.lock").keys()
    assert names(groups["dev"]) <= _pins("dev.lock").keys()
    assert names(groups["tools"]) == _pins("tools.lock").keys()


def test_every_room_is_under_a_contract() -> None:
    """A new module of the top level says who may import it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {name for contract in contracts for name in contract.get("protected_modules", [])}
    modules = [path for path in (ROOT / "reconciler").iterdir() if path.suffix in {"", ".py"}]
    rooms = {f"reconciler.{path.stem}" for path in modules if not path.name.startswith("_")}
    assert rooms == {name for name in named if name.startswith("reconciler.")}
