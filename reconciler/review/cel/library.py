"""Every function that expressions of guardrails may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from reconciler.review.cel import addresses, formats, formatting, lists, quantities, regexes, text, times, urls, values

BUILT_IN: Final = frozenset(
    {"contains", "startsWith", "endsWith", "int", "uint", "double", "bytes", "bool", "dyn", "duration", "timestamp"}
    | {"has", "all", "exists", "exists_one", "existsOne", "map", "filter"}
    | {"hasValue", "value", "or", "orValue", "optional", "of", "none", "ofNonZeroValue"}
)
"""What the engine does itself, macros among them."""

NAMESPACES: Final = ("ip", "format", "sets", "strings")
"""Names that stand before a function's (`ip.isCanonical(…)`)."""

TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {name: name for name in ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint")}
)
"""Names of types, as `type(…)` gives them."""

IN_PLACE: Final = frozenset({"size", "string", "type", "matches", *times.NAMES})
"""Functions of ours that the engine would prefer its own to."""

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "charAt": text.char_at,
        "join": text.join,
        "lowerAscii": text.lower_ascii,
        "upperAscii": text.upper_ascii,
        "replace": text.replace,
        "split": text.split,
        "substring": text.substring,
        "trim": text.trim,
        "reverse": text.reverse,
        "quote": lambda _, value: text.quote(value),
        "string": text.as_string,
        "type": values.type_of,
        "format": formatting.formatted,
        "isSorted": lists.is_sorted,
        "sum": lists.total,
        "min": lists.least,
        "max": lists.greatest,
        "indexOf": lists.index_of,
        "lastIndexOf": lists.last_index_of,
        "size": lists.size,
        "contains": lists.contains,  # of sets: that of strings is the engine's, which is asked first
        "equivalent": lists.equivalent,
        "intersects": lists.intersects,
        "find": regexes.find,
        "findAll": regexes.find_all,
        "matches": regexes.matches,
        "isURL": urls.is_url,
        "url": urls.url,
        "getScheme": urls.scheme,
        "getHost": urls.host,
        "getHostname": urls.hostname,
        "getPort": urls.port,
        "getEscapedPath": urls.escaped_path,
        "getQuery": urls.query,
        "isIP": addresses.is_ip,
        "ip": addresses.ip,
        "isCanonical": addresses.is_canonical,
        "family": addresses.family,
        "isUnspecified": addresses.is_unspecified,
        "isLoopback": addresses.is_loopback,
        "isLinkLocalMulticast": addresses.is_link_local_multicast,
        "isLinkLocalUnicast": addresses.is_link_local_unicast,
        "isGlobalUnicast": addresses.is_global_unicast,
        "isCIDR": addresses.is_cidr,
        "cidr": addresses.cidr,
        "containsIP": addresses.contains_ip,
        "containsCIDR": addresses.contains_cidr,
        "masked": addresses.masked,
        "prefixLength": addresses.prefix_length,
        "isQuantity": quantities.is_quantity,
        "quantity": quantities.quantity,
        "sign": quantities.sign,
        "isInteger": quantities.is_integer,
        "asInteger": quantities.as_integer,
        "asApproximateFloat": quantities.as_approximate_float,
        "add": quantities.add,
        "sub": quantities.sub,
        "compareTo": quantities.compare_to,
        "isLessThan": quantities.is_less_than,
        "isGreaterThan": quantities.is_greater_than,
        "named": formats.named,
        "validate": formats.validate,
        **{name: formats.format_of(name) for name in formats.NAMES},
        **{name: times.part(name) for name in times.NAMES},
    }
)
"""Name → what is called with the receiver, if any, and the arguments."""
