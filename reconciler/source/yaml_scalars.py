"""Plain scalars as Kubernetes reads them: the rules of go-yaml v2, which sigs.k8s.io/yaml uses, then JSON.

The rules (`resolve.go` of go.yaml.in/yaml/v2, `yaml.go` of sigs.k8s.io/yaml): booleans are YAML 1.1's with `y`, `n`,
`yes`, `no`, `on`, `off`; integers may have a sign, underscores and the prefixes 0x, 0o, 0b and 0 (octal); timestamps
and sexagesimals are strings. Numbers then pass through JSON: a float without a fraction is an integer, and infinities
are refused.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any, Final

from reconciler.source.wording import shown

_MIN_INT: Final = -(2**63)
_MAX_INT: Final = 2**64 - 1
_MAX_WHOLE_FLOAT: Final = 2.0**63
_REMEMBERED: Final = 50_000

_WORDS: Final[dict[str, bool | float | None]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMERIC_STARTS: Final = frozenset("0123456789+-.")
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII)
_BASES: Final = (16, 2, 8, 10)
_BETWEEN_DIGITS: Final = re.compile(r"(?<=[0-9])_(?=[0-9])", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)


class ScalarError(ValueError):
    """A scalar that JSON cannot hold, or that is not what its tag says; `text` is how it was written."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"{shown(text)} {problem}")
        self.text = text


class Merge:
    """The key `<<`: what is under it is merged into the mapping."""


MERGE: Final = Merge()

Key = str | Merge | None
"""A mapping's key as JSON has it; None for null, which cannot be one."""


class PlainScalars(dict[str, Any]):
    """Plain scalar → value, worked out once each: a repository repeats few scalars many times."""

    def __missing__(self, text: str) -> Any:
        if len(self) > _REMEMBERED:
            self.clear()
        value = self[text] = json_scalar(text)
        return value


class PlainKeys(dict[str, Key]):
    """Plain scalar → what it is as a key, worked out once each."""

    def __missing__(self, text: str) -> Key:
        if len(self) > _REMEMBERED:
            self.clear()
        key = self[text] = MERGE if text == "<<" else key_of(resolve(text))
        return key


def json_scalar(text: str) -> str | int | float | bool | None:
    """The JSON value of a plain scalar.

    Raises:
        ScalarError: it is infinite or not a number.
    """
    value = resolve(text)
    return json_float(value, text) if isinstance(value, float) else value


def json_float(value: float, text: str) -> int | float:
    """A float as the API server gets it: JSON does not tell `80.0` from `80`.

    Raises:
        ScalarError: it is infinite or not a number; `text` is how it was written.
    """
    if not math.isfinite(value):
        raise ScalarError(text, "is not a number that JSON can hold")
    return int(value) if value.is_integer() and abs(value) < _MAX_WHOLE_FLOAT else value


def resolve(text: str) -> str | int | float | bool | None:
    """The YAML value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_STARTS:
        return text
    number = _float(_BETWEEN_DIGITS.sub("", text)) if text[0] == "." else _number(text.replace("_", ""))
    return text if number is None else number


def _number(text: str) -> int | float | None:
    match = _INTEGER.fullmatch(text)
    # A number of many digits is out of range anyway, and Python refuses to convert it.
    if match is not None and len(text) <= 70:
        sign, *digits = match.groups()
        value = next(int(found, base) for found, base in zip(digits, _BASES, strict=True) if found)
        value = -value if sign == "-" else value
        # go-yaml reads what is above int64 as unsigned, which takes no sign.
        if _MIN_INT <= value <= (2**63 - 1 if sign else _MAX_INT):
            return value
    return _float(text)


def _float(text: str) -> float | None:
    if _FLOAT.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def key_of(value: str | float | bool | None) -> str | None:
    """A scalar as the key of a JSON object, as sigs.k8s.io/yaml writes it; None for null, which cannot be one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _single_precision(value)


def _single_precision(value: float) -> str:
    """Go's `strconv.FormatFloat(value, 'g', -1, 32)`: the fewest digits that tell it from other 32-bit floats."""
    if math.isnan(value):
        return ".nan"
    single = _as_single(value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    digits = next(count for count in range(10) if count == 9 or _as_single(float(f"{single:.{count}e}")) == single)
    shortest = f"{single:.{digits}e}"
    power = int(shortest.partition("e")[2])
    return shortest if power < -4 or power >= 6 else f"{single:.{max(digits - power, 0)}f}"


def _as_single(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
