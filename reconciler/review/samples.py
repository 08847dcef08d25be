"""Sample requests of a virtual host: one for each match of its routes, and those just beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from reconciler.review.regex_example import example
from reconciler.review.served.tables import Route

WITHIN, ASIDE = "/sample", "x"
"""What makes a request below a prefix, and one that only begins with the same letters."""


class Sample(NamedTuple):
    """A request without the host. `headers` are pairs, `route` is the one that it was made for."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    route: Route


def samples(routes: Iterable[Route]) -> Iterator[Sample]:
    """Requests for routes, without repetition. A regular expression that has no simple example has none."""
    seen: set[tuple[str, str, tuple[tuple[str, str], ...]]] = set()
    for route in routes:
        for sample in _of(route):
            if sample[:3] not in seen:
                seen.add(sample[:3])
                yield sample


def _of(route: Route) -> Iterator[Sample]:
    match = route.message.match
    paths = _paths(match)
    own = [(one.name, _text(one.string_match)) for one in match.headers if not one.invert_match]
    headers = tuple((name, value) for name, value in own if value is not None and not name.startswith(":"))
    query = [(one.name, _text(one.string_match)) for one in match.query_parameters]
    suffix = "?" + "&".join(f"{quote(name)}={quote(value or '', safe='')}" for name, value in query) if query else ""
    method = next((value for name, value in own if name == ":method" and value), "GET")
    for index, path in enumerate(paths):
        yield Sample(method, path + suffix, headers, route)
        if index == 0:
            if headers:
                yield Sample(method, path + suffix, (), route)
            if suffix:
                yield Sample(method, path, headers, route)


def _paths(match: Any) -> list[str]:
    kind = match.WhichOneof("path_specifier")
    if kind == "path":
        return [match.path]
    if kind == "path_separated_prefix":
        return [match.path_separated_prefix, match.path_separated_prefix + WITHIN, match.path_separated_prefix + ASIDE]
    if kind == "safe_regex":
        made = example(match.safe_regex.regex)
        return [made] if made is not None and made.startswith("/") else []
    return [match.prefix] if kind == "prefix" else []


def _text(wanted: Any) -> str | None:
    kind = wanted.WhichOneof("match_pattern")
    if kind == "safe_regex":
        return example(wanted.safe_regex.regex)
    return str(getattr(wanted, kind)) if kind else None
