"""What a snapshot adds, changes and removes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.snapshot.build import build
from reconciler.snapshot.diff import Change, diff
from reconciler.snapshot.model import CLUSTER, LISTENER, SECRET, TYPE_URLS, Resources

RESOURCES = st.dictionaries(
    st.sampled_from(TYPE_URLS[:3]), st.dictionaries(st.sampled_from("abcd"), st.sampled_from([b"", b"1", b"2"]))
)


def test_every_kind_of_change_sorted_by_type_and_name() -> None:
    old = build({LISTENER: {"same": b"1"}, CLUSTER: {"gone": b"", "other": b"1", "same": b"1"}, SECRET: {"s": b""}})
    new = build({LISTENER: {"same": b"1", "a": b""}, CLUSTER: {"new": b"", "other": b"2", "same": b"1"}})
    assert diff(old, new) == (
        Change(CLUSTER, "gone", "remove"),
        Change(CLUSTER, "new", "add"),
        Change(CLUSTER, "other", "change"),
        Change(LISTENER, "a", "add"),
        Change(SECRET, "s", "remove"),
    )


def test_nothing_to_something_and_back() -> None:
    snapshot = build({CLUSTER: {"a": b"1"}})
    assert diff(None, snapshot) == (Change(CLUSTER, "a", "add"),)
    assert diff(snapshot, None) == (Change(CLUSTER, "a", "remove"),)
    assert diff(None, None) == ()


@given(old=RESOURCES, new=RESOURCES)
def test_the_changes_lead_from_one_to_the_other(old: Resources, new: Resources) -> None:
    state = {(type_url, name): value for type_url, values in old.items() for name, value in values.items()}
    target = {(type_url, name): value for type_url, values in new.items() for name, value in values.items()}
    for change in diff(build(old), build(new)):
        key = (change.type_url, change.name)
        assert (key in state, key in target) == (change.action != "add", change.action != "remove")
        if change.action == "remove":
            del state[key]
        else:
            assert state.get(key) != target[key]
            state[key] = target[key]
    assert state == target
