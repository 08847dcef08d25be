"""JSON files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.source import codes
from reconciler.source.json_loader import load_json_documents, yaml_equivalent
from reconciler.source.limits import MAX_BYTES, MAX_DEPTH
from reconciler.source.yaml_loader import YamlError, load_documents

READ: dict[str, list[Any]] = {
    "": [],
    " \n": [],
    "null": [None],
    '{"a": 1}': [{"a": 1}],
    '\ufeff{"a": 1.0, "b": 1e3, "c": 1.5, "d": -0, "e": -0.0}': [{"a": 1, "b": 1000, "c": 1.5, "d": 0, "e": 0}],
    '{"a": 1}\n{"b": 2} [3]': [{"a": 1}, {"b": 2}, [3]],
    '{"a": "\\ud83d\\ude00 \\\\ud800 \\/ \\u0000"}': [{"a": "😀 \\ud800 / \0"}],
    '{\t"' + "k" * 2000 + '": ""}': [{"k" * 2000: ""}],
    '{"y": "yes", "1": "~"}': [{"y": "yes", "1": "~"}],
    "[" * MAX_DEPTH + "]" * MAX_DEPTH: [json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)],
    '["' + "[" * 1000 + '"]': [["[" * 1000]],
}


@pytest.mark.parametrize("text", READ, ids=lambda text: text[:20])
def test_read(text: str) -> None:
    assert load_json_documents(text.encode()) == READ[text]


REFUSED: dict[str | bytes, tuple[int, int, str, str]] = {
    "a: 1": (1, 1, codes.SYNTAX, "this is not JSON"),
    '{"a": 1,\n}': (2, 1, codes.SYNTAX, "this is not JSON"),
    '{"a":\r "x\r"}': (2, 4, codes.SYNTAX, "Invalid control character"),
    '{"a": 1} x': (1, 10, codes.SYNTAX, "this is not JSON"),
    '["NaN",\n {"a": NaN}]': (2, 8, codes.SYNTAX, "NaN is not a number"),
    "[1,\n -Infinity]": (2, 2, codes.SYNTAX, "-Infinity is not a number"),
    '{"a": 1e999}': (1, 7, codes.SYNTAX, "1e999 is not a number"),
    f"[{'9' * 100_000}]": (1, 2, codes.SYNTAX, "is not a number"),
    '{"a": {"b": 1,\n  "b": 2}}': (2, 3, codes.DUPLICATE_KEY, 'the key "b" is already set on line 1, column 8'),
    '{"é\\ud83d\\ude00": 1, "a": 1, "a": 2}': (1, 30, codes.DUPLICATE_KEY, "already set on line 1, column 22"),
    '{"\\ud83d\\ude00": 1, "\\ud83d\\ude00": 2}': (1, 21, codes.DUPLICATE_KEY, "already set"),
    '{"a":\n "\\ude00\\ud83d"}': (2, 3, codes.SYNTAX, "half of a surrogate pair"),
    '["\\\\\\ud83dx"]': (1, 5, codes.SYNTAX, "half of a surrogate pair"),
    b'{"a":\n "\xff"}': (2, 3, codes.SYNTAX, "byte 0xff is not UTF-8"),
    "{}".encode("utf-16"): (1, 1, codes.SYNTAX, "UTF-16"),
    '{"a":\n' + "[" * MAX_DEPTH: (2, MAX_DEPTH, codes.LIMIT, "deep within"),
    '{"a": ' * 100_000: (1, 6 * MAX_DEPTH + 1, codes.LIMIT, "deep within"),
    "{}" * 100_001: (1, 200_003, codes.LIMIT, "documents"),
    " " * (MAX_BYTES + 1): (1, 1, codes.LIMIT, "bytes"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
def test_refused(text: str | bytes) -> None:
    line, column, code, message = REFUSED[text]
    with pytest.raises(YamlError, match=message) as raised:
        load_json_documents(text if isinstance(text, bytes) else text.encode())
    assert (raised.value.line, raised.value.column, raised.value.code) == (line, column, code)


numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers
values = st.recursive(
    scalars | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_what_json_writes_is_read_back(value: Any, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert load_json_documents(text.encode()) == [value]


keyed = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("aé😀😁\\\"/'"), inner), max_leaves=20
)


@given(keyed)
def test_the_same_as_yaml(value: Any) -> None:
    text = json.dumps(value, indent=2)
    assert len(yaml_equivalent(text)) == len(text)
    (as_yaml,) = load_documents(json.dumps(value, ensure_ascii=False, indent=2).encode())
    assert load_json_documents(text.encode()) == [as_yaml]
