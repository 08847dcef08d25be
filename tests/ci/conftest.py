"""Fixtures of the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.jobs import Jobs
from tests.support.github import Stub, github


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with github() as running:
        yield running
