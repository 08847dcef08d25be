"""The difference of two sets of objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Origin
from reconciler.review import changes
from reconciler.review.changes import FieldChange, ObjectChange
from reconciler.source.document import Document


def document(kind: str = "HTTPRoute", name: str = "a", file: str = "a.yaml", **rest: Any) -> Document:
    metadata = {"name": name, "namespace": "shop"}
    return Document(
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": metadata, **rest},
        Origin(file),
        repr(rest),
    )


def rule(path: str, backend: str) -> dict[str, Any]:
    return {"matches": [{"path": {"value": path}}], "backendRefs": [{"name": backend}]}


def object_changes(before: Iterable[Document], after: Iterable[Document]) -> tuple[ObjectChange, ...]:
    return changes.object_changes(before, after).changed


def fields(before: Any, after: Any) -> tuple[FieldChange, ...]:
    (change,) = object_changes([document(spec=before)], [document(spec=after)])
    return change.fields


def test_added_and_removed_objects_are_told_with_their_files() -> None:
    """Documents of one blob would be taken to be the same; here the blob stands for the content."""
    changes = object_changes([document(name="old", file="o.yaml")], [document(name="new", file="n.yaml")])
    assert [(one.action, one.object, one.file) for one in changes] == [
        ("add", "HTTPRoute shop/new", "n.yaml"),
        ("remove", "HTTPRoute shop/old", "o.yaml"),
    ]


def test_an_object_that_moved_to_another_file_is_no_change() -> None:
    assert object_changes([document(file="a.yaml")], [document(file="b.yaml")]) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("spec.a", 1, 2)]),
        ({"a": 1}, {}, [("spec.a", 1, None)]),
        ({}, {"a": [1]}, [("spec.a", None, [1])]),
        ({"a": True}, {"a": 1}, [("spec.a", True, 1)]),
        ({"a": [1, 2]}, {"a": [1, 3]}, [("spec.a", 2, None), ("spec.a", None, 3)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("spec.a (order)", ["1", "2"], ["2", "1"])]),
        # By name: an item in front of the others is one addition.
        (
            {"refs": [{"name": "v1", "weight": 1}]},
            {"refs": [{"name": "v2"}, {"name": "v1", "weight": 2}]},
            [("spec.refs[v1].weight", 1, 2), ("spec.refs[v2]", None, {"name": "v2"})],
        ),
        # Of one name, by the whole reference.
        (
            {"refs": [{"name": "a", "port": 1}, {"name": "a", "port": 2}]},
            {"refs": [{"name": "a", "port": 2, "weight": 5}, {"name": "a", "port": 3}]},
            [
                ("spec.refs[a:1]", {"name": "a", "port": 1}, None),
                ("spec.refs[a:2].weight", None, 5),
                ("spec.refs[a:3]", None, {"name": "a", "port": 3}),
            ],
        ),
        # Rules have no names mostly: their matches tell them apart, also when one is put in front.
        (
            {"rules": [rule("/a", "v1"), rule("/b", "v1")]},
            {"rules": [rule("/new", "v1"), rule("/b", "v2"), rule("/a", "v1")]},
            [
                ("spec.rules[/b].backendRefs[v1]", {"name": "v1"}, None),
                ("spec.rules[/b].backendRefs[v2]", None, {"name": "v2"}),
                ("spec.rules[/new]", None, rule("/new", "v1")),
            ],
        ),
        # A rule with another match is still that rule.
        (
            {"rules": [rule("/a", "v1"), rule("/b", "v2")]},
            {"rules": [rule("/a", "v1"), rule("/c", "v2")]},
            [
                ("spec.rules[/c].matches[/b]", {"path": {"value": "/b"}}, None),
                ("spec.rules[/c].matches[/c]", None, {"path": {"value": "/c"}}),
            ],
        ),
    ],
)
def test_fields(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert [(one.path, one.before, one.after) for one in fields(before, after)] == expected


def test_what_kubernetes_writes_is_no_change() -> None:
    before = document(status={"a": 1})
    after = document(status={"a": 2})
    assert object_changes([before], [after]) == ()


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_secrets_are_masked(field: str) -> None:
    content: list[dict[str, Any]] = [{field: {"tls.key": key}} for key in ("hidden-one", "hidden-two")]
    before, after = (document("Secret", **entry) for entry in content)
    (change,) = object_changes([before], [after])
    assert "hidden" not in repr(change)
    assert [one.path for one in change.fields] == [f"{field}.tls.key"]


LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.mark.parametrize("before", [None, {}, {LAST_APPLIED: "hidden-one"}, {"other": "x"}])
def test_what_kubectl_repeats_of_a_secret_is_masked(before: dict[str, str] | None) -> None:
    def secret(annotations: dict[str, str] | None) -> Document:
        metadata = {
            "name": "s",
            "namespace": "shop",
            **({"annotations": annotations} if annotations is not None else {}),
        }
        return Document(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}, Origin("s.yaml"), repr(annotations)
        )

    (change,) = object_changes([secret(before)], [secret({LAST_APPLIED: "hidden-two", "other": "shown"})])
    assert "hidden" not in repr(change)
    assert "shown" in repr(change)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert object_changes([document(spec=value)], [document(spec=value)]) == ()


@pytest.mark.parametrize(("before", "after"), [(None, "default"), ("default", None), (None, None)])
def test_no_namespace_is_the_namespace_default(before: str | None, after: str | None) -> None:
    def unnamed(namespace: str | None, spec: int) -> Document:
        made = document(spec=spec)
        named = {"namespace": namespace} if namespace else {}
        return Document({**made.object, "metadata": {"name": "web", **named}}, made.origin, made.blob)

    (change,) = object_changes([unnamed(before, 1)], [unnamed(after, 2)])
    assert (change.action, change.object) == ("change", "HTTPRoute default/web")
    assert [one.path for one in change.fields] == ["spec"]
    same = [object_changes([unnamed(one, 1)], [unnamed(other, 1)]) for one in (before, after) for other in (None,)]
    assert same == [(), ()]


@given(st.lists(json_values, max_size=5), st.lists(json_values, max_size=5))
def test_lists_of_anything_can_be_compared(before: list[Any], after: list[Any]) -> None:
    found = object_changes([document(spec=before)], [document(spec=after)])
    assert bool(found) == (before != after or repr(before) != repr(after))
