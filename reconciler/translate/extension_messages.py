"""Constructors of the Envoy messages that only EnvoyExtensionPolicies need, as in `messages`; imported where met."""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.postpone import postponed_dataclasses
from reconciler.snapshot.protos import core, types

with postponed_dataclasses():
    from envoy_data_plane.envoy.extensions.filters.http.ext_proc import v3 as ext_proc
    from envoy_data_plane.envoy.extensions.filters.http.lua import v3 as lua
    from envoy_data_plane.envoy.extensions.filters.http.wasm import v3 as http_wasm
    from envoy_data_plane.envoy.extensions.wasm import v3 as wasm
    from envoy_data_plane.google import protobuf

__all__ = ["ext_proc", "wasm"]

AsyncDataSource = unvalidated(core.AsyncDataSource)
EnvironmentVariables = unvalidated(wasm.EnvironmentVariables)
ExternalProcessor = unvalidated(ext_proc.ExternalProcessor)
HttpStatus = unvalidated(types.HttpStatus)
HttpWasm = unvalidated(http_wasm.Wasm)
Lua = unvalidated(lua.Lua)
LuaPerRoute = unvalidated(lua.LuaPerRoute)
MetadataNamespaces = unvalidated(ext_proc.MetadataOptionsMetadataNamespaces)
MetadataOptions = unvalidated(ext_proc.MetadataOptions)
PluginConfig = unvalidated(wasm.PluginConfig)
ProcessingMode = unvalidated(ext_proc.ProcessingMode)
RemoteDataSource = unvalidated(core.RemoteDataSource)
StringValue = unvalidated(protobuf.StringValue)
VmConfig = unvalidated(wasm.VmConfig)
