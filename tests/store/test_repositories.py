from __future__ import annotations

import pytest

from reconciler.store.repositories import same_repository


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("https://github.com/acme/routes", "https://github.com/acme/routes.git", True),
        ("https://github.com/acme/routes", "git@github.com:acme/routes.git", True),
        ("https://github.com/acme/routes", "ssh://git@GitHub.com:22/acme/routes/", True),
        ("routes", "routes", True),
        ("https://github.com/acme/routes", "https://github.com/fork/routes", False),
        ("https://github.com/acme/routes", "https://gitlab.com/acme/routes", False),
        ("git@github.com:acme/routes", "git@github.com:acme/other", False),
        ("routes", "clone", None),
        ("routes", "/srv/git/routes", None),
        ("file:///srv/git/routes.git", "/srv/git/routes", None),
        ("https://github.com/acme/routes", "routes", None),
    ],
)
def test_names(one: str, other: str, expected: bool | None) -> None:
    assert same_repository(one, other) is expected
    assert same_repository(other, one) is expected
