"""`gitway explain METHOD URL`."""

from __future__ import annotations

import pytest

from tests.review.changes import SHOP, backend, files, https, rule
from tests.support.gitway import gitway, succeed
from tests.support.manifests import route
from tests.support.repository import GitRepository

CANARY = {
    "matches": [{"path": {"type": "PathPrefix", "value": "/cart"}, "headers": [{"name": "X-Canary", "value": "1"}]}],
    "backendRefs": [backend("v2")],
}


@pytest.fixture
def repo(git_repo: GitRepository) -> GitRepository:
    shop = route("web", CANARY, rule("/cart", backend("v1")), rule("/", backend("web")), hostnames=(SHOP,))
    git_repo.commit("First", files(shop, listeners=[{"name": "http", "protocol": "HTTP", "port": 80}]))
    return git_repo


def test_text(repo: GitRepository) -> None:
    told = succeed("explain", "get", f"http://{SHOP}/cart/1", "--repo", repo.path).stdout
    assert told == (
        """\
GET http://shop.example.com/cart/1

fleet shop/edge
  listener      tcp-80 (127.0.0.1:80)  gateway.yaml:19
  filter chain  http-80
  virtual host  shop.example.com
  route         httproute/shop/web/rule/1/match/0/shop_example_com
  rule          HTTPRoute shop/web  routes.yaml:23
  outcome       v1:80
  cluster       httproute/shop/web/rule/1: 127.0.0.1:10082
  passed over
    HTTPRoute shop/web  routes.yaml:13: there is no header x-canary
    HTTPRoute shop/web  routes.yaml:30: it matches too, but comes later
"""
    )


@pytest.mark.parametrize(
    ("url", "header", "outcome"),
    [
        (f"http://{SHOP}/cart", "x-canary: 1", "v2:80"),
        (f"http://{SHOP}/cart", "x-canary: 2", "v1:80"),
        (f"http://{SHOP}/carts", "x-canary: 1", "web:80"),
        (f"http://{SHOP}/a%2Fb", "a: b", "307: Envoy redirects to the path without escaped slashes"),
        ("http://other.example.com/", "a: b", "404: no route matches"),
    ],
)
def test_json(url: str, header: str, outcome: str, repo: GitRepository) -> None:
    told = succeed("explain", "GET", url, "-H", header, "--repo", repo.path, "-o", "json").json
    (fleet,) = told["fleets"]
    assert fleet["outcome"] == outcome


def test_behind_a_load_balancer(git_repo: GitRepository) -> None:
    git_repo.commit("First", files(listeners=[https()]))
    (fleet,) = succeed("explain", "GET", f"https://{SHOP}/", "--repo", git_repo.path, "-o", "json").json["fleets"]
    assert fleet["note"] == "nothing listens on port 443: taken to come to port 10443"
    assert fleet["outcome"] == "web:80"
    assert fleet["listener"]["place"] == "gateway.yaml:19"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("GET", "shop.example.com/"), 64),
        (("GET", "http://a/", "b"), 64),
        (("GET", "ftp://a/"), 64),
        (("GET", "https://a/"), 1),
    ],
)
def test_what_cannot_be_explained(words: tuple[str, ...], code: int, repo: GitRepository) -> None:
    assert gitway("explain", *words, "--repo", repo.path).code == code
    assert gitway("explain", "GET", "http://a/", "-H", "no colon", "--repo", repo.path).code == 64
