"""RequestHeaderModifier and ResponseHeaderModifier."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPHeader, HTTPHeaderFilter
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope
from reconciler.resolve.problems import ACCEPTED, Problem

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_FIXED = frozenset({"host"})
"""Envoy refuses to change `host` and `:`-headers this way: they are the URLRewrite filter's."""


def resolve(
    modifier: HTTPHeaderFilter, path: FieldPath, _index: int, _scope: Scope
) -> tuple[ir.HeaderMutation | None, tuple[Problem, ...]]:
    """The mutation, or a problem for each header that cannot be changed."""
    problems: list[Problem] = []
    for field, names in (
        ("set", [header.name for header in modifier.set]),
        ("add", [header.name for header in modifier.add]),
        ("remove", modifier.remove),
    ):
        for index, name in enumerate(names):
            if name.lower() in _FIXED or not _TOKEN.fullmatch(name):
                problems.append(_problem(name, (*path, field, index)))
    if problems:
        return None, tuple(problems)
    return ir.HeaderMutation(_pairs(modifier.set), _pairs(modifier.add), _names(modifier.remove)), ()


def _problem(name: str, path: FieldPath) -> Problem:
    if name.lower() in _FIXED:
        message, guidance = f"Header {name} cannot be changed by a header modifier.", "Use URLRewrite with hostname."
    else:
        message, guidance = f"{name!r} is not the name of a header.", ""
    return Problem(ACCEPTED, "UnsupportedValue", message, codes.BAD_HEADER, path, guidance, fatal=True)


def _pairs(headers: list[HTTPHeader]) -> tuple[tuple[str, str], ...]:
    """Names and values; of entries with equivalent names only the first counts (Gateway API, HTTPHeader.name)."""
    if len(headers) < 2:
        return tuple((header.name, header.value) for header in headers)
    first: dict[str, tuple[str, str]] = {}
    for header in headers:
        first.setdefault(header.name.lower(), (header.name, header.value))
    return tuple(first.values())


def _names(names: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(name.lower(), name)
    return tuple(first.values())
