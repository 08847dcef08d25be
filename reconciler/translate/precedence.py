"""Which of the routes of a virtual host comes first: Envoy takes the first that matches.

Gateway API, `HTTPRouteRule.matches`: an exact path, then the longest prefix, then a method, then the most headers, then
the most query parameters; on a tie the oldest route, then the first by `namespace/name`, then the first rule and match
of the route. The specification leaves the place of regular expressions open: they come between exact paths and
prefixes, longer ones first, as in Envoy Gateway (which counts a method as one more header; the specification does not).
Cookies, which only Envoy Gateway has, come between headers and query parameters there.
"""

from __future__ import annotations

from reconciler import ir

Specificity = tuple[int, int, int, int, int, int]
"""Kind of path, and, negated, length of the path, whether there is a method, number of headers, of cookies, of
parameters.

Of a gRPC call: kind of match, and, negated, length of the service, of the method, number of headers."""

Age = tuple[str, str, str, str]
"""Creation timestamp, namespace, name, kind."""

Key = tuple[int, int, int, int, int, int, str, str, str, str, int, int, int]
"""Sorts all routes of a virtual host: `Specificity`, `Age`, index of the rule, of the match, of the share."""

_RANK = {ir.MatchKind.EXACT: 0, ir.MatchKind.REGEX: 1, ir.MatchKind.PREFIX: 2}

_WITHOUT_SERVICE = 2
_ANY_CALL = 4

_NEVER = "~"
"""Sorts after every timestamp: what no API server has stamped yet is younger than what one has."""


def specificity(match: ir.Match) -> Specificity:
    """Smaller is more specific. A trailing slash of a prefix does not count, nor does the prefix `/`."""
    path = match.path
    if match.call is not None:
        return _call_specificity(match.call, len(match.headers), len(match.cookies))
    length = len(path.value.removesuffix("/") if path.kind is ir.MatchKind.PREFIX else path.value)
    return (
        _RANK[path.kind],
        -length,
        0 if match.method else 1,
        -len(match.headers),
        -len(match.cookies),
        -len(match.query),
    )


def _call_specificity(call: ir.CallMatch, headers: int, cookies: int) -> Specificity:
    """Gateway API, `GRPCRouteRule.matches`: the longest service, then the longest method, then the most headers.

    Where it leaves the place of regular expressions open, they come after what is exact.
    """
    if not call.service and not call.method:
        return (_ANY_CALL, 0, 0, -headers, -cookies, 0)
    rank = _RANK[call.kind] + (0 if call.service else _WITHOUT_SERVICE)
    return (rank, -len(call.service), -len(call.method), -headers, -cookies, 0)


def as_written(key: Key) -> Key:
    """A place that only the age of the route and the order of its rules decide on."""
    return (0, 0, 0, 0, 0, 0, *key[6:])


def age(unit: ir.Unit) -> Age:
    """Smaller wins a tie."""
    return (unit.created or _NEVER, unit.namespace, unit.name, unit.kind)
