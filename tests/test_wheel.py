"""What an installation has without a checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.binaries import ROOT

WHERE = "from reconciler.demo.round import _quickstart; print(_quickstart())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_every_module_and_nothing_beside_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "reconciler").rglob("*.py")}
    assert modules <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"reconciler", "gitway"}
    assert "reconciler/py.typed" in names


def test_an_installed_demo_has_its_manifests(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", WHERE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = Path(done.stdout.strip())
    assert found.is_relative_to(tmp_path)
    example = ROOT / "examples" / "quickstart"
    assert {file.name: file.read_text() for file in found.iterdir()} == {
        file.name: file.read_text() for file in example.iterdir()
    }
