"""What a plan warns of."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.review.catalogue.table import entries
from reconciler.review.dangers.table import DANGERS
from tests.review.changes import SHOP, backend, files, https, plan, redirect, rule
from tests.support.gitway import gitway
from tests.support.manifests import gateway, route
from tests.support.repository import GitRepository

HTTP = {"name": "http", "protocol": "HTTP", "port": 10080}
OTHER = {"name": "other", "protocol": "HTTP", "port": 10090}
AUTH = {
    "filters": [
        {
            "type": "ExternalAuth",
            "externalAuth": {"protocol": "GRPC", "backendRef": backend("v2"), "grpc": {}},
        }
    ]
}


def shop(*rules: dict[str, Any], name: str = "web", hostnames: tuple[str, ...] = (SHOP,)) -> dict[str, Any]:
    return route(name, *rules, hostnames=hostnames)


MANY = [rule(f"/{number}", backend()) for number in range(12)]
Case = tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]
CASES: dict[str, Case] = {
    "listener dropped": (
        files(listeners=[HTTP, OTHER]),
        files(listeners=[HTTP]),
        [("GW601", "high", "port 10090 of fleet shop/edge is no longer served (it was in gateway.yaml:")],
    ),
    "hostname dropped from a route": (
        files(shop(rule("/", backend()), hostnames=(SHOP, "old.example.com"))),
        files(shop(rule("/", backend()))),
        [("GW602", "high", "old.example.com on port 10080 of fleet shop/edge loses its last route")],
    ),
    "route removed": (
        files(shop(rule("/", backend())), shop(rule("/", backend()), name="old", hostnames=("old.example.com",))),
        files(shop(rule("/", backend()))),
        [
            (
                "GW602",
                "high",
                "old.example.com on port 10080 of fleet shop/edge loses its last route (it was in route",
            )
        ],
    ),
    "hostname moved to another route": (
        files(shop(rule("/", backend()))),
        files(shop(rule("/", backend("v1")), name="new")),
        [],
    ),
    "route shadowed": (
        files(shop(rule("/cart", backend("v1")))),
        files(
            shop(rule("/cart", backend("v1"))),
            shop(rule("/cart", backend("v2"), kind="Exact"), name="fast"),
        ),
        [("GW603", "medium", "GET http://shop.example.com:10080/cart now goes to HTTPRoute shop/fast (routes.yaml:")],
    ),
    "weights to zero": (
        files(shop(rule("/", backend("v1", 1)))),
        files(shop(rule("/", backend("v1", 0)))),
        [("GW604", "high", "requests that went to v1:80 are answered by the gateway: 500")],
    ),
    "backend gone": (
        files(shop(rule("/", backend("v1")))),
        files(shop(rule("/", backend("gone")))),
        [("GW604", "high", "requests that went to v1:80 are answered by the gateway: 500")],
    ),
    "a share of the backends gone": (
        files(shop(rule("/", backend("v1", 90), backend("v2", 10)))),
        files(shop(rule("/", backend("v1", 90), backend("gone", 10)))),
        [
            (
                "GW604",
                "medium",
                "10.0% more of the requests are answered with an error: v1:80 90%, 500, no valid backend 10%",
            )
        ],
    ),
    "a share of errors that was there before": (
        files(shop(rule("/", backend("v1", 90), backend("gone", 10)))),
        files(shop(rule("/", backend("v1", 95), backend("gone", 5)))),
        [],
    ),
    "canary step": (
        files(shop(rule("/", backend("v1", 90), backend("v2", 10)))),
        files(shop(rule("/", backend("v1", 50), backend("v2", 50)))),
        [],
    ),
    "TLS to cleartext": (
        files(listeners=[https(port=10443)]),
        files(listeners=[{**HTTP, "port": 10443}]),
        [
            ("GW605", "high", "port 10443 of fleet shop/edge no longer speaks TLS"),
        ],
    ),
    "authorization removed": (
        files(shop({**rule("/", backend("v1")), **AUTH})),
        files(shop(rule("/", backend("v1")))),
        [("GW606", "high", "ext_authz no longer guards shop.example.com in fleet shop/edge")],
    ),
    "catch-all added": (
        files(),
        files(shop(rule("/", backend())), route("all", rule("/", backend("v1")))),
        [("GW607", "medium", "every ")],
    ),
    "redirect loop": (
        files(listeners=[{**HTTP, "port": 80}]),
        files(
            shop(rule("/", **redirect(path={"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}))),
            listeners=[{**HTTP, "port": 80}],
        ),
        [("GW608", "high", "GET http://shop.example.com/ is redirected in a circle: 302 to")],
    ),
    "redirect to HTTPS": (
        files(listeners=[{**HTTP, "port": 80}]),
        files(shop(rule("/", **redirect(scheme="https"))), listeners=[{**HTTP, "port": 80}]),
        [],
    ),
    "match narrowed": (
        files(shop(rule("/cart", backend("v1")))),
        files(shop(rule("/cart", backend("v1"), kind="Exact"))),
        [
            (
                "GW612",
                "medium",
                "GET http://shop.example.com:10080/cart/sample is answered 404: no route matches; before",
            )
        ],
    ),
    "certificates changed": (
        files(listeners=[https()]),
        files(listeners=[https(certificate="other")]),
        [("GW609", "low", "port 10443 of fleet shop/edge has other certificates: shop/other")],
    ),
    "most of a fleet changed": (
        files(shop(*MANY)),
        files(shop(*[{**one, "timeouts": {"request": "3s"}} for one in MANY])),
        [("GW610", "medium", "12 of 12 routes of fleet shop/edge change or go")],
    ),
    "fleet retired": (
        files() | {"two.yaml": gateway(name="two", port=10090)},
        files(),
        [("GW611", "high", "fleet shop/two is retired (it was in two.yaml")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_dangers(name: str, git_repo: GitRepository) -> None:
    before, after, expected = CASES[name]
    told = plan(git_repo, before, after)
    found = sorted((one["code"], one["risk"], one["message"]) for one in told["dangers"])
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    for (_, _, message), (_, _, beginning) in zip(found, expected, strict=True):
        assert message.startswith(beginning), message
    order = ["high", "medium", "low"]
    assert told["risk"] == min((one[1] for one in expected), key=order.index, default="none")


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name][2]])
def test_the_reverse_of_a_danger_is_another_change(name: str, git_repo: GitRepository) -> None:
    """No danger is found in both directions, but for those that are about change as such."""
    before, after, expected = CASES[name]
    found = {one["code"] for one in plan(git_repo, after, before)["dangers"]}
    assert found & {code for code, _, _ in expected} <= {"GW602", "GW603", "GW609", "GW610", "GW612"}


def test_every_danger_is_tested() -> None:
    tested = {code for _, _, expected in CASES.values() for code, _, _ in expected}
    assert tested == {module.ENTRY.code for module in DANGERS} == {code for code in entries() if code[:3] == "GW6"}


def test_a_danger_has_a_place_and_can_be_accepted(git_repo: GitRepository) -> None:
    before, after, _ = CASES["catch-all added"]
    (danger,) = plan(git_repo, before, after)["dangers"]
    assert (danger["file"], danger["object"]) == ("routes.yaml", "HTTPRoute shop/all")
    text = (git_repo.path / "routes.yaml").read_text().splitlines()
    text[danger["line"] - 1] += "  # gitway: ignore GW607 it is the default site"
    git_repo.write("routes.yaml", "\n".join(text) + "\n")
    git_repo.commit("Accept")
    told = plan_again(git_repo)
    assert (told["dangers"], [one["reason"] for one in told["suppressed"]]) == ([], ["it is the default site"])


def plan_again(repo: GitRepository) -> dict[str, Any]:
    told: dict[str, Any] = gitway("plan", "--repo", repo.path, "--base", "HEAD~2", "-o", "json").json
    return told


def test_what_requests_see(git_repo: GitRepository) -> None:
    before, after, _ = CASES["canary step"]
    (seen,) = plan(git_repo, before, after)["behaviour"]
    assert seen == {
        "fleet": "shop/edge",
        "request": "GET http://shop.example.com:10080/",
        "before": "v1:80 90%, v2:80 10%",
        "after": "v1:80 50%, v2:80 50%",
    }


def test_how_far_it_reaches(git_repo: GitRepository) -> None:
    before, after, _ = CASES["canary step"]
    assert plan(git_repo, before, after)["reaches"] == [
        {"fleet": "shop/edge", "listeners": ["tcp-10080"], "hostnames": [SHOP]}
    ]
