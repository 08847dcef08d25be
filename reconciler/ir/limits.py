"""Rate limits: how many requests of which clients are let through."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.ir.matches import MatchKind


class ValueSelector(NamedTuple):
    """A header or, with `query`, a query parameter. `kind` None: any value, and each has a limit of its own."""

    name: str
    kind: MatchKind | None
    value: str = ""
    invert: bool = False
    query: bool = False


class PathSelector(NamedTuple):
    """A path."""

    kind: MatchKind
    value: str
    invert: bool = False


class MethodSelector(NamedTuple):
    """A method."""

    value: str
    invert: bool = False


class SourceSelector(NamedTuple):
    """The client's address is in a network. `distinct`: each address of it has a limit of its own."""

    cidr: str
    distinct: bool = False
    invert: bool = False


class Selectors(NamedTuple):
    """All of it has to match; of several methods one."""

    values: tuple[ValueSelector, ...] = ()
    path: PathSelector | None = None
    methods: tuple[MethodSelector, ...] = ()
    source: SourceSelector | None = None

    @property
    def any(self) -> bool:
        """Whether every request is meant."""
        return not (self.values or self.path or self.methods or self.source)


class MetadataKey(NamedTuple):
    """A value of a request's dynamic metadata."""

    namespace: str
    key: str


class Limit(NamedTuple):
    """So many requests in a unit of time, `SECOND` to `YEAR`.

    Attributes:
        owner: `namespace/name` of the policy that it comes from, and `position` its place there, for names.
        request_cost, response_cost: what a request takes when it comes and when it is answered; None: 1, nothing.
        override: where a request may bring another limit.
        shadow: it is counted and not enforced.
        shared: all routes of the policy have it together.
        headers: whether clients are told; None: as is usual.
    """

    owner: str
    position: int
    selectors: Selectors
    requests: int
    unit: str
    request_cost: int | MetadataKey | None = None
    response_cost: int | MetadataKey | None = None
    override: MetadataKey | None = None
    shadow: bool = False
    shared: bool = False
    headers: bool | None = None


class LocalLimit(NamedTuple):
    """Limits that each Envoy keeps by itself. `default` is about all requests; None: there is none."""

    default: Limit | None
    limits: tuple[Limit, ...] = ()


class GlobalLimit(NamedTuple):
    """Limits that a rate limit service keeps for all Envoys; it is at `service`, `host:port`."""

    limits: tuple[Limit, ...]
    service: str
