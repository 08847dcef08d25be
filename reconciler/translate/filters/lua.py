"""Scripts in Lua."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from reconciler.ir.extensions import Extensions, Script
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import protobuf
from reconciler.translate import extension_messages as x
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.filters.credential_injector import enabled

NAME = "envoy.filters.http.lua"


@lru_cache(maxsize=1024)
def extension_config(extensions: Extensions) -> RuleConfig:
    """One entry of the chain for each script, disabled; routes enable it, with what they tell the script."""
    if not extensions.scripts:
        return NOTHING
    named = [(f"{NAME}/{extensions.name}/lua/{one.index}", one) for one in extensions.scripts]
    return RuleConfig(
        tuple((name, _per_route(one)) for name, one in named), tuple((name, _entry(name, one)) for name, one in named)
    )


def _entry(name: str, script: Script) -> bytes:
    config = x.Lua(default_source_code=m.DataSource(inline_string=script.code))
    return encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


def _per_route(script: Script) -> protobuf.Any:
    if not script.context:
        return enabled()
    return to_any(x.LuaPerRoute(filter_context=_struct(json.loads(script.context))))


def _struct(fields: dict[str, Any]) -> protobuf.Struct:
    return m.Struct(fields={name: _value(value) for name, value in fields.items()})


def _value(value: Any) -> protobuf.Value:
    match value:
        case None:
            return m.Value(null_value=protobuf.NullValue.NULL_VALUE)
        case bool():
            return m.Value(bool_value=value)
        case int() | float():
            return m.Value(number_value=float(value))
        case str():
            return m.Value(string_value=value)
        case list():
            return m.Value(list_value=m.ListValue(values=[_value(each) for each in value]))
        case _:
            return m.Value(struct_value=_struct(value))
