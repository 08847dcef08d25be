"""BackendTrafficPolicy: rate limits, by each Envoy itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.traffic.policies.scene import governed, host
from tests.traffic.scene import Object, Scene, running


def limited(requests: int = 2, unit: str = "Hour", **rule: Any) -> Object:
    selectors = rule.pop("clientSelectors", None)
    made = {"limit": {"requests": requests, "unit": unit}, **rule}
    return {**made, "clientSelectors": selectors} if selectors is not None else made


def header(name: str, value: str = "", **more: Any) -> Object:
    return {"headers": [{"name": name, **({"value": value} if value else {}), **more}]}


SELECTORS: dict[str, list[Object]] = {
    "header": [header("x-user", "jo")],
    "header-regex": [header("x-user", "j.*", type="RegularExpression")],
    "header-invert": [header("x-user", "jo", invert=True)],
    "query": [{"queryParams": [{"name": "user", "value": "jo"}]}],
    "path-exact": [{"path": {"type": "Exact", "value": "/a"}}],
    "path-prefix": [{"path": {"type": "PathPrefix", "value": "/a"}}],
    "path-regex": [{"path": {"type": "RegularExpression", "value": "/a[0-9]+"}}],
    "method": [{"methods": [{"value": "POST"}, {"value": "PUT"}]}],
    "source": [{"sourceCIDR": {"value": "127.0.0.0/8"}}],
    "source-other": [{"sourceCIDR": {"value": "192.0.2.0/24"}}],
    "source-invert": [{"sourceCIDR": {"value": "192.0.2.0/24", "invert": True}}],
    "several": [header("x-user", "jo"), {"path": {"value": "/a"}}],
}

RULES: dict[str, list[Object]] = {
    "everyone": [limited()],
    "told": [limited(100)],
    "shadow": [limited(shadowMode=True)],
    "distinct": [limited(clientSelectors=[header("x-user", type="Distinct")])],
    "distinct-query": [limited(clientSelectors=[{"queryParams": [{"name": "user", "type": "Distinct"}]}])],
    "distinct-source": [limited(clientSelectors=[{"sourceCIDR": {"value": "0.0.0.0/0", "type": "Distinct"}}])],
    "shadow-one": [limited(clientSelectors=[header("x-user", "jo")], shadowMode=True)],
    "cost": [limited(4, clientSelectors=[header("x-user", "jo")], cost={"request": {"from": "Number", "number": 2}})],
    "two": [limited(4), limited(1, clientSelectors=[header("x-user", "jo")])],
    "no-headers": [limited(xRateLimitHeaders="Off")],
    **{name: [limited(clientSelectors=selectors)] for name, selectors in SELECTORS.items()},
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = [
        item for name, rules in RULES.items() for item in governed(name, {"rateLimit": {"local": {"rules": rules}}})
    ]
    with running(tmp_path_factory.mktemp("local-limits"), made) as started:
        yield started


def statuses(scene: Scene, case: str, count: int = 3, path: str = "/", **options: Any) -> list[int]:
    return [scene.get(path, host=host(case), **options).status for _ in range(count)]


JO = {"x-user": "jo"}
MO = {"x-user": "mo"}


@pytest.mark.parametrize(
    ("case", "meant", "others"),
    [
        ("everyone", {}, []),
        ("header", {"headers": JO}, [{}, {"headers": MO}]),
        ("header-regex", {"headers": JO}, [{"headers": MO}]),
        ("header-invert", {"headers": MO}, [{"headers": JO}]),
        ("query", {"path": "/?user=jo"}, [{"path": "/?user=mo"}, {}]),
        ("path-exact", {"path": "/a?b"}, [{"path": "/a/b"}]),
        ("path-prefix", {"path": "/a/b"}, [{"path": "/ab"}]),
        ("path-regex", {"path": "/a12"}, [{"path": "/a"}]),
        ("method", {"method": "POST"}, [{}]),
        ("source", {}, []),
        ("source-invert", {}, []),
        ("several", {"headers": JO, "path": "/a"}, [{"headers": JO}, {"path": "/a"}]),
    ],
)
def test_local_limits(scene: Scene, case: str, meant: Any, others: list[Any]) -> None:
    assert statuses(scene, case, **meant) == [200, 200, 429]
    for other in others:
        assert statuses(scene, case, **other) == [200, 200, 200]


@pytest.mark.parametrize("case", ["shadow", "shadow-one", "source-other"])
def test_limits_that_are_not_enforced(scene: Scene, case: str) -> None:
    assert statuses(scene, case, headers=JO) == [200, 200, 200]


def test_distinct_values(scene: Scene) -> None:
    for user in ("jo", "mo"):
        assert statuses(scene, "distinct", headers={"x-user": user}) == [200, 200, 429]
        assert statuses(scene, "distinct-query", path=f"/?user={user}") == [200, 200, 429]
    assert statuses(scene, "distinct-source") == [200, 200, 429]


def test_costs(scene: Scene) -> None:
    assert statuses(scene, "cost", headers=JO) == [200, 200, 429]


def test_one_limit_for_all_and_one_for_some(scene: Scene) -> None:
    assert statuses(scene, "two", headers=JO) == [200, 429, 429]
    assert statuses(scene, "two", 5) == [200, 200, 200, 200, 429]


def test_clients_are_told(scene: Scene) -> None:
    assert "x-ratelimit-limit" in scene.get(host=host("told")).headers
    assert "x-ratelimit-limit" not in scene.get(host=host("no-headers")).headers
