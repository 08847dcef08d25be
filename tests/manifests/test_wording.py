"""Values, paths and names in messages."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import FieldPath
from reconciler.manifests.wording import closest, did_you_mean, dotted, object_name, printable, shown


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec", "rules", 0, "matches", 12, "path"), "spec.rules[0].matches[12].path"),
        (("metadata", "labels", "a.example/b"), 'metadata.labels["a.example/b"]'),
        (("data", ""), 'data[""]'),
        (("a\n",), "a\\n"),
    ],
)
def test_dotted(path: FieldPath, text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (8080, "8080"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        (10**21, "a very large number"),
        ("ü", '"ü"'),
        ("a\nb", '"a\\nb"'),
        ("\ud800\x1b", '"\\ud800\\u001b"'),
        ("x" * 100, '"' + "x" * 59 + '…"'),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        (b"", "a bytes"),
    ],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_number_too_long_to_print() -> None:
    assert shown(10**5000) == "a very large number"


def test_printable_keeps_what_can_be_read() -> None:
    assert printable("Grüße, 世界") == "Grüße, 世界"


@pytest.mark.parametrize(
    ("word", "match"),
    [("backendRef", "backendRefs"), ("BACKENDREFS", "backendRefs"), ("hostnmaes", "hostnames"), ("xyz", None)],
)
def test_closest(word: str, match: str | None) -> None:
    assert closest(word, ["backendRefs", "hostnames", "rules"]) == match


def test_did_you_mean_takes_anything() -> None:
    assert did_you_mean(7, ["7"]) == ""
    assert did_you_mean("rule", ["rules"]) == 'Did you mean "rules"?'


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (None, ""),
        ({}, ""),
        ({"kind": 1, "metadata": 1}, ""),
        ({"kind": "A"}, "A"),
        ({"kind": "A", "metadata": {"name": "b"}}, "A b"),
        ({"kind": "A", "metadata": {"name": "b", "namespace": "c"}}, "A c/b"),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}}, "Secret default/b"),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b", "namespace": "c"}}, "Namespace b"),
    ],
)
def test_object_name(raw: object, name: str) -> None:
    assert object_name(raw) == name
