"""Kubernetes' format library: `format.dns1123Label().validate(name)` gives what is wrong, or nothing."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from cel import OptionalValue

from reconciler.review.cel.urls import is_url
from reconciler.review.cel.values import tagged, untagged

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_QUALIFIED: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"


def _pattern(pattern: str, most: int) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: len(text) <= most and compiled.fullmatch(text) is not None


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return check


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "dns1123Label": _pattern(_LABEL, 63),
        "dns1123Subdomain": _pattern(rf"{_LABEL}(?:\.{_LABEL})*", 253),
        "dns1035Label": _pattern(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", 63),
        "dns1123LabelPrefix": _pattern(rf"{_LABEL}-?", 63),
        "dns1123SubdomainPrefix": _pattern(rf"{_LABEL}(?:\.{_LABEL})*[-.]?", 253),
        "dns1035LabelPrefix": _pattern(r"[a-z](?:[-a-z0-9]*[a-z0-9])?-?", 63),
        "qualifiedName": _pattern(_QUALIFIED, 317),
        "labelValue": _pattern(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?", 63),
        "uri": is_url,
        "uuid": _parses(UUID),
        "byte": _parses(lambda text: base64.b64decode(text, validate=True)),
        "date": _parses(date.fromisoformat),
        "datetime": _parses(datetime.fromisoformat),
    }
)

NAMES: Final = tuple(_CHECKS)


def named(_: Any, name: str) -> OptionalValue:
    """`format.named(…)`."""
    return OptionalValue.of(tagged("format", name)) if name in _CHECKS else OptionalValue.none()


def format_of(name: str) -> Callable[[Any], dict[str, str]]:
    """The function `format.NAME()`."""
    return lambda _: tagged("format", name)


def validate(value: Any, text: str) -> OptionalValue:
    """`validate`: an optional list of what is wrong."""
    name = untagged("format", value)
    return OptionalValue.none() if _CHECKS[name](text) else OptionalValue.of([f"{text!r} is not a valid {name}"])
