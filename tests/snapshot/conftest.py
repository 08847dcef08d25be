"""Messages of any class for laws about all of them, and two independent readings of a message to compare with."""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock

import betterproto2
import pytest
from betterproto2 import FieldMetadata, Message
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message as CMessage
from hypothesis import strategies as st

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.protos import default_message_pool

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    betterproto2.TYPE_BOOL: st.booleans(),
    betterproto2.TYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    betterproto2.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    betterproto2.TYPE_UINT32: st.integers(0, 2**32 - 1),
    betterproto2.TYPE_UINT64: st.integers(0, 2**64 - 1),
    betterproto2.TYPE_SINT32: st.integers(-(2**31), 2**31 - 1),
    betterproto2.TYPE_SINT64: st.integers(-(2**63), 2**63 - 1),
    betterproto2.TYPE_FIXED32: st.integers(0, 2**32 - 1),
    betterproto2.TYPE_FIXED64: st.integers(0, 2**64 - 1),
    betterproto2.TYPE_SFIXED32: st.integers(-(2**31), 2**31 - 1),
    betterproto2.TYPE_SFIXED64: st.integers(-(2**63), 2**63 - 1),
    # The library takes -0.0 for the default and leaves it out, so that the C runtime reads 0.0; `encode` equals it.
    betterproto2.TYPE_FLOAT: st.floats(width=32, allow_nan=False).map(lambda number: number + 0.0),
    betterproto2.TYPE_DOUBLE: st.floats(allow_nan=False).map(lambda number: number + 0.0),
    betterproto2.TYPE_STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.just("x" * 300),
    betterproto2.TYPE_BYTES: st.binary(max_size=8),
}


@pytest.fixture(scope="session")
def messages() -> Callable[[type[Any]], st.SearchStrategy[Any]]:
    """Strategies of messages with a few of their fields set, maps in the order of their keys."""
    return message_strategy


def message_strategy(cls: type[Any], depth: int = 3) -> st.SearchStrategy[Any]:
    return st.composite(lambda draw: draw_message(draw, cls, depth))()


def draw_message(draw: st.DrawFn, cls: type[Any], depth: int) -> Any:
    candidates = [field for field in dataclasses.fields(cls) if depth or not holds_messages(metadata(field))]
    chosen = draw(st.lists(st.sampled_from(candidates), max_size=4, unique=True)) if candidates else []
    oneofs: set[str] = set()
    values: dict[str, Any] = {}
    for field in chosen:
        group = metadata(field).group
        if group is None or group not in oneofs:
            values[field.name] = draw_field(draw, cls, field, depth)
        oneofs |= {group} if group else set()
    return unvalidated(cls)(**values)


def draw_field(draw: st.DrawFn, cls: type[Message], field: dataclasses.Field[Any], depth: int) -> Any:
    meta = metadata(field)
    arguments = typing.get_args(type_hints(cls)[field.name])
    if meta.map_meta:
        key, value = meta.map_meta
        strategy = value_strategy(value, arguments[1], depth)
        return dict(sorted(draw(st.dictionaries(SCALARS[key.proto_type], strategy, max_size=3)).items()))
    python_type = arguments[0] if meta.repeated or meta.optional else type_hints(cls)[field.name]
    strategy = value_strategy(meta, python_type, depth)
    return draw(st.lists(strategy, max_size=3) if meta.repeated else strategy)


def value_strategy(meta: FieldMetadata, python_type: Any, depth: int) -> st.SearchStrategy[Any]:
    if meta.proto_type == betterproto2.TYPE_ENUM:
        known = st.sampled_from(list(python_type))
        return known | st.integers(-(2**31), 2**31 - 1).map(python_type)
    if meta.proto_type != betterproto2.TYPE_MESSAGE:
        return SCALARS[meta.proto_type]
    if meta.unwrap is None:
        return message_strategy(python_type, depth - 1)
    wrapper = meta.unwrap()
    if wrapper.__name__ == "Duration":
        return st.timedeltas(timedelta(0), timedelta(days=36_500))
    if wrapper.__name__ == "Timestamp":
        return st.datetimes(timezones=st.just(UTC))
    return SCALARS[metadata(dataclasses.fields(wrapper)[0]).proto_type]


def metadata(field: dataclasses.Field[Any]) -> FieldMetadata:
    meta: FieldMetadata = field.metadata["betterproto"]
    return meta


def holds_messages(meta: FieldMetadata) -> bool:
    value = meta.map_meta[1] if meta.map_meta else meta
    return value.proto_type == betterproto2.TYPE_MESSAGE and value.unwrap is None


@cache
def type_hints(cls: type[Message]) -> dict[str, Any]:
    return typing.get_type_hints(cls, vars(sys.modules[cls.__module__]), {})


@pytest.fixture(scope="session")
def library_bytes() -> Callable[[Message], bytes]:
    """`bytes(message)` without its validation, which takes 0.1 s for every new class and has no part in the bytes."""

    def without_validation(message: Message) -> bytes:
        with mock.patch.object(Message, "_is_pydantic", return_value=False):
            return bytes(message)

    return without_validation


@pytest.fixture(scope="session")
def c_runtime_message() -> Callable[[Message], CMessage]:
    """The same message built field by field with the C runtime.

    Fields that xds-protos does not know yet are left out.
    """
    return convert


def convert(message: Message) -> CMessage:
    full_name = default_message_pool.type_to_url[type(message)].partition("/")[2]
    result = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full_name))()
    names = {field.name: metadata(field) for field in dataclasses.fields(message)}  # type: ignore[arg-type]
    for name, value in vars(message).items():
        if name in names and value is not None and names[name].number in result.DESCRIPTOR.fields_by_number:
            assign(result, names[name], value)
    return result


def assign(target: Any, meta: FieldMetadata, value: Any) -> None:
    name = target.DESCRIPTOR.fields_by_number[meta.number].name
    if meta.map_meta:
        for key, item in value.items():
            assign_in_map(getattr(target, name), meta.map_meta[1], key, item)
    elif meta.repeated:
        for item in value:
            if isinstance(item, Message):
                getattr(target, name).add().CopyFrom(convert(item))
            elif meta.unwrap:
                set_wrapped(getattr(target, name).add(), item)
            else:
                getattr(target, name).append(item)
    elif isinstance(value, Message):
        getattr(target, name).CopyFrom(convert(value))
    elif meta.unwrap:
        set_wrapped(getattr(target, name), value)
    else:
        setattr(target, name, value)


def assign_in_map(target: Any, meta: FieldMetadata, key: Any, value: Any) -> None:
    if isinstance(value, Message):
        target[key].CopyFrom(convert(value))
    elif meta.unwrap:
        set_wrapped(target[key], value)
    else:
        target[key] = value


def set_wrapped(target: Any, value: Any) -> None:
    target.SetInParent()
    if isinstance(value, timedelta):
        target.FromTimedelta(value)
    elif isinstance(value, datetime):
        target.FromDatetime(value)
    else:
        target.value = value
