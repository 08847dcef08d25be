"""Expressions of CEL."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cel_syntax import Call, CelError, Constant, Identifier, ListOf, MapOf, Select, parse

A, B, C = (Identifier(name) for name in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", A),
        ("a || b && c", Call("_||_", (A, Call("_&&_", (B, C))))),
        ("a - b - c", Call("_-_", (Call("_-_", (A, B)), C))),
        ("a + b * c", Call("_+_", (A, Call("_*_", (B, C))))),
        ("(a + b) * c", Call("_*_", (Call("_+_", (A, B)), C))),
        ("a ? b : c ? a : b", Call("_?_:_", (A, B, Call("_?_:_", (C, A, B))))),
        ("!a == b", Call("_==_", (Call("!_", (A,)), B))),
        ("-a.b", Call("-_", (Select(A, "b"),))),
        ("-1", Constant(-1)),
        ("a.b[c]", Call("_[_]", (Select(A, "b"), C))),
        ("a.startsWith('x')", Call("startsWith", (Constant("x"),), A)),
        ("size(a)", Call("size", (A,))),
        ("has(a.b)", Select(A, "b", test=True)),
        ("a in [1, 2u, 3.5]", Call("@in", (A, ListOf((Constant(1), Constant(2, unsigned=True), Constant(3.5)))))),
        ("{'x': true, 'y': null,}", MapOf(((Constant("x"), Constant(True)), (Constant("y"), Constant(None))))),
        ("0xff", Constant(255)),
        (r"'\n' + r'\n'", Call("_+_", (Constant("\n"), Constant("\\n")))),
        ('b"x"', Constant(b"x")),
        ("'''two\nlines'''", Constant("two\nlines")),
        ("a // said\n || b", Call("_||_", (A, B))),
        ("'in'", Constant("in")),
    ],
)
def test_what_is_an_expression(text: str, tree: object) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ("a &&", "ends too early"),
        ("a b", '"b" is not expected'),
        ("(a", '")" is expected'),
        ("a ? b", '":" is expected'),
        ("a.", "a name is expected"),
        ("'a", "not of the language"),
        ("a $ b", "not of the language"),
        ("for", "reserved"),
        ("has(a)", "asks for one field"),
        ("a.exists(x, x)", "no loops"),
        ("f(a)", "no function f()"),
        ("9223372036854775808", "too large"),
        ("(" * 100 + "a" + ")" * 100, "nested"),
        ("!" * 100 + "a", "nested"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(CelError, match=words.replace("(", r"\(").replace(")", r"\)")):
        parse(text)


@given(st.text(alphabet="ab.[](){}?:!-+*&|='\"12ux, \n\\", max_size=40))
def test_nothing_but_an_error_is_raised(text: str) -> None:
    with suppress(CelError):
        parse(text)
