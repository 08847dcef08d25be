"""EnvoyExtensionPolicy → `ir.extensions.Extensions`, and rules under it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.ir.extensions import BodyMode, Extensions, Module, Processor, Script, Seen
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.envoyextensionpolicy import (
    EnvoyExtensionPolicySpec,
    ExtProc,
    Lua,
    ProcessingModeOptions,
    Wasm,
)
from reconciler.resolve import codes
from reconciler.resolve.policies.called_services import by_reference, by_url
from reconciler.resolve.policies.context import Context
from reconciler.resolve.policies.effective import Effective, Outcome
from reconciler.resolve.world import World

_SHA256 = re.compile(r"[0-9a-f]{64}")
SCRIPT_KEY = "lua"


def resolve(effective: Effective[EnvoyExtensionPolicySpec], world: World) -> Outcome:
    """What the policy comes to.

    A processor or module that cannot be had, and is not missed (`failOpen`), is left out. A script always is missed.
    """
    context = Context(effective, world)
    spec = effective.spec
    scripts = [_script(each, index, context) for index, each in enumerate(spec.lua)]
    processors = [_processor(each, index, context) for index, each in enumerate(spec.ext_proc)]
    modules = [_module(each, index, context) for index, each in enumerate(spec.wasm)]
    if spec.dynamic_module:
        context.fail(("dynamicModule",), "Dynamic modules are not translated yet.", codes.NOT_TRANSLATED)
    settings = Extensions(
        context.name,
        tuple(each for each in scripts if each is not None),
        tuple(each for each in processors if each is not None),
        tuple(each for each in modules if each is not None),
    )
    forgiven = {("spec", "extProc", index) for index, each in enumerate(spec.ext_proc) if each.fail_open}
    forgiven |= {("spec", "wasm", index) for index, each in enumerate(spec.wasm) if each.fail_open}
    problems = [
        replace(problem, fatal=False) if problem.path[:3] in forgiven else problem for problem in context.problems
    ]
    return Outcome(settings, tuple(problems), tuple(dict.fromkeys(context.secrets)))


def govern(rule: ir.Rule, settings: Extensions) -> ir.Rule:
    """A rule under the policy."""
    return replace(rule, extensions=settings)


def _script(spec: Lua, index: int, context: Context) -> Script | None:
    path: FieldPath = ("lua", index)
    if not context.world.options.allow_lua:
        guidance = "Allow them: `allowLua: true` in gitway.yaml, or --allow-lua."
        context.fail(path, "Scripts are not allowed.", codes.LUA_NOT_ALLOWED, guidance)
        return None
    code: str | None = spec.inline
    if spec.type == "ValueRef" and spec.value_ref is not None:
        code = context.config(spec.value_ref, (*path, "valueRef"), SCRIPT_KEY, or_first=True)
    if code is None:
        return None
    if not code.strip():
        context.fail(path, "The script is empty.")
    if spec.filter_context is not None and not isinstance(spec.filter_context, dict):
        context.fail((*path, "filterContext"), "This has to be a mapping.")
        return None
    return Script(index, code, _json(spec.filter_context) if spec.filter_context else "")


def _processor(spec: ExtProc, index: int, context: Context) -> Processor | None:
    path: FieldPath = ("extProc", index)
    service = by_reference(spec, f"{context.name}/extproc/{index}", path, context, grpc=True)
    if service is None:
        return None
    mode, metadata = spec.processing_mode, spec.metadata
    return Processor(
        index,
        service,
        _seen(mode.request) if mode is not None else None,
        _seen(mode.response) if mode is not None else None,
        None if spec.message_timeout is None else milliseconds(spec.message_timeout),
        spec.fail_open,
        spec.status_on_error or 0,
        bool(mode is not None and mode.allow_mode_override),
        bool(spec.shadow_mode),
        tuple(metadata.accessible_namespaces) if metadata is not None else (),
        tuple(metadata.writable_namespaces) if metadata is not None else (),
    )


def _seen(options: ProcessingModeOptions | None) -> Seen | None:
    if options is None:
        return None
    return Seen(BodyMode(options.body) if options.body is not None else BodyMode.NONE, tuple(options.attributes))


def _module(spec: Wasm, index: int, context: Context) -> Module | None:
    path: FieldPath = ("wasm", index)
    source = spec.code.http
    if source is None:
        guidance = "Put the module where it can be fetched by HTTP, and use type HTTP."
        context.fail(
            (*path, "code", "image"), "Modules in images are not translated yet.", codes.NOT_TRANSLATED, guidance
        )
        return None
    at = (*path, "code", "http")
    sha256 = (source.sha256 or "").lower()
    if not _SHA256.fullmatch(sha256):
        message = "There has to be the SHA-256 of the module, in hexadecimal: what is fetched later has to be the same."
        context.fail((*at, "sha256"), message, codes.BAD_POLICY, "Run sha256sum on the module.")
        return None
    service = by_url(source.url, (*at, "url"), context)
    if service is None:
        return None
    if source.tls is not None:
        message = "A certificate authority of one's own is not translated yet: use one that Envoy's host trusts."
        context.fail((*at, "tls", "caCertificateRef"), message, codes.NOT_TRANSLATED)
        return None
    return Module(
        index,
        source.url,
        service,
        sha256,
        spec.name or "",
        spec.root_id or "",
        "" if spec.config is None else _json(spec.config),
        spec.fail_open,
        tuple(spec.env.host_keys) if spec.env is not None else (),
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
