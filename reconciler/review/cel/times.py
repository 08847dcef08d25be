"""The parts of a time, in UTC or in a named time zone (the engine knows UTC only)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

_HOUR = 3600
_WEEK = 7

_PARTS: Final[Mapping[str, Callable[[datetime], int]]] = MappingProxyType(
    {
        "getFullYear": lambda time: time.year,
        "getMonth": lambda time: time.month - 1,
        "getDate": lambda time: time.day,
        "getDayOfMonth": lambda time: time.day - 1,
        "getDayOfWeek": lambda time: time.isoweekday() % _WEEK,
        "getDayOfYear": lambda time: time.timetuple().tm_yday - 1,
        "getHours": lambda time: time.hour,
        "getMinutes": lambda time: time.minute,
        "getSeconds": lambda time: time.second,
        "getMilliseconds": lambda time: time.microsecond // 1000,
    }
)
_OF_DURATIONS: Final[Mapping[str, float]] = MappingProxyType(
    {"getHours": _HOUR, "getMinutes": 60, "getSeconds": 1, "getMilliseconds": 0.001}
)

NAMES: Final = tuple(_PARTS)


def part(name: str) -> Callable[..., int]:
    """The method of that name, of times and of durations."""

    def get(value: datetime | timedelta, zone: str = "UTC") -> int:
        if isinstance(value, timedelta):
            return int(value.total_seconds() / _OF_DURATIONS[name])
        return _PARTS[name](value.astimezone(_zone(zone)))

    return get


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    if name[:1] in "+-" or name[:1].isdigit():
        hours, _, minutes = name.lstrip("+-").partition(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if name.startswith("-") else offset)
    return ZoneInfo(name)
