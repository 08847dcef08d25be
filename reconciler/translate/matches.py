"""`ir.Match` → `RouteMatch`."""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core, matcher, route, types
from reconciler.translate import messages as m

MILLION = 1_000_000
"""The resolution of shares of requests."""


def route_match(match: ir.Match, below: int | None = None, pin: ir.ValueMatch | None = None) -> route.RouteMatch:
    """The match; with `below` only for requests whose random number under a million is smaller than that.

    With `pin` it is only for requests that have this header, too. Envoy draws the number once per request, so that
    consecutive routes with growing bounds split the requests.
    """
    path = match.path
    prefix = separated_prefix(path) if path.kind is ir.MatchKind.PREFIX else None
    return m.RouteMatch(
        prefix="/" if prefix == "" else None,
        path=path.value if path.kind is ir.MatchKind.EXACT else None,
        safe_regex=m.RegexMatcher(regex=path.value) if path.kind is ir.MatchKind.REGEX else None,
        path_separated_prefix=prefix or None,
        runtime_fraction=None if below is None else fraction(below, MILLION),
        headers=_headers(match) if pin is None else [*_headers(match), _header(pin)],
        query_parameters=[_query_parameter(wanted) for wanted in match.query],
        cookies=[_cookie(wanted) for wanted in match.cookies],
    )


def fraction(numerator: int, denominator: int) -> core.RuntimeFractionalPercent:
    """A share of requests, in hundredths or ten thousandths where it is given in these, else in millionths."""
    kind = types.FractionalPercentDenominatorType
    named = {100: kind.HUNDRED, 10_000: kind.TEN_THOUSAND, MILLION: kind.MILLION}
    if denominator not in named:
        numerator, denominator = max(1, round(numerator * MILLION / denominator)), MILLION
    return m.RuntimeFractionalPercent(
        default_value=m.FractionalPercent(numerator=numerator, denominator=named[denominator])
    )


def separated_prefix(path: ir.PathMatch) -> str:
    """The prefix as Envoy compares it by path elements, without the trailing slash; empty for `/`."""
    return path.value.removesuffix("/")


def _headers(match: ir.Match) -> list[route.HeaderMatcher]:
    headers = [_header(wanted) for wanted in match.headers]
    return [*headers, _method(match.method)] if match.method else headers


@lru_cache(maxsize=4096)
def _header(wanted: ir.ValueMatch) -> route.HeaderMatcher:
    header = m.HeaderMatcher(name=wanted.name, string_match=_string(wanted))
    return encoded(route.HeaderMatcher, encode(header))


@cache
def _method(method: str) -> route.HeaderMatcher:
    header = m.HeaderMatcher(name=":method", string_match=m.StringMatcher(exact=method))
    return encoded(route.HeaderMatcher, encode(header))


@lru_cache(maxsize=4096)
def _query_parameter(wanted: ir.ValueMatch) -> route.QueryParameterMatcher:
    parameter = m.QueryParameterMatcher(name=wanted.name, string_match=_string(wanted))
    return encoded(route.QueryParameterMatcher, encode(parameter))


@lru_cache(maxsize=4096)
def _cookie(wanted: ir.ValueMatch) -> route.CookieMatcher:
    cookie = m.CookieMatcher(name=wanted.name, string_match=_string(wanted))
    return encoded(route.CookieMatcher, encode(cookie))


def _string(wanted: ir.ValueMatch) -> matcher.StringMatcher:
    if wanted.kind is ir.MatchKind.REGEX:
        return m.StringMatcher(safe_regex=m.RegexMatcher(regex=wanted.value))
    return m.StringMatcher(exact=wanted.value)
