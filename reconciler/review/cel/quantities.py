"""Kubernetes' quantity library: numbers such as `1.5Gi` or `100m`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from reconciler.review.cel.values import is_tagged, tagged, untagged

_QUANTITY: Final = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|[MGTPE]|[KMGTPE]i))?")
_FACTORS: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        **{suffix: Decimal(10) ** (3 * (power - 3)) for power, suffix in enumerate(("n", "u", "m", "", "k"))},
        **{suffix: Decimal(10) ** (3 * (power + 2)) for power, suffix in enumerate("MGTPE")},
        **{f"{suffix}i": Decimal(1024) ** (power + 1) for power, suffix in enumerate("KMGTPE")},
    }
)


def is_quantity(text: str) -> bool:
    """`isQuantity`."""
    return isinstance(text, str) and _QUANTITY.fullmatch(text) is not None


def quantity(text: str) -> dict[str, str]:
    """`quantity(…)`."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    number = Decimal(match[1] + (match[2] or ""))
    return _tagged(number * _FACTORS[match[3] or ""])


def sign(value: Any) -> int:
    """`sign`: -1, 0 or 1."""
    return _compare(_of(value), Decimal(0))


def is_integer(value: Any) -> bool:
    """`isInteger`."""
    return _of(value) == _of(value).to_integral_value()


def as_integer(value: Any) -> int:
    """`asInteger`."""
    if not is_integer(value):
        raise ValueError("the quantity is not an integer")
    return int(_of(value))


def as_approximate_float(value: Any) -> float:
    """`asApproximateFloat`."""
    return float(_of(value))


def add(value: Any, other: Any) -> dict[str, str]:
    """`add`: a quantity or an integer."""
    return _tagged(_of(value) + _of(other))


def sub(value: Any, other: Any) -> dict[str, str]:
    """`sub`: a quantity or an integer."""
    return _tagged(_of(value) - _of(other))


def compare_to(value: Any, other: Any) -> int:
    """`compareTo`: -1, 0 or 1."""
    return _compare(_of(value), _of(other))


def is_less_than(value: Any, other: Any) -> bool:
    """`isLessThan`."""
    return compare_to(value, other) < 0


def is_greater_than(value: Any, other: Any) -> bool:
    """`isGreaterThan`."""
    return compare_to(value, other) > 0


def _tagged(number: Decimal) -> dict[str, str]:
    normal = number.normalize()
    return tagged("quantity", format(normal, "f"))


def _of(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if is_tagged("quantity", value):
        return Decimal(untagged("quantity", value))
    raise TypeError("no such overload: quantity expected")


def _compare(one: Decimal, other: Decimal) -> int:
    return (one > other) - (one < other)
