"""Which of the routes of a virtual host comes first: Envoy takes the first that matches.

Gateway API, `HTTPRouteRule.matches`: an exact path, then the longest prefix, then a method, then the most headers, then
the most query parameters; on a tie the oldest route, then the first by `namespace/name`, then the first rule and match
of the route. The specification leaves the place of regular expressions open: they come between exact paths and
prefixes, longer ones first, as in Envoy Gateway (which counts a method as one more header; the specification does not).
"""

from __future__ import annotations

from reconciler import ir

Specificity = tuple[int, int, int, int, int]
"""Kind of path, and, negated, length of the path, whether there is a method, number of headers, of parameters."""

Age = tuple[str, str, str, str]
"""Creation timestamp, namespace, name, kind."""

Key = tuple[int, int, int, int, int, str, str, str, str, int, int, int]
"""Sorts all routes of a virtual host: `Specificity`, `Age`, index of the rule, of the match, of the share."""

_RANK = {ir.MatchKind.EXACT: 0, ir.MatchKind.REGEX: 1, ir.MatchKind.PREFIX: 2}

_NEVER = "~"
"""Sorts after every timestamp: what no API server has stamped yet is younger than what one has."""


def specificity(match: ir.Match) -> Specificity:
    """Smaller is more specific. A trailing slash of a prefix does not count, nor does the prefix `/`."""
    path = match.path
    length = len(path.value.removesuffix("/") if path.kind is ir.MatchKind.PREFIX else path.value)
    return (_RANK[path.kind], -length, 0 if match.method else 1, -len(match.headers), -len(match.query))


def age(unit: ir.Unit) -> Age:
    """Smaller wins a tie."""
    return (unit.created or _NEVER, unit.namespace, unit.name, unit.kind)
