"""Versions and digests depend on the resources and on nothing else."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from reconciler.snapshot import wire
from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, LISTENER, SECRET, TYPE_URLS, Resources

RESOURCES = st.dictionaries(
    st.sampled_from(TYPE_URLS),
    st.dictionaries(st.text("ab/é\U0001f600", max_size=4), st.binary(max_size=4), max_size=4),
)


@given(resources=RESOURCES)
def test_the_order_of_the_resources_does_not_matter(resources: Resources) -> None:
    backwards = {
        type_url: dict(reversed(list(values.items()))) for type_url, values in reversed(list(resources.items()))
    }
    assert build(backwards) == build(resources)


@given(resources=RESOURCES)
def test_everything_is_there_once_and_sorted(resources: Resources) -> None:
    snapshot = build(resources)
    assert [types.type_url for types in snapshot.types] == sorted(url for url, values in resources.items() if values)
    for types in snapshot.types:
        assert [(r.name, r.value) for r in types.resources] == sorted(resources[types.type_url].items())


@given(resources=RESOURCES)
def test_the_digest_is_that_of_the_file(resources: Resources) -> None:
    snapshot = build(resources)
    assert snapshot.digest == sha256(wire.pack(snapshot)).hexdigest()


@given(first=RESOURCES, second=RESOURCES)
def test_digests_are_equal_where_the_resources_are(first: Resources, second: Resources) -> None:
    one, other = build(first), build(second)
    assert (one.digest == other.digest) == (one == other)
    types = {types.type_url: types for types in one.types}
    for theirs in other.types:
        if ours := types.get(theirs.type_url):
            assert (ours.digest == theirs.digest) == (ours.resources == theirs.resources)


def test_a_type_whose_resources_are_cut_differently_has_another_digest() -> None:
    first, second = (build({CLUSTER: values}).types[0] for values in ({"a": b"b", "c": b""}, {"a": b"", "bc": b""}))
    assert first.digest != second.digest


def test_digests_and_versions_are_the_same_for_ever() -> None:
    snapshot = build({LISTENER: {"l": b"1"}, CLUSTER: {"b": b"", "a": b"2"}, SECRET: {}})
    assert [types.digest[:16] for types in snapshot.types] == ["2ce73032500890d1", "fd60d1092845bfca"]
    assert [r.version for types in snapshot.types for r in types.resources] == [
        "d4735e3a265e16ee",
        "e3b0c44298fc1c14",
        "6b86b273ff34fce1",
    ]
    assert snapshot.digest == "2217f6dc8e0b23b863792d8fa0fdf371adf76c2a59663302ebb7e0e6f1486eaf"


def test_a_resource_is_versioned_by_its_value_alone() -> None:
    first, second = build({CLUSTER: {"a": b"1"}}), build({LISTENER: {"b": b"1"}, CLUSTER: {"a": b"2"}})
    versions = {r.name: r.version for types in second.types for r in types.resources}
    assert first.types[0].resources[0].version == versions["b"] != versions["a"]
