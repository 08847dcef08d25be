"""The parts of a route's rules → one encoded `Route` for each match, part and host.

The routes of all hosts are the same but for the host at the end of their names and, in a redirect, what it takes from
the listener and the host. `name` is the first field of a `Route`, so that all the rest is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import route
from reconciler.translate import messages as m
from reconciler.translate.actions import Forwarding, Visited, redirect
from reconciler.translate.filters.base import RuleConfig
from reconciler.translate.headers import Headers
from reconciler.translate.matches import route_match
from reconciler.translate.precedence import Age, Key, specificity
from reconciler.translate.shares import Share
from reconciler.translate.virtual_hosts import Entry, name_part


class Part(NamedTuple):
    """A share of a rule's requests and what is done with them."""

    share: Share
    action: Forwarding | route.DirectResponseAction | ir.Redirect


class RuleParts(NamedTuple):
    """A rule, translated but for its matches. `name` is that of its resources."""

    number: int
    matches: tuple[ir.Match, ...]
    name: str
    parts: tuple[Part, ...]
    headers: Headers
    config: RuleConfig


class Template(NamedTuple):
    """A route for any host: its name before and after the host, its encoded fields before and after a redirect."""

    key: Key
    name: str
    suffix: str
    before: bytes
    redirect: ir.Redirect | None
    matched: ir.PathMatch
    after: bytes


def templates(rules: Iterable[RuleParts], age: Age) -> list[Template]:
    """The routes of a host, with their keys of precedence."""
    return [
        template
        for rule in rules
        for index, match in enumerate(rule.matches)
        for template in _templates(rule, index, match, age)
    ]


def entries(made: Iterable[Template], visited: Visited) -> tuple[Entry, ...]:
    """The routes of one host."""
    host = name_part(visited.host)
    return tuple(
        [(one.key, encode(m.Route(name=f"{one.name}{host}{one.suffix}")) + _rest(one, visited)) for one in made]
    )


def _templates(rule: RuleParts, index: int, match: ir.Match, age: Age) -> Iterator[Template]:
    rank = specificity(match)
    name = f"{rule.name}/match/{index}/"
    for position, (share, action) in enumerate(rule.parts):
        key = (*rank, *age, rule.number, index, position)
        before = m.Route(
            match=route_match(match, share.below),
            route=action.action(match.path) if isinstance(action, Forwarding) else None,
            direct_response=action if isinstance(action, route.DirectResponseAction) else None,
        )
        after = m.Route(typed_per_filter_config=dict(rule.config.per_route), **rule.headers)
        to = action if isinstance(action, ir.Redirect) else None
        yield Template(key, name, share.suffix, encode(before), to, match.path, encode(after))


def _rest(template: Template, visited: Visited) -> bytes:
    if template.redirect is None:
        return template.before + template.after
    to = m.Route(redirect=redirect(template.redirect, template.matched, visited))
    return template.before + encode(to) + template.after
