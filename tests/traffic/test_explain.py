"""`gitway explain` says what a real Envoy does: generated routes, generated requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.build import Request as BuildRequest
from reconciler.build import build
from reconciler.config import read_config
from reconciler.resolve.options import Options
from reconciler.review.comparison import Version
from reconciler.review.samples import samples
from reconciler.review.served.request import Request
from reconciler.review.served.routing import way
from reconciler.source.repository import open_repository
from tests.support.fleet import RunningFleet
from tests.support.manifests import CLASS, gateway, route
from tests.support.ports import free_port

FLEET = "shop/edge"
HOSTS = ["a.example.com", "b.example.com", "x.wild.example.com", "x.y.wild.example.com", "other.test"]

segments = st.sampled_from(["a", "b", "ab", "A", "a.b", "", ".", "..", "%61", "%2e", "a%20b", "~"])
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
plain = st.lists(st.sampled_from(["a", "b", "ab", "a.b"]), max_size=3).map(lambda parts: "/" + "/".join(parts))
regexes = st.sampled_from(["/a.*", "/[ab]+", "/a|/b", "/(a|b)/.*", "/a\\.b", "/[^/]+"])
values = st.sampled_from(["1", "2", "a b", "A"])
names = st.sampled_from(["x-a", "x-b"])


def path_match() -> st.SearchStrategy[dict[str, Any]]:
    exact = plain.map(lambda value: {"type": "Exact", "value": value})
    prefix = plain.map(lambda value: {"type": "PathPrefix", "value": value})
    regex = regexes.map(lambda value: {"type": "RegularExpression", "value": value})
    return st.one_of(exact, prefix, prefix, regex)


def value_matches() -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.one_of(
        st.builds(lambda name, value: {"name": name, "value": value}, names, values),
        st.builds(
            lambda name, value: {"name": name, "type": "RegularExpression", "value": value}, names, st.just("[0-9]")
        ),
    )
    return st.lists(one, max_size=2, unique_by=lambda item: item["name"])


matches = st.fixed_dictionaries(
    {"path": path_match()},
    optional={
        "headers": value_matches(),
        "queryParams": value_matches(),
        "method": st.sampled_from(["GET", "POST"]),
    },
)
hostnames = st.lists(st.sampled_from(["a.example.com", "b.example.com", "*.wild.example.com"]), unique=True, max_size=2)
routes = st.lists(
    st.tuples(hostnames, st.lists(st.lists(matches, min_size=1, max_size=2), min_size=1, max_size=4)), max_size=3
)
queries = st.lists(st.tuples(names, st.sampled_from(["1", "2", "a%20b", "a+b", "A", ""])), max_size=2)
requests = st.tuples(
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(HOSTS),
    st.one_of(paths, plain),
    queries,
    st.dictionaries(names, values, max_size=2),
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningFleet]:
    port = free_port()
    files = {"gateway.yaml": [CLASS, gateway(port=port)], "routes.yaml": []}
    options = ("--envoy-validate", "never", "--allow-empty")
    with RunningFleet(tmp_path_factory.mktemp("explain"), FLEET, files, publish=options) as running:
        running.port = port  # type: ignore[attr-defined]  # for the test below
        yield running


def manifest(number: int, hosts: list[str], rules: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """A route whose rules redirect to hosts that tell them apart."""
    made = [
        {
            "matches": one,
            "filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": f"rule-{number}-{index}.test"}}],
        }
        for index, one in enumerate(rules)
    ]
    return route(f"route-{number}", *made, hostnames=tuple(hosts))


def served(running: RunningFleet) -> Version:
    repository = open_repository(Path(running.repository.path))
    commit = repository.commit("HEAD")
    tree = repository.tree(commit)
    config, _ = read_config(tree)
    assert config is not None
    built = build(BuildRequest(tree, (), Options(addresses=config.addresses)))
    assert not built.failed, built.diagnostics
    return Version(built.snapshots, built.documents, tree)


def sampled(version: Version, port: int) -> Iterator[Request]:
    """The requests that a plan would sample: each match, and just beside it."""
    for table in version.fleet(FLEET).tables.values():
        for host in table.hosts.values():
            name = host.domain.replace("*.", "x.") if host.domain != "*" else "other.test"
            for sample in samples(host.routes):
                yield Request(sample.method, "http", name, port, sample.target, dict(sample.headers))


def drawn(asked: Any, port: int) -> Iterator[Request]:
    for method, host, path, query, headers in asked:
        target = path + ("?" + "&".join(f"{name}={value}" for name, value in query) if query else "")
        yield Request(method, "http", host, port, target, headers)


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(routes, st.lists(requests, min_size=30, max_size=60))
def test_explained_as_envoy_does(fleet: RunningFleet, made: Any, asked: Any) -> None:
    port: int = fleet.port  # type: ignore[attr-defined]  # the fixture's
    fleet.publish("Routes", {"routes.yaml": [manifest(number, *one) for number, one in enumerate(made)]})
    version = served(fleet)
    for request in (*drawn(asked, port), *sampled(version, port)):
        answer = fleet.get(port, request.target, method=request.method, host=request.host, headers=request.headers)
        location = dict(answer.headers).get("location", "")
        got = urlsplit(location).hostname if location else None
        taken = way(version.fleet(FLEET), request)
        owner = taken.shares[0].route.owner if taken.shares else None
        expected = f"rule-{owner.name.removeprefix('route-')}-{owner.rule}.test" if owner else None
        assert (answer.status, got) == (302 if expected else 404, expected), request
