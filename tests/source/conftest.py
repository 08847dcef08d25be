"""Repositories, opened, and trees of files without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reconciler.source.repository import Repository, open_repository
from tests.support.repository import GitRepository


@pytest.fixture
def opened(git_repo: GitRepository) -> Iterator[Repository]:
    """The repository of `git_repo`."""
    with open_repository(git_repo.path) as repository:
        yield repository


@pytest.fixture
def opening() -> Iterator[Callable[[object], Repository]]:
    """Opens repositories that are closed with the test."""
    repositories: list[Repository] = []

    def open_one(path: object) -> Repository:
        repositories.append(open_repository(str(path)))
        return repositories[-1]

    yield open_one
    for repository in repositories:
        repository.close()
