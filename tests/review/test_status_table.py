"""Statuses for people."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.review.status_table import as_text
from tests.support.gitway import gitway, succeed
from tests.support.manifests import repository, route
from tests.support.repository import GitRepository


def item(kind: str, group: str = "gateway.networking.k8s.io/v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, **fields}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("HTTPRoute", "HTTPRoute shop/a\n  no status: attached to no Gateway or ListenerSet that is ours\n"),
        ("UDPRoute", "UDPRoute shop/a\n  no status: attached to no Gateway or ListenerSet that is ours\n"),
        ("Gateway", "Gateway shop/a\n  no status: of no GatewayClass that is ours\n"),
        ("GatewayClass", "GatewayClass a\n  no status: the class of another controller\n"),
        ("ReferenceGrant", "nothing here has a status\n"),
    ],
)
def test_what_has_none_says_why(kind: str, told: str) -> None:
    assert as_text([item(kind)]) == told


def test_what_is_refused_is_not_called_another_controllers() -> None:
    assert (
        as_text([item("HTTPRoute")], frozenset({"HTTPRoute shop/a"})) == "HTTPRoute shop/a\n  refused: see the errors\n"
    )


def test_odd_objects_are_left_out() -> None:
    assert as_text([{}, {"kind": "HTTPRoute"}, item("Deployment", "apps/v1"), item("Service", "v1")]) == (
        "nothing here has a status\n"
    )


def test_every_route_is_told_of(git_repo: GitRepository) -> None:
    elsewhere = route("elsewhere")
    elsewhere["spec"]["parentRefs"] = [{"name": "mesh", "kind": "Service", "group": ""}]
    bad = {**route("bad"), "specc": 1}
    git_repo.commit("First", {**repository(), "elsewhere.yaml": elsewhere})
    told = succeed("status", "--repo", git_repo.path).stdout
    assert "HTTPRoute shop/elsewhere\n  no status: attached to no Gateway" in told
    assert "HTTPRoute shop/web\n  parent " in told
    git_repo.commit("Second", {"bad.yaml": bad})
    assert "HTTPRoute shop/bad\n  refused: see the errors" in gitway("status", "--repo", git_repo.path).stdout
