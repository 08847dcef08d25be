"""The order of HTTP filters in a chain: Envoy Gateway's (`newOrderedHTTPFilter`), by number, then by name."""

from __future__ import annotations

PREFIX = "envoy.filters.http."

ORDER = {
    "custom_response": 0,
    "health_check": 1,
    "fault": 2,
    "cors": 3,
    "csrf": 4,
    "header_mutation": 5,
    "ext_authz": 6,
    "api_key_auth": 7,
    "basic_auth": 8,
    "oauth2": 9,
    "jwt_authn": 10,
    "stateful_session": 11,
    "buffer": 12,
    "lua": 13,
    "ext_proc": 100,
    "wasm": 200,
    "dynamic_modules": 250,
    "geoip": 300,
    "rbac": 301,
    "local_ratelimit": 302,
    "ratelimit": 303,
    "bandwidth_limit": 304,
    "grpc_web": 305,
    "grpc_stats": 306,
    "credential_injector": 307,
    "compressor": 308,
    "dynamic_forward_proxy": 309,
    "router": 310,
}
"""Type of filter, without `PREFIX`, and its number. An instance is named `<type>[.<variant>]` or `<type>/<config>`."""

INDEXED = frozenset({"lua", "ext_proc", "wasm", "dynamic_modules"})
"""Types with several instances in an order of their own: the index that ends the name is added to the number."""

UNKNOWN = 50


def moved(names: list[str], kind: str, anchor: str, *, after: bool) -> list[str]:
    """The names of a chain with all of a type before the first, or after the last, of another one.

    They stay where they are where there is none of the other type. The router, which ends a chain, is never passed.
    """
    moving = [name for name in names if _is(name, kind)]
    rest = [name for name in names if name not in moving]
    places = [index for index, name in enumerate(rest) if _is(name, anchor)]
    if not places or not moving:
        return names
    place = places[-1] + 1 if after else places[0]
    return [*rest[:place], *moving, *rest[place:]]


def _is(name: str, kind: str) -> bool:
    return name == kind or name.startswith((f"{kind}/", f"{kind}."))


def position(name: str) -> tuple[int, str]:
    """Sorts the filters of a chain by their names."""
    kind, _, config = name.removeprefix(PREFIX).partition("/")
    kind = kind.partition(".")[0]
    index = config.rpartition("/")[2]
    return (ORDER.get(kind, UNKNOWN) + (int(index) if kind in INDEXED and index.isdecimal() else 0), name)
