"""`ir.limits.Limit` → what Envoy says of a request to a rate limit, with Envoy Gateway's keys.

A request is described by a chain of keys and values, each from an action; a limit is about the requests with the same
chain. The actions of a rule's selectors are those of both local and global limits, but for the client's address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple

from reconciler.ir.limits import Limit, MetadataKey, MethodSelector, PathSelector, SourceSelector, ValueSelector
from reconciler.ir.matches import MatchKind
from reconciler.snapshot.protos import matcher, route
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t

Pair = tuple[str, str]
"""Key and value of a descriptor; an empty value stands for any, each with a limit of its own."""


class Part(NamedTuple):
    """An action and the pair that it adds, if the request matches."""

    action: route.RateLimitAction
    pair: Pair


class Described(NamedTuple):
    """How the requests of a limit are described: the alternatives (one for each method) add the same pairs."""

    alternatives: tuple[tuple[route.RateLimitAction, ...], ...]
    pairs: tuple[Pair, ...]


def described(limit: Limit, *, number: int, everywhere: bool, scope: Part | None = None) -> Described:
    """The description of the requests that a limit is about.

    Args:
        limit: the limit.
        number: its position, for keys.
        everywhere: for all Envoys: addresses are told with keys that are the same in all rules.
        scope: what comes first.
    """
    selectors = limit.selectors
    parts = [scope] if scope is not None else []
    values = [_value(one, f"rule-{number}-match-{index}") for index, one in enumerate(selectors.values)]
    before_methods = [*parts, *values]
    after_methods = []
    if selectors.path is not None:
        after_methods.append(_path(selectors.path, f"rule-{number}-path"))
    if selectors.source is not None:
        after_methods += _source(selectors.source, number, everywhere=everywhere)
    methods = [_method(one, f"rule-{number}-method") for one in selectors.methods]
    if selectors.any:
        key = f"rule-{number}-match--1"
        after_methods.append(Part(generic_key(key, key), (key, key)))
    first, last = [part.action for part in before_methods], [part.action for part in after_methods]
    alternatives = tuple((*first, method.action, *last) for method in methods) or ((*first, *last),)
    pairs = [part.pair for part in (*before_methods, *methods[:1], *after_methods)]
    return Described(alternatives, tuple(pairs))


def rate_limits(limit: Limit, made: Described) -> Iterator[route.RateLimit]:
    """What Envoy asks when a request comes, and what it tells once it is answered."""
    for actions in made.alternatives:
        yield t.RateLimit(
            actions=list(actions),
            hits_addend=_hits(limit.request_cost),
            limit=_override(limit.override) if limit.override is not None else None,
            x_ratelimit_option=_HEADERS[limit.headers],
        )
        if limit.response_cost is not None:
            yield t.RateLimit(actions=list(actions), hits_addend=_hits(limit.response_cost), apply_on_stream_done=True)


_HEADERS = {
    None: route.RateLimitXRateLimitOption.UNSPECIFIED,
    False: route.RateLimitXRateLimitOption.OFF,
    True: route.RateLimitXRateLimitOption.DRAFT_VERSION_03,
}


def generic_key(key: str, value: str) -> route.RateLimitAction:
    """A pair that every request has."""
    return t.RateLimitAction(generic_key=t.RateLimitGenericKey(descriptor_key=key, descriptor_value=value))


def _value(one: ValueSelector, key: str) -> Part:
    if one.kind is None:
        if one.query:
            query = t.RateLimitQuery(query_parameter_name=one.name, descriptor_key=key)
            return Part(t.RateLimitAction(query_parameters=query), (key, ""))
        header = t.RateLimitHeader(header_name=one.name, descriptor_key=key)
        return Part(t.RateLimitAction(request_headers=header), (key, ""))
    if one.query:
        parameter = m.QueryParameterMatcher(name=one.name, string_match=_string(one.kind, one.value))
        wanted = t.RateLimitQueryMatch(
            descriptor_key=key, descriptor_value=key, expect_match=not one.invert, query_parameters=[parameter]
        )
        return Part(t.RateLimitAction(query_parameter_value_match=wanted), (key, key))
    return Part(_header_match(key, one.name, _string(one.kind, one.value), invert=one.invert), (key, key))


def _header_match(key: str, name: str, wanted: matcher.StringMatcher, *, invert: bool) -> route.RateLimitAction:
    return t.RateLimitAction(
        header_value_match=t.RateLimitHeaderMatch(
            descriptor_key=key,
            descriptor_value=key,
            expect_match=not invert,
            headers=[m.HeaderMatcher(name=name, string_match=wanted)],
        )
    )


def _string(kind: MatchKind, value: str) -> matcher.StringMatcher:
    if kind is MatchKind.EXACT:
        return m.StringMatcher(exact=value)
    return m.StringMatcher(safe_regex=m.RegexMatcher(regex=value))


def _method(one: MethodSelector, key: str) -> Part:
    return Part(_header_match(key, ":method", m.StringMatcher(exact=one.value), invert=one.invert), (key, key))


def _path(one: PathSelector, key: str) -> Part:
    """A prefix is one of path elements; `:path` has the query, too."""
    pattern = one.value
    if one.kind is MatchKind.PREFIX:
        pattern = rf"{re.escape(one.value.rstrip('/'))}([/?#;].*)?"
    elif one.kind is MatchKind.EXACT:
        pattern = rf"{re.escape(one.value)}([?#].*)?"
    wanted = m.StringMatcher(safe_regex=m.RegexMatcher(regex=pattern))
    return Part(_header_match(key, ":path", wanted, invert=one.invert), (key, key))


def _source(one: SourceSelector, number: int, *, everywhere: bool) -> Iterator[Part]:
    network = ip_network(one.cidr)
    ranges = [t.CidrRange(address_prefix=str(network.network_address), prefix_len=network.prefixlen)]
    key = "masked_remote_address" if everywhere else f"rule-{number}-masked-remote-address"
    value = (f"invert:{one.cidr}" if one.invert else one.cidr) if everywhere else key
    wanted = t.RateLimitRemoteMatch(
        descriptor_key=key,
        descriptor_value=value,
        address_matcher=t.AddressMatcher(ranges=ranges, invert_match=one.invert),
    )
    yield Part(t.RateLimitAction(remote_address_match=wanted), (key, value))
    if one.distinct:
        yield Part(t.RateLimitAction(remote_address=t.RateLimitRemoteAddress()), ("remote_address", ""))


def _hits(cost: int | MetadataKey | None) -> route.RateLimitHitsAddend | None:
    if cost is None:
        return None
    if isinstance(cost, MetadataKey):
        return t.RateLimitHits(format=f"%DYNAMIC_METADATA({cost.namespace}:{cost.key})%")
    return t.RateLimitHits(number=cost)


def _override(key: MetadataKey) -> route.RateLimitOverride:
    path = [t.MetadataKeySegment(key=key.key)]
    wanted = t.RateLimitOverrideMetadata(metadata_key=t.MetadataKey(key=key.namespace, path=path))
    return t.RateLimitOverride(dynamic_metadata=wanted)
