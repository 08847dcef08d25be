"""What requests a rule is about."""

from __future__ import annotations

from enum import StrEnum

from reconciler.records import dataclass


class MatchKind(StrEnum):
    """How a string is compared; `PREFIX` is by path elements (Gateway API `PathPrefix`)."""

    EXACT = "Exact"
    PREFIX = "Prefix"
    REGEX = "Regex"


@dataclass(frozen=True, slots=True)
class PathMatch:
    """A match of the request path. `value` of a `PREFIX` is as written, e.g. `/api/` or `/`."""

    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A match of one header (name in lower case), of one cookie or of one query parameter: `EXACT` or `REGEX`."""

    name: str
    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class CallMatch:
    """A match of a gRPC call by service and method, `EXACT` or `REGEX`; an empty one: any."""

    kind: MatchKind = MatchKind.EXACT
    service: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """All of it has to match. `call` is set for gRPC alone, and then `path` says the same as a path."""

    path: PathMatch
    headers: tuple[ValueMatch, ...] = ()
    query: tuple[ValueMatch, ...] = ()
    method: str = ""
    call: CallMatch | None = None
    cookies: tuple[ValueMatch, ...] = ()
