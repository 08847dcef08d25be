"""YAML files: documents, duplicate and merged keys, what is refused and where, limits."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.source import codes
from reconciler.source.limits import MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS
from reconciler.source.yaml_loader import YamlError, YamlLoader, load_documents
from reconciler.source.yaml_nodes import compose, compose_guarded
from reconciler.source.yaml_scalars import resolve

DOCUMENTS: dict[str, list[Any]] = {
    "": [],
    "# only a comment\n": [],
    "---\n": [None],
    "a: 1": [{"a": 1}],
    "---\na: 1\n---\n---\nb: 2\n...\n": [{"a": 1}, None, {"b": 2}],
    "\ufeffa: 1\n---\n\ufeffb: 2": [{"a": 1}, {"b": 2}],
    "%YAML 1.1\n---\na: 1": [{"a": 1}],
    "a: 1\r\nb: [x,\r\n z]\r\n": [{"a": 1, "b": ["x", "z"]}],
    "- a\n-\n- {b: , c}": [["a", None, {"b": None, "c": None}]],
    "a: |\n  x\n  y\nb: >-\n  x\n  y\n": [{"a": "x\ny\n", "b": "x y"}],
    'a: "\\x41\\u263a\\U0001F600\\/"': [{"a": "A☺😀/"}],
    '{"a": {"b": [1, true, null, "x"]}}': [{"a": {"b": [1, True, None, "x"]}}],
    "just text": ["just text"],
}


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents(text: str) -> None:
    assert load_documents(text.encode()) == DOCUMENTS[text]


ALIASES: dict[str, Any] = {
    "a: &x {b: [c]}\nd: *x": {"a": {"b": ["c"]}, "d": {"b": ["c"]}},
    "a: &x 1\nb: &x 2\nc: *x": {"a": 1, "b": 2, "c": 2},
    "a: &x 1\nb: &x 2": {"a": 1, "b": 2},
    "a: &k key\n*k : v": {"a": "key", "key": "v"},
    "url: 'http://a/?b&c'\nhost: '*.a'": {"url": "http://a/?b&c", "host": "*.a"},
    "a: {<<: {b: c}}": {"a": {"b": "c"}},
    "a: {<<: []}": {"a": {}},
    "a: &x {b: c, d: e}\nf: {<<: *x, d: own}": {"a": {"b": "c", "d": "e"}, "f": {"b": "c", "d": "own"}},
    "a: &x {b: c, d: e}\nf: {d: own, <<: *x}": {"a": {"b": "c", "d": "e"}, "f": {"b": "c", "d": "own"}},
    "a: {<<: [{b: 1}, {b: 2, c: 3}]}": {"a": {"b": 1, "c": 3}},
    "a: {<<: {b: 1}, <<: {b: 2, c: 3}}": {"a": {"b": 1, "c": 3}},
    "a: &x {<<: {b: c}, d: e}\nf: {<<: *x}": {"a": {"b": "c", "d": "e"}, "f": {"b": "c", "d": "e"}},
    "a: {!!merge <<: {b: c}}": {"a": {"b": "c"}},
    "a: {'<<': {b: c}}": {"a": {"<<": {"b": "c"}}},
}


@pytest.mark.parametrize("text", ALIASES)
def test_aliases_and_merge_keys(text: str) -> None:
    assert load_documents(text.encode()) == [ALIASES[text]]


def test_an_alias_does_not_outlive_its_document() -> None:
    with pytest.raises(YamlError, match=r"the alias \*x has no anchor") as raised:
        load_documents(b"a: &x 1\n---\nb: *x")
    assert (raised.value.line, raised.value.column) == (3, 4)


REFUSED: dict[str | bytes, tuple[int, int, str]] = {
    "a: [": (2, 1, "this is not YAML"),
    "a: b: c": (1, 5, "mapping values are not allowed"),
    "a: 1\n b: 2": (2, 3, "this is not YAML"),
    "kind: A\n  metadata: x\n": (2, 11, "mapping values are not allowed"),
    "a:\n\t- b": (2, 1, "cannot start any token"),
    "a: 'b'c": (1, 7, "this is not YAML"),
    "- *.example.com": (1, 4, "while scanning an alias"),
    "a: *b": (1, 4, "no anchor &b"),
    "a: &x [*x]": (1, 8, "contains itself"),
    "a: &x {b: {<<: *x}}": (1, 16, "contains itself"),
    "é: é\nü: \x07": (2, 4, r"control character U\+0007"),
    "a: \x00": (1, 4, r"control character U\+0000"),
    "a: '\x9f'": (1, 5, r"control character U\+009F"),
    b"a: b\r\n\xc3\xa9: \xff": (2, 4, "byte 0xff is not UTF-8"),
    b"\xef\xbb\xbf\xc3\xa9: \xff": (1, 4, "byte 0xff is not UTF-8"),
    "a: b".encode("utf-16"): (1, 1, "UTF-16"),
    'a: "\\ud800"': (1, 7, "invalid Unicode"),
    "%YAML 3.0\n---\na: b": (1, 1, "incompatible"),
    "a: {<<: 1}": (1, 9, "must be a mapping or a list of mappings"),
    "a: {<<: [1]}": (1, 10, "must be a mapping or a list of mappings"),
    "a: {<<: }": (1, 9, "must be a mapping or a list of mappings"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str | bytes) -> None:
    line, column, message = REFUSED[text]
    with pytest.raises(YamlError, match=message) as raised:
        load_documents(text if isinstance(text, bytes) else text.encode())
    assert (raised.value.line, raised.value.column, raised.value.code) == (line, column, codes.SYNTAX)


def test_duplicate_keys_are_all_reported_with_both_places() -> None:
    with pytest.raises(YamlError) as raised:
        load_documents(b"a: 1\nb: {1: x, '1': y}\n---\na: 1\n---\nc:\n  d: 1\n  e: 2\n  d: 3\n")
    found = [raised.value, *raised.value.others]
    assert [(each.line, each.column, each.message, each.code) for each in found] == [
        (2, 11, 'the key "1" is already set on line 2, column 5', codes.DUPLICATE_KEY),
        (9, 3, 'the key "d" is already set on line 7, column 3', codes.DUPLICATE_KEY),
    ]


@pytest.mark.parametrize(
    "text", ["a: 1\na: 1", "yes: 1\ntrue: 1", "{a: 1, b: 2, 'a': 3}", "1: a\n1.0: b", "a: &x 1\na: *x"]
)
def test_duplicate_keys(text: str) -> None:
    with pytest.raises(YamlError, match="already set"):
        load_documents(text.encode())


def test_messages_are_printable() -> None:
    with pytest.raises(YamlError) as raised:
        load_documents(b'"\\e[31m": 1\n"\\e[31m": 2')
    assert raised.value.message.isprintable()


DEEP = {
    "flow sequences": "[",
    "flow mappings": "{a: ",
    "pairs in flow sequences": "[a: ",
    "keys": "? ",
    "flow keys": "[? [",
    "block sequences": "- ",
    "tagged": "!!seq [",
    "anchored": "&a [",
    "comments between": "[ # x\n",
    "quotes between": "['a', ",
}


@pytest.mark.parametrize("opening", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1_001, 20_001, 200_000])
def test_too_deep(opening: str, depth: int) -> None:
    with pytest.raises(YamlError) as raised:
        load_documents((opening * depth).encode())
    assert raised.value.code == codes.LIMIT or depth <= 1_001, raised.value


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("line", ["a:", "-", "?", "- -", "? a: ", "- &a", "- !!seq", "'a':"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 3000])
def test_too_deep_by_indentation(line: str, line_break: str, depth: int) -> None:
    text = line_break.join(" " * (2 * level) + line for level in range(depth))
    with pytest.raises(YamlError, match=r"deep within|cannot be a key|this is not YAML"):
        load_documents(text.encode())


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "x")])
def test_as_deep_as_the_limit(opening: str, closing: str) -> None:
    text = opening * MAX_DEPTH + closing * (MAX_DEPTH if closing != "x" else 1)
    assert len(load_documents(text.encode())) == 1


def test_depth_through_aliases() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, MAX_DEPTH + 1))
    with pytest.raises(YamlError, match="deep within"):
        load_documents(text.encode())


BOMBS = {
    "lists": "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(30)),
    "merges": "a0: &a0 {x: 1}\n"
    + "".join(f"a{i + 1}: &a{i + 1} {{<<: [{', '.join([f'*a{i}'] * 9)}]}}\n" for i in range(30)),
    "long scalar": f"a: &a {'x' * 1_000_000}\nb: [{'*a,' * 1_000}]",
    "documents": "".join(f"---\na: &a [{'x,' * 5_000}]\nb: [{'*a,' * 5}]\n" for _ in range(10)),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_alias_bombs(text: str) -> None:
    with pytest.raises(YamlError, match="aliases of this file stand for too much") as raised:
        load_documents(text.encode())
    assert raised.value.code == codes.LIMIT


def test_too_many_documents() -> None:
    with pytest.raises(YamlError, match="documents") as raised:
        load_documents(b"---\n" * (MAX_DOCUMENTS + 1))
    assert raised.value.code == codes.LIMIT


def test_too_large() -> None:
    with pytest.raises(YamlError, match="bytes") as raised:
        load_documents(b"#" * (MAX_BYTES + 1))
    assert raised.value.code == codes.LIMIT


def test_the_collector_is_as_before() -> None:
    load_documents(b"a: 1")
    assert gc.isenabled()
    with pytest.raises(YamlError):
        load_documents(b"a: [")
    assert gc.isenabled()


json_numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
# PyYAML knows fewer words that are no strings than Kubernetes, and leaves them without quotes.
json_texts = st.text().filter(lambda text: isinstance(resolve(text), str))
json_scalars = st.none() | st.booleans() | json_numbers | json_texts
json_values = st.recursive(
    json_scalars, lambda inner: st.lists(inner) | st.dictionaries(json_texts, inner), max_leaves=30
)


@given(st.lists(json_values, min_size=1, max_size=3), st.booleans())
def test_what_yaml_writes_is_read_back(documents: list[Any], flow: bool) -> None:
    # libyaml's own writer; whole floats become integers, which are equal.
    text = yaml.dump_all(documents, Dumper=yaml.CSafeDumper, allow_unicode=True, default_flow_style=flow)
    assert load_documents(text.encode()) == documents


fragments = st.sampled_from(
    (
        *("a", "b: c", "- ", "? ", ": ", "[", "]", "{", "}", ", ", "\n", "\n  ", "\n    ", "\t", "\r", "é", "1", "~"),
        *("'x'", '"y"', "!!str ", "!t ", "|\n", ">-\n ", "&a ", "*a ", "<<: ", "# c\n"),
        *("---\n", "...\n", "%YAML 1.1\n", "\ufeff"),
    )
)


@given(st.lists(fragments, max_size=25).map("".join))
def test_both_composers_read_the_same(text: str) -> None:
    def outcome(composer: Any) -> object:
        try:
            return [_plain(node) for node in composer(text.encode())]
        except YamlError as error:
            return error.line, error.column
        except yaml.composer.ComposerError:
            return None

    fast = outcome(compose)
    assert fast is None or fast == outcome(compose_guarded)


def _plain(node: yaml.Node) -> object:
    mark = node.start_mark
    place = (mark.line, mark.column) if mark is not None else None
    if isinstance(node, yaml.ScalarNode):
        return place, node.tag, node.value, node.style
    if isinstance(node, yaml.MappingNode):
        return place, node.tag, [(_plain(key), _plain(value)) for key, value in node.value]
    return place, node.tag, [_plain(item) for item in node.value]


@given(st.lists(fragments, max_size=25).map("".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    refused = None
    try:
        load_documents(text.encode())
    except YamlError as error:
        refused = error
    assert refused is None or (1 <= refused.line <= len(text) + 2 and refused.column >= 1)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(YamlError):
        load_documents(data)


@pytest.fixture(scope="module")
def shared() -> YamlLoader:
    return YamlLoader()


@given(data=st.lists(fragments, max_size=15).map("".join))
def test_a_loader_of_many_files_remembers_nothing_of_them(shared: YamlLoader, data: str) -> None:
    def outcome(loader: YamlLoader) -> object:
        try:
            return loader.load(data.encode())
        except YamlError as error:
            return str(error)

    assert outcome(shared) == outcome(YamlLoader())
