"""Hostname intersection and listener isolation (Gateway API, HTTPRouteSpec.hostnames and GEP-3567)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.resolve.hostnames import covering, hosts_on, intersect, owner


@pytest.mark.parametrize(
    ("listener", "route", "both"),
    [
        ("*", "a.example.com", "a.example.com"),
        ("*", "*.example.com", "*.example.com"),
        ("a.example.com", "a.example.com", "a.example.com"),
        ("a.example.com", "b.example.com", None),
        ("*.example.com", "a.example.com", "a.example.com"),
        ("*.example.com", "a.b.example.com", "a.b.example.com"),
        ("*.example.com", "example.com", None),
        ("*.example.com", "notexample.com", None),
        ("a.example.com", "*.example.com", "a.example.com"),
        ("example.com", "*.example.com", None),
        ("*.example.com", "*.example.com", "*.example.com"),
        ("*.example.com", "*.a.example.com", "*.a.example.com"),
        ("*.a.example.com", "*.example.com", "*.a.example.com"),
        ("*.example.com", "*.example.org", None),
        ("*.example.com", "*.com", "*.example.com"),
    ],
)
def test_intersection(listener: str, route: str, both: str | None) -> None:
    assert intersect(listener, route) == both


def test_covering_goes_from_the_host_to_any() -> None:
    assert list(covering("a.b.example.com")) == ["a.b.example.com", "*.b.example.com", "*.example.com", "*.com", "*"]
    assert list(covering("*.example.com")) == ["*.example.com", "*.com", "*"]
    assert list(covering("*")) == ["*"]


ISOLATED = frozenset({"*", "*.example.com", "*.foo.example.com", "abc.foo.example.com"})


@pytest.mark.parametrize(
    ("listener", "hosts"),
    [
        ("*", ("bar.com",)),
        ("*.example.com", ("*.example.com",)),
        ("*.foo.example.com", ("*.foo.example.com",)),
        ("abc.foo.example.com", ("abc.foo.example.com",)),
    ],
)
def test_a_host_belongs_to_the_most_specific_listener(listener: str, hosts: tuple[str, ...]) -> None:
    route = ("bar.com", "*.example.com", "*.foo.example.com", "abc.foo.example.com")
    assert hosts_on(listener, ISOLATED, route) == hosts


def test_isolation_is_not_only_about_equal_names() -> None:
    assert hosts_on("*", frozenset({"*", "*.example.com"}), ("deep.a.example.com", "other.org")) == ("other.org",)


def test_a_route_without_hostnames_has_those_of_the_listener() -> None:
    assert hosts_on("*.example.com", ISOLATED, ()) == ("*.example.com",)


labels = st.sampled_from(["a", "b", "com", "org"])
exact = st.lists(labels, min_size=1, max_size=4).map(".".join)
hostnames = st.one_of(st.just("*"), exact, exact.map(lambda name: f"*.{name}"))


def matches(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


@given(hostnames, st.one_of(exact, exact.map(lambda name: f"*.{name}")), exact)
def test_the_intersection_matches_what_both_match(listener: str, route: str, host: str) -> None:
    both = intersect(listener, route)
    assert (both is not None and matches(both, host)) == (matches(listener, host) and matches(route, host))


@given(st.sets(hostnames, min_size=1), st.lists(exact, max_size=6))
def test_every_exact_host_is_on_at_most_one_listener_of_a_port(listeners: set[str], route: list[str]) -> None:
    if not route:
        return
    port = frozenset(listeners)
    placed = [host for listener in port for host in hosts_on(listener, port, route)]
    assert len(placed) == len(set(placed))
    assert set(placed) == {host for host in route if owner(host, port) is not None}
