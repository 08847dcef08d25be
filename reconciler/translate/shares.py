"""Rules whose backends need routes of their own, because a weighted cluster can neither redirect nor rewrite a path.

Such a rule becomes several routes that split its requests by weight. All others stay one route.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler import ir
from reconciler.translate.matches import MILLION

Action = ir.Forward | ir.Redirect | ir.DirectResponse

NO_VALID_BACKEND = ir.DirectResponse(500)
NO_ENDPOINTS = ir.DirectResponse(503)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a rule's requests.

    Attributes:
        below: the part ends at this many millionths (`matches.route_match`); None: it is all that is left.
        suffix: what is added to the names of the rule and its cluster.
    """

    action: Action
    below: int | None = None
    suffix: str = ""


def shares(action: Action) -> tuple[Share, ...]:
    """What a rule does, as one or more routes in the order in which they are tried; none forwards to nothing."""
    if not isinstance(action, ir.Forward):
        return (Share(action),)
    paths = {_path(backend) for backend in action.backends}
    redirects = {backend.redirect for backend in action.backends}
    if len(redirects) == 1 and None not in redirects and not action.invalid_weight:
        return tuple(Share(redirect) for redirect in redirects if redirect)
    if paths <= {None} and redirects <= {None}:
        return (Share(_answerable(action)),)
    if len(paths) == 1 and redirects == {None}:
        return (Share(_answerable(_with_path_of_backends(action))),)
    return tuple(_split(action))


def _split(action: ir.Forward) -> Iterator[Share]:
    total = action.invalid_weight + sum(backend.weight for backend in action.backends)
    passed = 0
    for position, backend in enumerate(action.backends, start=1):
        passed += backend.weight
        last = position == len(action.backends) and not action.invalid_weight
        alone = _with_path_of_backends(replace(action, backends=(backend,), invalid_weight=0))
        yield Share(
            action=backend.redirect or _answerable(alone),
            below=None if last else round(passed * MILLION / total),
            suffix=f"/backend/{backend.index}",
        )
    if action.invalid_weight:
        yield Share(_no_valid_backend(action), suffix="/invalid")


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
