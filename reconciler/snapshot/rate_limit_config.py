"""What envoyproxy/ratelimit is told: `RateLimitConfig`, one for each domain.

Its proto is not Envoy's, and is small: it is described here, in the words of `api/ratelimit/config/ratelimit/v3`. The
encoded configurations of one domain can be put one after the other: their descriptors are then those of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from reconciler.snapshot.model import RATE_LIMIT_CONFIG, TYPE_PREFIX

_PACKAGE = RATE_LIMIT_CONFIG.removeprefix(TYPE_PREFIX).rpartition(".")[0]

UNITS = {"SECOND": 1, "MINUTE": 2, "HOUR": 3, "DAY": 4, "MONTH": 5, "YEAR": 6, "WEEK": 7}
"""Names and numbers of the units of time."""


class Descriptor(NamedTuple):
    """A key of requests, with one value or, if that is empty, with any; its limit, and what may come after it."""

    key: str
    value: str = ""
    requests: int | None = None
    unit: str = ""
    shadow: bool = False
    below: tuple[Descriptor, ...] = ()


def encode_config(domain: str, descriptors: Iterable[Descriptor]) -> bytes:
    """The configuration of a domain, or a part of it."""
    config = _message("RateLimitConfig")(name=domain, domain=domain)
    config.descriptors.extend(_written(one) for one in descriptors)
    encoded: bytes = config.SerializeToString(deterministic=True)
    return encoded


def decode_config(encoded: bytes) -> tuple[str, tuple[Descriptor, ...]]:
    """The inverse of `encode_config`, of all parts together; descriptors that are the same key and value are one."""
    config = _message("RateLimitConfig").FromString(encoded)
    return config.domain, joined(_read(one) for one in config.descriptors)


def joined(descriptors: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
    """Descriptors with those of the same key and value put together, sorted; the service refuses repeated ones."""
    found: dict[tuple[str, str], Descriptor] = {}
    for one in descriptors:
        known = found.get((one.key, one.value))
        if known is None:
            found[one.key, one.value] = one._replace(below=joined(one.below))
        else:
            limited = known if known.requests is not None else one
            found[one.key, one.value] = limited._replace(below=joined((*known.below, *one.below)))
    return tuple(found[key] for key in sorted(found))


def as_yaml(domain: str, descriptors: Iterable[Descriptor]) -> dict[str, Any]:
    """A file of the service's own format, as plain data."""
    return {"domain": domain, "descriptors": [_plain(one) for one in descriptors]}


def _plain(one: Descriptor) -> dict[str, Any]:
    made: dict[str, Any] = {"key": one.key}
    if one.value:
        made["value"] = one.value
    if one.requests is not None:
        made["rate_limit"] = {"unit": one.unit.lower(), "requests_per_unit": one.requests}
    if one.shadow:
        made["shadow_mode"] = True
    if one.below:
        made["descriptors"] = [_plain(each) for each in one.below]
    return made


def _written(one: Descriptor) -> Any:
    made = _message("RateLimitDescriptor")(key=one.key, value=one.value, shadow_mode=one.shadow)
    if one.requests is not None:
        made.rate_limit.unit = UNITS[one.unit]
        made.rate_limit.requests_per_unit = one.requests
    made.descriptors.extend(_written(each) for each in one.below)
    return made


def _read(message: Any) -> Descriptor:
    limited = message.HasField("rate_limit")
    names = {number: name for name, number in UNITS.items()}
    return Descriptor(
        message.key,
        message.value,
        message.rate_limit.requests_per_unit if limited else None,
        names[message.rate_limit.unit] if limited else "",
        message.shadow_mode,
        tuple(_read(each) for each in message.descriptors),
    )


# ---------------------------------------------------------------- the proto

_STRING, _UINT32, _BOOL, _ENUM, _MESSAGE = 9, 13, 8, 14, 11

_MESSAGES: dict[str, list[tuple[str, int, str, bool]]] = {
    "RateLimitConfig": [
        ("name", _STRING, "", False),
        ("domain", _STRING, "", False),
        ("descriptors", _MESSAGE, "RateLimitDescriptor", True),
    ],
    "RateLimitDescriptor": [
        ("key", _STRING, "", False),
        ("value", _STRING, "", False),
        ("rate_limit", _MESSAGE, "RateLimitPolicy", False),
        ("descriptors", _MESSAGE, "RateLimitDescriptor", True),
        ("shadow_mode", _BOOL, "", False),
    ],
    "RateLimitPolicy": [("unit", _ENUM, "RateLimitUnit", False), ("requests_per_unit", _UINT32, "", False)],
}
"""Message → its fields in the order of their numbers, from 1: name, type, message or enum, whether it is repeated."""


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="rls_conf.proto", package=_PACKAGE, syntax="proto3")
    units = file.enum_type.add(name="RateLimitUnit")
    for name, number in {"UNKNOWN": 0, **UNITS}.items():
        units.value.add(name=name, number=number)
    for message, fields in _MESSAGES.items():
        made = file.message_type.add(name=message)
        for number, (name, kind, of, repeated) in enumerate(fields, start=1):
            made.field.add(
                name=name,
                number=number,
                type=kind,
                label=3 if repeated else 1,
                type_name=f".{_PACKAGE}.{of}" if of else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


@cache
def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))
