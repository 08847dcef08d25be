"""Answers that are put in the place of others."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.records import dataclass


class StatusRange(NamedTuple):
    """Status codes, both ends among them."""

    first: int
    last: int


class HeaderValue(NamedTuple):
    """A header of an answer: its value as a whole (`Exact`), how it begins or ends, or a regular expression."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """Another answer; None is what the first one had. Header pairs are (name, value)."""

    status: int | None = None
    body: bytes | None = None
    content_type: str = ""
    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Redirection:
    """The answer of somewhere else, with this status. What is empty is as in the request."""

    status: int
    scheme: str = ""
    host: str = ""
    port: int = 0
    path: str = ""


class ResponseOverride(NamedTuple):
    """Another answer for some: those of `statuses`, if there are any, that have all of `headers`.

    `source` is who made them: `All`, the `Backend`, or Envoy itself (`Local`).
    """

    statuses: tuple[StatusRange, ...]
    headers: tuple[HeaderValue, ...]
    source: str
    answer: Replacement | Redirection
