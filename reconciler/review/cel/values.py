"""Values of the types that Kubernetes adds to CEL, as the engine can hold them.

The engine knows JSON, times and optionals only. An IP address is therefore a map of one key that no manifest can have
(it starts with NUL), in a normal form, so that `==` says what it should.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

_TYPES: Final[Mapping[type, str]] = MappingProxyType(
    {
        bool: "bool",
        bytes: "bytes",
        float: "double",
        int: "int",
        list: "list",
        dict: "map",
        str: "string",
        type(None): "null_type",
        datetime: "google.protobuf.Timestamp",
        timedelta: "google.protobuf.Duration",
    }
)


def tagged(kind: str, text: str) -> dict[str, str]:
    """A value of `kind` (`ip`, `cidr`, `url`, `quantity`, `format`); `text` is its normal form."""
    return {f"\0{kind}": text}


def is_tagged(kind: str, value: Any) -> bool:
    """Whether a value is of the kind."""
    return isinstance(value, dict) and f"\0{kind}" in value


def untagged(kind: str, value: Any) -> str:
    """The normal form of a value of `kind`.

    Raises:
        TypeError: it is of another type; CEL's "no such overload".
    """
    if not is_tagged(kind, value):
        raise TypeError(f"no such overload: {kind} expected")
    return str(value[f"\0{kind}"])


def type_of(value: Any) -> str:
    """`type(…)`: the name of the type. Of integers it is `int`, since manifests have no others."""
    return _TYPES[type(value)]
