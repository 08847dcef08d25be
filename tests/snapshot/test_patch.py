"""A change within one field of a large resource is the same as one of the whole resource's JSON."""

from __future__ import annotations

from typing import Any

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.lua.v3 import lua_pb2  # noqa: F401  what an `Any` below is
from google.protobuf import json_format

from reconciler.snapshot import patch as module
from reconciler.snapshot.model import ROUTE_CONFIGURATION
from reconciler.snapshot.patch import Patch, Refusal, patched

_ROUTE = {"name": "a", "match": {"prefix": "/a"}, "route": {"cluster": "one", "timeout": "5s"}}
_LUA = {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute", "name": "x"}
_DOCUMENT = {
    "name": "edge",
    "virtual_hosts": [
        {"name": "first", "domains": ["a.example.com"], "routes": [_ROUTE, {**_ROUTE, "name": "b"}]},
        {"name": "second", "domains": ["*"], "typed_per_filter_config": {"lua": _LUA}},
    ],
    "ignore_port_in_host_matching": True,
}

# operation, path, value, whether it can be told to be within one field
CASES: list[tuple[str, str, Any, bool]] = [
    ("add", "/max_direct_response_body_size_bytes", 8192, True),
    ("replace", "/ignore_port_in_host_matching", False, True),
    ("remove", "/ignore_port_in_host_matching", None, True),
    ("test", "/ignore_port_in_host_matching", True, True),
    ("replace", "/virtual_hosts/0/routes/1/route/timeout", "7s", True),
    ("replace", "/virtual_hosts/0/routes/1/match/prefix", "/b", True),
    ("remove", "/virtual_hosts/0/routes/0", None, True),
    ("add", "/virtual_hosts/0/domains/-", "b.example.com", True),
    ("add", "/virtual_hosts/-", {"name": "third", "domains": ["c"]}, True),
    ("add", "/virtual_hosts/1/typed_per_filter_config/lua/disabled", True, False),
    ("replace", "/virtual_hosts/1/typed_per_filter_config/lua/name", "y", True),
    ("add", "/virtual_hosts/0/routes/0/match/path", "/b", False),
    ("add", "/virtual_hosts/0/routes/0/redirect", {"host_redirect": "x"}, False),
    ("add", "/virtualHosts/-", {"name": "third"}, False),
    ("replace", "/virtual_hosts/7/name", "x", False),
    ("replace", "/virtual_hosts/01/name", "x", False),
    ("add", "/vhds/config_source/ads", {}, False),
    ("add", "/no_such_field", 1, False),
    ("add", "/max_direct_response_body_size_bytes", "many", False),
    ("replace", "/name", "other", False),
    ("test", "/ignore_port_in_host_matching", False, False),
    ("replace", "", {"name": "edge"}, False),
]


def _value() -> bytes:
    value: bytes = json_format.ParseDict(_DOCUMENT, RouteConfiguration()).SerializeToString(deterministic=True)
    return value


@pytest.mark.parametrize(("operation", "path", "value", "narrow"), CASES, ids=[f"{one[0]} {one[1]}" for one in CASES])
def test_the_outcome_is_that_of_the_whole_resource(
    operation: str, path: str, value: Any, narrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = Patch(ROUTE_CONFIGURATION, "edge", {"op": operation, "value": value}, path)
    resources = {ROUTE_CONFIGURATION: {"edge": _value()}}
    assert (module._narrowly(_value(), patch) is not None) is narrow
    quick = patched(resources, patch)
    monkeypatch.setattr(module, "_narrowly", lambda *_: None)
    assert quick == patched(resources, patch)
    assert not (narrow and isinstance(quick, Refusal))
