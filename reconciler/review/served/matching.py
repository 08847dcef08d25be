"""Does a request match a route? What Envoy's `RouteMatch` means, for what can be in it.

https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from reconciler.review.served.request import Request

MATCHES: Final = ""
"""The reason of a match: there is none."""


def mismatch(match: Any, request: Request) -> str:
    """Why a request does not match, in words; empty where it does. `match` is a decoded `RouteMatch`."""
    return _path(match, request.path) or _headers(match, request) or _query(match, request)


def below(match: Any) -> int | None:
    """Millionths of the requests that a route is for, in the order of routes; None: all that are left."""
    if not match.HasField("runtime_fraction"):
        return None
    share = match.runtime_fraction.default_value
    return int(share.numerator * 1_000_000 // (100, 10_000, 1_000_000)[share.denominator])


def _path(match: Any, path: str) -> str:
    kind = match.WhichOneof("path_specifier")
    ignore_case = match.HasField("case_sensitive") and not match.case_sensitive.value
    wanted: Any = getattr(match, kind) if kind else ""
    if kind == "safe_regex":
        return MATCHES if _full_match(wanted.regex, path) else f"the path does not match {wanted.regex}"
    if kind == "connect_matcher":
        return "it is for CONNECT only"
    given = path.lower() if ignore_case else path
    text = str(wanted).lower() if ignore_case else str(wanted)
    if kind == "path":
        return MATCHES if given == text else f"the path is not {wanted}"
    if kind == "path_separated_prefix":
        return MATCHES if given == text or given.startswith(f"{text}/") else f"the path is not below {wanted}"
    return MATCHES if given.startswith(text) else f"the path does not begin with {wanted}"


def _headers(match: Any, request: Request) -> str:
    own = {":method": request.method, ":path": request.target, ":scheme": request.scheme, ":authority": request.host}
    own |= {"host": request.host}
    for wanted in match.headers:
        value = own.get(wanted.name.lower(), request.headers.get(wanted.name.lower()))
        if _header(wanted, value) == wanted.invert_match:
            return _about(wanted, value)
    return MATCHES


def _about(wanted: Any, value: str | None) -> str:
    if wanted.name == ":method":
        return f"the method is not {wanted.string_match.exact or wanted.string_match}"
    if value is None:
        return f"there is no header {wanted.name}"
    return f"the header {wanted.name} is {value}"


def _header(wanted: Any, value: str | None) -> bool:
    kind = wanted.WhichOneof("header_match_specifier")
    if kind == "present_match":
        return bool((value is not None) == wanted.present_match)
    if value is None:
        return False
    if kind == "string_match":
        return _string(wanted.string_match, value)
    if kind == "range_match":
        number = int(value) if value.lstrip("-").isdigit() else None
        return number is not None and bool(wanted.range_match.start <= number < wanted.range_match.end)
    return kind is None


def _query(match: Any, request: Request) -> str:
    for wanted in match.query_parameters:
        value = request.query.get(wanted.name)
        kind = wanted.WhichOneof("query_parameter_match_specifier")
        if kind == "present_match":
            if (value is not None) != wanted.present_match:
                return f"the query parameter {wanted.name} is {'not there' if value is None else value}"
        elif value is None:
            return f"there is no query parameter {wanted.name}"
        elif kind == "string_match" and not _string(wanted.string_match, value):
            return f"the query parameter {wanted.name} is {value}"
    return MATCHES


def _string(wanted: Any, value: str) -> bool:
    kind = wanted.WhichOneof("match_pattern")
    if kind == "safe_regex":
        return _full_match(wanted.safe_regex.regex, value)
    text = getattr(wanted, kind) if kind else ""
    if wanted.ignore_case:
        text, value = text.lower(), value.lower()
    return {
        "exact": value == text,
        "prefix": value.startswith(text),
        "suffix": value.endswith(text),
        "contains": text in value,
    }.get(kind or "", False)


def _full_match(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)
