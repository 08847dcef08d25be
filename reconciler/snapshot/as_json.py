"""Encoded resources as JSON, for people and for guardrails: the proto's own field names, nothing secret.

Fields that Envoy's API marks as sensitive are replaced by `[redacted]`, inside of `Any` too.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf import json_format, symbol_database
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from udpa.annotations.sensitive_pb2 import sensitive

_TYPE = re.compile(rb"type\.googleapis\.com/([a-z][\w.]*)\.\w+")
_REDACTED = "[redacted]"


def as_json(type_url: str, value: bytes) -> Any:
    """A resource as proto-JSON. Of a type that xds-protos does not know: its name and size."""
    for package in {type_url.partition("/")[2].rpartition(".")[0].encode(), *_TYPE.findall(value)}:
        _load(package.decode())
    packed = AnyMessage(type_url=type_url, value=value)
    try:
        message = _unpack(packed)
        _redact(message)
        return json_format.MessageToDict(message, preserving_proto_field_name=True)
    except (KeyError, TypeError, json_format.Error):
        return {"@type": packed.type_url, "size": len(packed.value)}


@cache
def _load(package: str) -> None:
    """Makes the messages of a protobuf package known."""
    try:
        module = importlib.import_module(package)
    except ImportError:
        return
    for found in pkgutil.iter_modules(module.__path__):
        if found.name.endswith("_pb2"):
            importlib.import_module(f"{package}.{found.name}")


def _unpack(packed: AnyMessage) -> Message:
    known: Any = symbol_database.Default()
    name = packed.type_url.rpartition("/")[2]
    message: Message = known.pool.FindMessageTypeByName(name)._concrete_class()  # noqa: SLF001 (protobuf's way)
    message.ParseFromString(packed.value)
    return message


def _redact(message: Message) -> None:
    for descriptor, value in message.ListFields():
        if descriptor.GetOptions().Extensions[sensitive]:
            _blank(message, descriptor, value)
        elif descriptor.message_type is not None:
            for each in _messages(descriptor, value):
                if isinstance(each, AnyMessage):
                    inner = _unpack(each)
                    _redact(inner)
                    each.Pack(inner, deterministic=True)
                else:
                    _redact(each)


def _blank(message: Message, descriptor: Any, value: Any) -> None:
    """Leaves only that there is something."""
    if descriptor.message_type is None and descriptor.type == descriptor.TYPE_STRING and not descriptor.is_repeated:
        setattr(message, descriptor.name, _REDACTED)
        return
    if descriptor.message_type is not None and descriptor.message_type.name == "DataSource":
        value.Clear()
        value.inline_string = _REDACTED
        return
    message.ClearField(descriptor.name)


def _messages(descriptor: Any, value: Any) -> Iterator[Message]:
    if descriptor.message_type.GetOptions().map_entry:
        if descriptor.message_type.fields_by_name["value"].message_type is not None:
            yield from value.values()
    elif descriptor.is_repeated:
        yield from value
    else:
        yield value
