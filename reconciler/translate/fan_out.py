"""The parts of a route's rules → one encoded `Route` for each match, part and host.

The routes of all hosts are the same but for the host at the end of their names and, in a redirect, what it takes from
the listener and the host. `name` is the first field of a `Route`, so that all the rest is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode
from reconciler.snapshot.protos import protobuf, route
from reconciler.translate import messages as m
from reconciler.translate.actions import Forwarding, Visited, redirect
from reconciler.translate.filters import cors
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.headers import Headers, with_cookie
from reconciler.translate.matches import route_match
from reconciler.translate.precedence import Age, Key, specificity
from reconciler.translate.shares import Share
from reconciler.translate.virtual_hosts import Entry, name_part


class Part(NamedTuple):
    """A share of a rule's requests and what is done with them. `config`: of filters that the rule does not have."""

    share: Share
    action: Forwarding | route.DirectResponseAction | ir.Redirect
    config: RuleConfig = NOTHING


class RuleParts(NamedTuple):
    """A rule, translated but for its matches. `name` is that of its resources.

    With `preflight` there may be policies for CORS: a match of one method has routes for the pre-flight requests that
    go with it, too. `fields` are other encoded fields of its routes. A `tunnel` is about CONNECT.
    """

    number: int
    matches: tuple[ir.Match, ...]
    name: str
    parts: tuple[Part, ...]
    headers: Headers
    config: RuleConfig
    preflight: bool = False
    fields: bytes = b""
    tunnel: bool = False

    @property
    def configs(self) -> tuple[RuleConfig, ...]:
        """Those of the rule and of its parts."""
        return (self.config, *[part.config for part in self.parts if part.config is not NOTHING])


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
    for position, (share, action, config) in enumerate(rule.parts):
        key = (*rank, *age, rule.number, index, position)
        before = m.Route(
            match=_tunnel_match(match, share) if rule.tunnel else route_match(match, share.below, share.pin),
            route=action.action(match.path) if isinstance(action, Forwarding) else None,
            direct_response=action if isinstance(action, route.DirectResponseAction) else None,
        )
        of_rule = with_cookie(rule.headers, share.set_cookie) if share.set_cookie else rule.headers
        after = m.Route(typed_per_filter_config=dict([*config.per_route, *rule.config.per_route]), **of_rule)
        to = action if isinstance(action, ir.Redirect) else None
        yield Template(key, name, share.route_suffix, encode(before), to, match.path, encode(after) + rule.fields)
    if rule.preflight and match.method not in ("", "OPTIONS"):
        yield from _preflight(rule, index, match, age)


def _tunnel_match(match: ir.Match, share: Share) -> route.RouteMatch:
    """CONNECT has no path: it is matched by the rest."""
    from reconciler.translate.traffic_messages import ConnectMatcher

    anything = replace(match, path=ir.PathMatch(ir.MatchKind.REGEX, ""))
    rest = route_match(anything, share.below, share.pin)
    return m.RouteMatch(
        connect_matcher=ConnectMatcher(),
        runtime_fraction=rest.runtime_fraction,
        headers=rest.headers,
        query_parameters=rest.query_parameters,
        cookies=rest.cookies,
    )


def _preflight(rule: RuleParts, index: int, match: ir.Match, age: Age) -> Iterator[Template]:
    """Routes for pre-flight requests: a client asks with OPTIONS, whatever method it is going to use.

    Envoy answers all of them, but has no CORS where a route does not forward. Those of backends with a policy of their
    own are for their shares, which are the first.
    """
    made = replace(match, method="OPTIONS", headers=(*match.headers, *_asked(match.method)))
    for position, (below, suffix, action, policy) in enumerate(_policies(rule), start=len(rule.parts)):
        key = (*specificity(made), *age, rule.number, index, position)
        before = m.Route(match=route_match(made, below), route=action.action(match.path))
        after = m.Route(typed_per_filter_config={cors.NAME: policy})
        name = f"{rule.name}/match/{index}/"
        yield Template(key, name, f"{suffix}/cors-preflight", encode(before), None, match.path, encode(after))


class _Policy(NamedTuple):
    """A policy for CORS, and the share of the requests that it is for."""

    below: int | None
    suffix: str
    action: Forwarding
    policy: protobuf.Any


def _policies(rule: RuleParts) -> Iterator[_Policy]:
    """The policies for CORS of a rule, or of its parts."""
    parts = [part for part in rule.parts if part.share.pin is None]
    forwarded = [(part, part.action) for part in parts if isinstance(part.action, Forwarding)]
    policy = dict(rule.config.per_route).get(cors.NAME)
    if policy is not None:
        yield from [_Policy(None, "", action, policy) for _, action in forwarded[:1]]
        return
    for part, action in forwarded:
        own = dict(part.config.per_route).get(cors.NAME)
        if own is not None:
            yield _Policy(part.share.below, part.share.suffix, action, own)


def _asked(method: str) -> tuple[ir.ValueMatch, ...]:
    """What makes a request with OPTIONS one that is sent before another of `method`."""
    return (
        ir.ValueMatch("origin", ir.MatchKind.REGEX, ".+"),
        ir.ValueMatch("access-control-request-method", ir.MatchKind.EXACT, method),
    )


def _rest(template: Template, visited: Visited) -> bytes:
    if template.redirect is None:
        return template.before + template.after
    to = m.Route(redirect=redirect(template.redirect, template.matched, visited))
    return template.before + encode(to) + template.after
