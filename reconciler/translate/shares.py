"""Rules whose backends need routes of their own: what differs is more than a weighted cluster can say.

That can change headers and the host, but not redirect, rewrite a path, or have CORS, external authorization or mirrors.
Such a rule becomes several routes that split its requests by weight, and so does one with sessions whose backends have
clusters of their own (`sessions`). All others stay one route.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler import ir
from reconciler.records import dataclass
from reconciler.translate.destinations import in_use, one_cluster
from reconciler.translate.matches import MILLION

Action = ir.Forward | ir.Redirect | ir.DirectResponse

NO_VALID_BACKEND = ir.DirectResponse(500)
NO_ENDPOINTS = ir.DirectResponse(503)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a rule's requests.

    Attributes:
        below: the part ends at this many millionths (`matches.route_match`); None: it is all that is left.
        suffix: what is added to the name of its cluster, which requests of sessions have in common with the others.
        filters: those of the backend, beside the rule's; the mirrors among them are part of `action`.
        pin: it is only for requests of sessions that have been there before, which have this header.
        set_cookie: by what a client is told to come back.
    """

    action: Action
    below: int | None = None
    suffix: str = ""
    filters: ir.BackendFilters | None = None
    pin: ir.ValueMatch | None = None
    set_cookie: str = ""

    @property
    def route_suffix(self) -> str:
        """What is added to the names of its routes."""
        return self.suffix if self.pin is None else f"{self.suffix}/session"


_Kind = tuple[ir.PathModifier | None, ir.Redirect | None, ir.BackendFilters | None]
"""What a weighted cluster cannot say of a backend."""

_PLAIN: frozenset[_Kind] = frozenset({(None, None, None)})


def shares(action: Action) -> tuple[Share, ...]:
    """What a rule does, as one or more routes in the order in which they are tried; none forwards to nothing."""
    if not isinstance(action, ir.Forward):
        return (Share(action),)
    kinds = {_kind(backend) for backend in action.backends}
    if len(kinds) > 1 or (action.session is not None and _several_clusters(action)):
        return tuple(_split(action))
    if kinds <= _PLAIN:
        return (Share(_answerable(action)),)
    ((_, redirect, filters),) = kinds
    if action.invalid_weight and (redirect or filters):
        return tuple(_split(action))
    whole = _with_mirrors(_with_path_of_backends(action), filters, 0, MILLION)
    return (Share(redirect or _answerable(whole), filters=filters),)


def _several_clusters(action: ir.Forward) -> bool:
    several = len(action.backends) > 1 or (action.backends and action.invalid_weight)
    return bool(several) and not one_cluster(action)


def _split(action: ir.Forward) -> Iterator[Share]:
    """Backends with CORS are the first, so that the routes for pre-flight requests can be for these alone."""
    backends = sorted(in_use(action), key=lambda backend: backend.filters is None or backend.filters.cors is None)
    total = action.invalid_weight + sum(backend.weight for backend in backends)
    passed = start = 0
    for position, backend in enumerate(backends, start=1):
        passed += backend.weight
        end = round(passed * MILLION / total)
        last = position == len(backends) and not action.invalid_weight
        yield Share(
            action=alone(action, backend, start, end),
            below=None if last else end,
            suffix=f"/backend/{backend.index}",
            filters=backend.filters,
        )
        start = end
    if action.invalid_weight:
        yield Share(_no_valid_backend(action), suffix="/invalid")


def alone(action: ir.Forward, backend: ir.Backend, start: int = 0, end: int = MILLION) -> Action:
    """What is done with the requests for one of the backends, from `start` to `end` in millionths of all."""
    forward = _with_path_of_backends(replace(action, backends=(backend,), invalid_weight=0))
    return backend.redirect or _answerable(_with_mirrors(forward, backend.filters, start, end))


def _kind(backend: ir.Backend) -> _Kind:
    return _path(backend), backend.redirect, backend.filters


def _with_mirrors(action: ir.Forward, filters: ir.BackendFilters | None, start: int, end: int) -> ir.Forward:
    """The mirrors of the rule and of the backends that have the requests from `start` to `end`, in millionths.

    Envoy draws one number a request, for the choice of the route and for the mirrors: a mirror's part of the share is
    counted from where the share begins.
    """
    mirrors = (*action.mirrors, *(filters.mirrors if filters else ()))
    if not mirrors:
        return action
    if (start, end) != (0, MILLION):
        mirrors = tuple(_within(mirror, start, end) for mirror in mirrors)
    return replace(action, mirrors=mirrors)


def _within(mirror: ir.Mirror, start: int, end: int) -> ir.Mirror:
    if mirror.numerator >= mirror.denominator:
        return mirror
    part = round((end - start) * mirror.numerator / mirror.denominator)
    return replace(mirror, numerator=start + part, denominator=MILLION)


def _no_valid_backend(action: ir.Forward) -> ir.DirectResponse:
    """Envoy tells a gRPC client of a 503 as of UNAVAILABLE."""
    return NO_ENDPOINTS if action.grpc else NO_VALID_BACKEND


def _answerable(action: ir.Forward) -> Action:
    if not action.backends:
        return _no_valid_backend(action)
    if not action.invalid_weight and not any(backend.endpoints for backend in action.backends):
        return NO_ENDPOINTS
    return action


def _with_path_of_backends(action: ir.Forward) -> ir.Forward:
    """The path rewrite that all backends have in common becomes the rule's, over which it has precedence."""
    path = _path(action.backends[0])
    if path is None:
        return action
    return replace(
        action,
        rewrite=replace(action.rewrite or ir.Rewrite(), path=path),
        backends=tuple(replace(backend, rewrite=_without_path(backend.rewrite)) for backend in action.backends),
    )


def _without_path(rewrite: ir.Rewrite | None) -> ir.Rewrite | None:
    return ir.Rewrite(hostname=rewrite.hostname) if rewrite and rewrite.hostname else None


def _path(backend: ir.Backend) -> ir.PathModifier | None:
    return backend.rewrite.path if backend.rewrite else None
