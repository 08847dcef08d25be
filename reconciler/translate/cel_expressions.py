"""Expressions of CEL as Envoy's matchers take them: parsed."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any

from reconciler.cel_syntax import (
    Call,
    Constant,
    Identifier,
    ListOf,
    MapOf,
    Select,
    Tree,
    parse,
)
from reconciler.translate import security_messages as s
from reconciler.translate.security_messages import cel_expr, xds_type


@lru_cache(maxsize=256)
def cel_expression(text: str) -> xds_type.CelExpression:
    """The expression. Its parts are numbered, as the message asks for."""
    return s.CelExpression(cel_expr_parsed=s.ParsedExpr(expr=_Numbered().expr(parse(text))))


class _Numbered:
    """One expression, whose parts are numbered from 1."""

    def __init__(self) -> None:
        self._ids = count(1)

    def expr(self, tree: Tree) -> cel_expr.Expr:
        """A part of the expression."""
        return s.Expr(id=next(self._ids), **self._kind(tree))

    def _kind(self, tree: Tree) -> dict[str, Any]:
        match tree:
            case Constant():
                return {"const_expr": _constant(tree)}
            case Identifier(name):
                return {"ident_expr": s.ExprIdent(name=name)}
            case Select(operand, field, test):
                return {"select_expr": s.ExprSelect(operand=self.expr(operand), field=field, test_only=test)}
            case Call(function, arguments, target):
                of = None if target is None else self.expr(target)
                made = s.ExprCall(target=of, function=function, args=[self.expr(each) for each in arguments])
                return {"call_expr": made}
            case ListOf(items):
                return {"list_expr": s.ExprCreateList(elements=[self.expr(each) for each in items])}
            case MapOf(entries):
                return {"struct_expr": s.ExprCreateStruct(entries=[self._entry(*each) for each in entries])}

    def _entry(self, key: Tree, value: Tree) -> cel_expr.ExprCreateStructEntry:
        return s.ExprEntry(id=next(self._ids), map_key=self.expr(key), value=self.expr(value))


def _constant(constant: Constant) -> cel_expr.Constant:
    match constant.value:
        case None:
            return s.Constant(null_value=s.NULL)
        case bool() as value:
            return s.Constant(bool_value=value)
        case int() as value:
            return s.Constant(uint64_value=value) if constant.unsigned else s.Constant(int64_value=value)
        case float() as value:
            return s.Constant(double_value=value)
        case str() as value:
            return s.Constant(string_value=value)
        case bytes() as value:
            return s.Constant(bytes_value=value)
