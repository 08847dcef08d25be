"""Expressions of CEL (Common Expression Language) as trees, for Envoy takes them in that form alone.

The grammar is that of the language's definition without messages and without loops (`all`, `exists`, `map`, …), which
Envoy has switched off. https://github.com/cel-expr/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import ast
import re
from typing import Final, NamedTuple

MAX_DEPTH: Final = 64
"""How deep expressions may be nested."""


class CelError(ValueError):
    """What is wrong with an expression, in words."""


class Constant(NamedTuple):
    """A literal; `unsigned` tells whole numbers with a `u`."""

    value: bool | int | float | str | bytes | None
    unsigned: bool = False


class Identifier(NamedTuple):
    """A variable."""

    name: str


class Select(NamedTuple):
    """A field; with `test` whether there is one."""

    operand: Tree
    field: str
    test: bool = False


class Call(NamedTuple):
    """A function or operator, or a method of `target`."""

    function: str
    arguments: tuple[Tree, ...]
    target: Tree | None = None


class ListOf(NamedTuple):
    """A list."""

    items: tuple[Tree, ...]


class MapOf(NamedTuple):
    """A map."""

    entries: tuple[tuple[Tree, Tree], ...]


Tree = Constant | Identifier | Select | Call | ListOf | MapOf

_TOKEN: Final = re.compile(
    r"""\s*(?://[^\n]*\n\s*)*(?:
    (?P<text>[rRbB]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
    |(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<int>(?:0x[0-9a-fA-F]+|\d+)[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)

_BINARY: Final = {
    "||": (1, "_||_"),
    "&&": (2, "_&&_"),
    "==": (3, "_==_"),
    "!=": (3, "_!=_"),
    "<": (3, "_<_"),
    "<=": (3, "_<=_"),
    ">": (3, "_>_"),
    ">=": (3, "_>=_"),
    "in": (3, "@in"),
    "+": (4, "_+_"),
    "-": (4, "_-_"),
    "*": (5, "_*_"),
    "/": (5, "_/_"),
    "%": (5, "_%_"),
}
_KEYWORDS: Final = {"true": Constant(True), "false": Constant(False), "null": Constant(None)}
_RESERVED: Final = frozenset(
    {
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"),
        *("namespace", "return", "var", "void", "while"),
    }
)
_FUNCTIONS: Final = frozenset(
    {
        *("bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "int", "matches", "size", "startsWith"),
        *("string", "timestamp", "type", "uint"),
        *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds"),
        *("getMinutes", "getMonth", "getSeconds"),
    }
)
_LOOPS: Final = frozenset({"all", "exists", "exists_one", "filter", "map"})
_END: Final = ("end", "")


def parse(text: str) -> Tree:
    """The tree of an expression.

    Raises:
        CelError: it is none.
    """
    parser = _Parser(list(_tokens(text)))
    tree = parser.expression()
    if parser.token != _END:
        raise CelError(f'"{parser.token[1]}" is not expected there')
    return tree


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise CelError(f"{text[position:].strip()[:20]!r} is not of the language")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return [*found, _END]


class _Parser:
    """Reads one expression from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    @property
    def token(self) -> tuple[str, str]:
        """The next token."""
        return self._tokens[self._position]

    def expression(self) -> Tree:
        """A whole expression: one with `? :`, or less."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelError(f"it is nested more than {MAX_DEPTH} deep")
        tree = self._binary(1)
        if self._take("?"):
            then = self._binary(1)
            self._expect(":")
            tree = Call("_?_:_", (tree, then, self.expression()))
        self._depth -= 1
        return tree

    def _binary(self, least: int) -> Tree:
        tree = self._unary()
        while (known := _BINARY.get(self.token[1])) and self.token[0] != "text" and known[0] >= least:
            self._position += 1
            tree = Call(known[1], (tree, self._binary(known[0] + 1)))
        return tree

    def _unary(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CelError(f"it is nested more than {MAX_DEPTH} deep")
        try:
            if self._take("!"):
                return Call("!_", (self._unary(),))
            if self._take("-"):
                operand = self._unary()
                if isinstance(operand, Constant) and type(operand.value) in {int, float} and not operand.unsigned:
                    return Constant(-operand.value)  # type: ignore[operator]  # a number, as was just seen
                return Call("-_", (operand,))
            return self._member(self._primary())
        finally:
            self._depth -= 1

    def _member(self, tree: Tree) -> Tree:
        while True:
            if self._take("."):
                kind, name = self._next()
                if kind != "name":
                    raise CelError(f'a name is expected after ".", not "{name}"')
                tree = self._call(name, tree) if self._take("(") else Select(tree, name)
            elif self._take("["):
                tree = Call("_[_]", (tree, self.expression()))
                self._expect("]")
            else:
                return tree

    def _primary(self) -> Tree:
        kind, text = self._next()
        if kind in _LITERALS:
            return _LITERALS[kind](text)
        if kind == "name":
            return self._named(text)
        if text == "(":
            tree = self.expression()
            self._expect(")")
            return tree
        if text == "[":
            return ListOf(self._list("]"))
        if text == "{":
            return MapOf(self._entries())
        raise CelError(f'"{text}" is not expected there' if text else "it ends too early")

    def _named(self, name: str) -> Tree:
        if name in _KEYWORDS:
            return _KEYWORDS[name]
        if name in _RESERVED or name == "in":
            raise CelError(f'"{name}" is a reserved word')
        if not self._take("("):
            return Identifier(name)
        if name != "has":
            return self._call(name)
        arguments = self._list(")")
        if len(arguments) != 1 or not isinstance(arguments[0], Select):
            raise CelError("has() asks for one field, such as has(a.b)")
        return Select(arguments[0].operand, arguments[0].field, test=True)

    def _call(self, name: str, target: Tree | None = None) -> Tree:
        if name not in _FUNCTIONS:
            loops = ": it has no loops" if name in _LOOPS else ""
            raise CelError(f"Envoy has no function {name}(){loops}")
        return Call(name, self._list(")"), target)

    def _list(self, end: str) -> tuple[Tree, ...]:
        items: list[Tree] = []
        while not self._take(end):
            items.append(self.expression())
            if not self._take(","):
                self._expect(end)
                break
        return tuple(items)

    def _entries(self) -> tuple[tuple[Tree, Tree], ...]:
        entries: list[tuple[Tree, Tree]] = []
        while not self._take("}"):
            key = self.expression()
            self._expect(":")
            entries.append((key, self.expression()))
            if not self._take(","):
                self._expect("}")
                break
        return tuple(entries)

    def _next(self) -> tuple[str, str]:
        token = self.token
        if token != _END:
            self._position += 1
        return token

    def _take(self, operator: str) -> bool:
        taken = self.token == ("operator", operator)
        self._position += taken
        return taken

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise CelError(f'"{operator}" is expected' + (f' instead of "{self.token[1]}"' if self.token[1] else ""))


def _text(text: str) -> Constant:
    try:
        value = ast.literal_eval(text.replace("R", "r") if text[:2].lower().strip("'\"b") else text)
    except (SyntaxError, ValueError) as error:
        raise CelError(f"{text[:20]} is not a text") from error
    if not isinstance(value, str | bytes):
        raise CelError(f"{text[:20]} is not a text")
    return Constant(value)


def _integer(text: str) -> Constant:
    unsigned = text[-1] in "uU"
    value = int(text.rstrip("uU"), 16 if text.startswith("0x") else 10)
    if value >= 2 ** (64 if unsigned else 63):
        raise CelError(f"{text} is too large")
    return Constant(value, unsigned)


_LITERALS: Final = {"text": _text, "float": lambda text: Constant(float(text)), "int": _integer}
