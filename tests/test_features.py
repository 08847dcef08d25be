"""What gitway claims of the Gateway API: one table, which the conformance run and GatewayClasses go by."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.resolve.features import FEATURES, SUPPORTED_FEATURES
from tests.resolve.scene import gateway, resolve
from tests.support.binaries import ROOT
from tests.support.gitway import COMMAND, succeed

SUITE = Path(os.environ.get("GITWAY_CONFORMANCE", ROOT.parent / "shared" / "conformance"))

NEEDS_SUITE = pytest.mark.skipif(not SUITE.is_dir(), reason=f"no conformance suite at {SUITE} (GITWAY_CONFORMANCE)")


def _suite(pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(SUITE.glob(pattern)):
        yield yaml.load(path.read_text(), yaml.CSafeLoader)


def test_features_are_sorted_and_named_once() -> None:
    names = [feature.name for feature in FEATURES]
    assert names == sorted(set(names))


def test_gateway_classes_report_what_is_supported() -> None:
    status = resolve(gateway()).status("GatewayClass", "gitway", namespace="")
    assert [feature["name"] for feature in status["supportedFeatures"]] == list(SUPPORTED_FEATURES)


def test_the_command_prints_the_table() -> None:
    told = succeed("features", "-o", "json").json
    assert told["format"] == 1
    assert [tuple(row.values()) for row in told["features"]] == [
        (feature.name, feature.level, feature.channel, feature.supported) for feature in FEATURES
    ]
    assert list(told["features"][0]) == ["name", "level", "channel", "supported"]


def test_the_table_for_people() -> None:
    lines = [line.split() for line in succeed("features").stdout.splitlines()]
    assert len(lines) == len(FEATURES)
    assert ["HTTPRoute", "core", "standard", "supported"] in lines
    assert ["Mesh", "core", "standard", "not", "supported"] in lines


def test_the_conformance_run_is_told_what_is_not_supported(tmp_path: Path) -> None:
    """With a suite that only says how it was called."""
    package = tmp_path / "conformance"
    package.mkdir()
    (package / "run.py").write_text("import json, os, sys\nprint(json.dumps([os.environ['GITWAY'], *sys.argv[1:]]))\n")
    command = shlex.join(COMMAND)
    environment = {**os.environ, "GITWAY": command, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [ROOT / ".ci" / "conformance", tmp_path, "--only", "HTTP*"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    called_with, *arguments = json.loads(done.stdout)
    assert called_with == command
    assert arguments[0] == "--unsupported"
    assert set(arguments[1].split(",")) == {feature.name for feature in FEATURES} - set(SUPPORTED_FEATURES)
    assert arguments[2:] == ["--only", "HTTP*"]


def test_ci_runs_the_suite_that_way() -> None:
    assert '.ci/conformance "$suite"' in (ROOT / ".ci" / "run").read_text()


@NEEDS_SUITE
def test_the_suites_features_are_listed_as_it_has_them() -> None:
    """All but those of meshes, which it leaves out."""
    (known,) = _suite("features.yaml")
    listed = {
        feature.name: {"level": feature.level, "channel": feature.channel}
        for feature in FEATURES
        if not feature.name.startswith("Mesh")
    }
    assert listed == known["features"]


@NEEDS_SUITE
def test_every_case_is_about_listed_features() -> None:
    """Else a test could neither be claimed nor left out."""
    names = {feature.name for feature in FEATURES}
    conditions = ("features", "onlyIfSupported", "onlyIfUnsupported")
    asked = {name for case in _suite("cases/*.yaml") for condition in conditions for name in case.get(condition, ())}
    assert asked
    assert asked <= names
