"""Fixtures that all rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.backends import Backends
from tests.support.binaries import envoy
from tests.support.repository import ISOLATED, GitRepository
from tests.support.s3 import S3Server
from tests.support.stores import files, objects, seaweed, store, url

__all__ = ["files", "objects", "seaweed", "store", "url"]

# How long an example takes says more about the machine than about gitway.
settings.register_profile("gitway", deadline=None)
settings.load_profile("gitway")

_OF_THE_MACHINE = ("AWS_", "GIT_", "GITHUB_", "RUNNER_", "XDG_")
"""Prefixes of variables that describe whoever runs the tests, not the test."""

_OF_THE_TERMINAL = ("CI", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


@pytest.fixture(scope="session", autouse=True)
def _same_environment_everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests see the same environment on a developer's machine and in CI, and nothing of the user's configuration."""
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(_OF_THE_MACHINE) or name in _OF_THE_TERMINAL or name.lower().endswith("_proxy"):
                patch.delenv(name)
        for name, value in ISOLATED.items():
            patch.setenv(name, value)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("GITWAY_ENVOY", str(envoy()))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def git_repo(tmp_path: Path) -> GitRepository:
    """An empty git repository."""
    return GitRepository(tmp_path / "repository")


@pytest.fixture
def backends() -> Iterator[Backends]:
    """Starts echo backends that end with the test."""
    with Backends() as running:
        yield running


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server; tests create a bucket each."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server
