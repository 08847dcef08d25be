"""Configuration that lacks values of Secrets, as `reconciler.snapshot.fill` finds and fills it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from betterproto2 import Message

from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.fill import TEMPLATE, TYPED_STRUCT, Source
from reconciler.snapshot.protos import protobuf
from reconciler.snapshot.varint import framer
from reconciler.translate import messages as m

_TYPE_URL, _VALUE = framer(1), framer(2)


def template(message: Message, sources: Sequence[Source]) -> protobuf.Any:
    """What stands for `message` until the values of `sources` are filled in."""
    packed = to_any(message)
    config = {"type_url": _text(packed.type_url), "value": _text(base64.b64encode(packed.value).decode())}
    secrets = [_struct({field: _text(value) for field, value in source._asdict().items()}) for source in sources]
    struct = m.Struct(fields={"config": _struct(config), "secrets": m.Value(list_value=m.ListValue(values=secrets))})
    return m.Any(type_url=TYPED_STRUCT, value=_TYPE_URL(TEMPLATE.encode()) + _VALUE(encode(struct)))


def _text(text: str) -> protobuf.Value:
    return m.Value(string_value=text)


def _struct(fields: dict[str, protobuf.Value]) -> protobuf.Value:
    return m.Value(struct_value=m.Struct(fields=fields))
