"""Where a field stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.source import codes
from reconciler.source.positions import locate
from reconciler.source.tree import Content, Entry


class Files:
    """A tree of texts that counts how often each is read."""

    def __init__(self, texts: Mapping[str, str | bytes]) -> None:
        self._texts = texts
        self.reads: list[str] = []

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        raise NotImplementedError

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        raise NotImplementedError

    def read(self, path: str) -> bytes:
        self.reads.append(path)
        if path not in self._texts:
            raise FileNotFoundError(path)
        text = self._texts[path]
        return text if isinstance(text, bytes) else text.encode()


def finding(
    file: str, *path: str | int, document: int = 0, item: int | None = None, on_key: bool = False
) -> Diagnostic:
    return Diagnostic("GW101", Severity.ERROR, "x", origin=Origin(file, document, item), path=path, on_key=on_key)


MANIFEST = """\
# a comment
apiVersion: v1
kind: HTTPRoute
metadata:
  name: é-ü   # here
  empty:
  "quoted key": 'x'
spec:
  rules:
  - matches: [{path: {value: /}}, {method: GET}]
    backendRefs:
    - name: web
      port: 80
---
second: document
---
apiVersion: v1
kind: List
items:
- metadata:
    name: first
- metadata: {name: second}
---
base: &base
  host: a
  port: 1
more: {merged: deep}
used:
  <<: [*base, {extra: b}]
  port: 2
\tbroken: here
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 2, 1),
        (("kind",), 3, 7),
        (("metadata",), 4, 1),
        (("metadata", "name"), 5, 9),
        (("metadata", "empty"), 6, 3),
        (("metadata", "quoted key"), 7, 17),
        (("metadata", "missing"), 4, 1),
        (("spec", "rules"), 9, 3),
        (("spec", "rules", 0), 10, 5),
        (("spec", "rules", 0, "matches"), 10, 14),
        (("spec", "rules", 0, "matches", 1), 10, 35),
        (("spec", "rules", 0, "matches", 0, "path", "value"), 10, 30),
        (("spec", "rules", 0, "backendRefs", 0, "port"), 13, 13),
        (("spec", "rules", 0, "backendRefs", 0, "weight"), 12, 7),
        (("spec", "rules", 7, "x"), 9, 3),
        (("spec", "rules", "x"), 9, 3),
        (("spec", 0), 8, 1),
        (("kind", "deeper", 0), 3, 7),
        (("missing", "deeper"), 2, 1),
    ],
)
def test_a_field(path: FieldPath, line: int, column: int) -> None:
    (found,) = locate([finding("a.yaml", *path)], Files({"a.yaml": MANIFEST}))
    assert (found.line, found.column) == (line, column)
    assert found.source == MANIFEST.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("metadata", "name"), 5, 3),
        (("metadata", "quoted key"), 7, 3),
        (("spec", "rules", 0, "backendRefs"), 11, 5),
        (("spec", "rules", 0, "matches", 0, "path"), 10, 16),
        (("metadata", "missing"), 4, 1),
    ],
)
def test_a_key(path: FieldPath, line: int, column: int) -> None:
    (found,) = locate([finding("a.yaml", *path, on_key=True)], Files({"a.yaml": MANIFEST}))
    assert (found.line, found.column) == (line, column)


@pytest.mark.parametrize(
    ("document", "item", "path", "place"),
    [
        (1, None, ("second",), (15, 9)),
        (2, 0, ("metadata", "name"), (21, 11)),
        (2, 1, (), (22, 3)),
        (2, 1, ("metadata", "name"), (22, 20)),
        (2, 5, ("metadata",), (19, 1)),
        (9, None, ("metadata",), (0, 0)),
    ],
)
def test_documents_and_items(document: int, item: int | None, path: FieldPath, place: tuple[int, int]) -> None:
    (found,) = locate([finding("a.yaml", *path, document=document, item=item)], Files({"a.yaml": MANIFEST}))
    assert (found.line, found.column) == place


MERGED = MANIFEST.split("---\n")[3].replace("\tbroken: here\n", "")


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("used", "port"), (7, 9)),
        (("used", "host"), (2, 9)),
        (("used", "extra"), (6, 23)),
        (("used", "none"), (5, 1)),
    ],
)
def test_merged_fields(path: FieldPath, place: tuple[int, int]) -> None:
    (found,) = locate([finding("a.yaml", *path)], Files({"a.yaml": MERGED}))
    assert (found.line, found.column) == place


def test_many_findings_keep_their_order_and_read_each_file_once() -> None:
    files = Files(
        {"a.yaml": "x: 1\n---\nv: 1", "b.json": '{"\\ud83d\\ude00": 1,\n "x": {"y": 1}}', "bad.yaml": "a: [\n"}
    )
    given = [
        finding("b.json", "x", "y"),
        finding("a.yaml", "v", document=1),
        finding("missing.yaml", "x"),
        Diagnostic("GW501", Severity.ERROR, "no file"),
        finding("a.yaml", "x"),
        finding("bad.yaml", "a"),
        Diagnostic(codes.SYMLINK, Severity.NOTICE, "x", origin=Origin("link")),
    ]
    found = locate(given, files)
    assert [(each.file, each.line, each.column, each.source) for each in found] == [
        ("b.json", 2, 13, ' "x": {"y": 1}}'),
        ("a.yaml", 3, 4, "v: 1"),
        ("missing.yaml", 0, 0, ""),
        ("", 0, 0, ""),
        ("a.yaml", 1, 4, "x: 1"),
        ("bad.yaml", 0, 0, ""),
        ("link", 0, 0, ""),
    ]
    assert sorted(files.reads) == ["a.yaml", "b.json", "bad.yaml", "missing.yaml"]


@pytest.mark.parametrize(
    ("text", "path", "length"),
    [
        ("a: v3 # why", ("a",), 2),
        ('a: "v 3"', ("a",), 5),
        ("a: {b: 商店}", ("a", "b"), 2),
        ("a: {b: c}", ("a",), 0),
        ("a: |\n  x", ("a",), 0),
        ("abc:\n  d: e", ("abc",), 3),
        ("abc: d", ("missing",), 0),
    ],
)
def test_a_scalar_has_its_length(text: str, path: FieldPath, length: int) -> None:
    (found,) = locate([finding("a.yaml", *path)], Files({"a.yaml": text + "\n"}))
    assert found.length == length


def test_what_has_a_line_gets_its_source_only() -> None:
    given = Diagnostic("GW110", Severity.ERROR, "x", origin=Origin("a.yaml"), line=2, column=7)
    beyond = Diagnostic("GW110", Severity.ERROR, "x", origin=Origin("a.yaml"), line=9, column=1)
    done = Diagnostic("GW110", Severity.ERROR, "x", origin=Origin("b.yaml"), line=2, column=7, source="as it was")
    files = Files({"a.yaml": "\ufeffa: [\r\n\tb\r\n"})
    found = locate([given, beyond, done], files)
    assert [(each.line, each.column, each.source) for each in found] == [(2, 7, "\tb"), (9, 1, ""), (2, 7, "as it was")]
    assert files.reads == ["a.yaml"]


def test_a_file_that_is_broken_further_down() -> None:
    (found,) = locate([finding("a.yaml", "a")], Files({"a.yaml": "a: 1\n---\nb: ["}))
    assert (found.line, found.column) == (1, 4)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_line_breaks(line_break: str) -> None:
    (found,) = locate([finding("a.yaml", "b")], Files({"a.yaml": f"\ufeffa: 1{line_break}b: é{line_break}c: 1"}))
    assert (found.line, found.column, found.source) == (2, 4, "b: é")


keys = st.text("abc:- é'", min_size=1, max_size=5)
values = st.recursive(
    st.integers() | st.text("ab\n"), lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=15
)


@given(value=st.dictionaries(keys, values, min_size=1), flow=st.booleans(), data=st.data())
def test_every_path_of_a_document_is_found(value: dict[str, Any], flow: bool, data: st.DataObject) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    path: list[str | int] = []
    inner: Any = value
    while isinstance(inner, dict | list) and inner:
        step = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        path.append(step)
        inner = inner[step]
    (on_value,) = locate([finding("a.yaml", *path)], Files({"a.yaml": text}))
    (on_key,) = locate([finding("a.yaml", *path, on_key=True)], Files({"a.yaml": text}))
    assert (1, 1) <= (on_key.line, on_key.column) <= (on_value.line, on_value.column)
    assert on_value.source == text.split("\n")[on_value.line - 1]
    assert on_value.column <= len(on_value.source) + 1


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
ROUTE = "apiVersion: v1\nkind: HTTPRoute\nmetadata: {name: a}\n"


@pytest.mark.parametrize(
    ("file", "text", "document", "item", "path", "line"),
    [
        ("a.yaml", SECRET + "stringData: {password: hunter2}", 0, None, ("stringData",), 4),
        ("a.yaml", SECRET + "stringDta: {password: hunter2}", 0, None, ("stringDta",), 4),
        ("a.yaml", SECRET + "data:\n  tls.key: hunter2", 0, None, ("data", "tls.key"), 5),
        ("a.yaml", SECRET.replace("kind: Secret", '"kind" : "Secret"') + "x: hunter2", 0, None, ("x",), 4),
        ("a.yaml", SECRET.replace("Secret", "secrets") + "data: {a: hunter2}", 0, None, ("data",), 4),
        ("a.yaml", "stringData: {a: hunter2}\nx: 1", 0, None, ("stringData",), 1),
        ("a.yaml", ROUTE + "---\n" + SECRET + "data: {a: hunter2}", 1, None, ("data",), 8),
        ("a.yaml", "kind: List\nitems:\n- kind: Secret\n  data: {a: hunter2}", 0, 0, ("data",), 4),
        ("a.yaml", "kind: SecretList\nitems:\n- data: {a: hunter2}", 0, 0, ("data",), 3),
        ("a.yaml", "items: [{kind: A}, {kind: Secret,\n data: {a: hunter2}}, {kind: A}]", 0, 2, ("kind",), 2),
        ("a.json", '{"kind": "Secret", "stringData": {"a": "hunter2"}}', 0, None, ("kind",), 1),
        ("a.json", '{"kind":"Secret",\n"data":{"a":"hunter2"}}', 0, None, ("data",), 2),
        ("a.json", '{"items":[{"kind":"A"},{"kind":"Secret","data":{"a":"hunter2"}}]}', 0, 0, ("kind",), 1),
    ],
)
def test_lines_of_secrets_are_not_repeated(
    file: str, text: str, document: int, item: int | None, path: FieldPath, line: int
) -> None:
    (found,) = locate([finding(file, *path, document=document, item=item)], Files({file: text}))
    assert (found.line, found.source) == (line, "")
    assert "hunter2" in text.split("\n")[line - 1]


def test_what_is_said_to_be_about_a_secret_has_no_source() -> None:
    about = replace(finding("a.yaml", "kind"), object="Secret shop/a")
    (found,) = locate([about], Files({"a.yaml": ROUTE}))
    assert (found.line, found.source) == (2, "")


def test_objects_beside_a_secret_keep_their_lines() -> None:
    text = f"{ROUTE}---\n{SECRET}---\nkind: List\nitems:\n- kind: Secret\n  data: {{}}\n- kind: A\n  x: 1\n"
    findings = [finding("a.yaml", "metadata"), *(finding("a.yaml", key, document=2, item=1) for key in ("kind", "x"))]
    found = locate(findings, Files({"a.yaml": text}))
    assert [each.source for each in found] == ["metadata: {name: a}", "- kind: A", "  x: 1"]
