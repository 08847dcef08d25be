"""Modules of WebAssembly, which Envoy fetches and holds to their digest."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from reconciler.ir.extensions import Extensions, Module
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import core
from reconciler.translate import extension_messages as x
from reconciler.translate import messages as m
from reconciler.translate.called_services import http_uri
from reconciler.translate.extension_messages import wasm
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.filters.calling import calling_config

NAME = "envoy.filters.http.wasm"

RUNTIME = "envoy.wasm.runtime.v8"
RETRIES = 2
FIRST_RETRY, LAST_RETRY = timedelta(seconds=1), timedelta(seconds=2)
"""A listener is not opened, or changed, before its modules are there or given up. Envoy Gateway, which serves modules
itself, tries ten times for minutes: here one module that is away would keep a starting Envoy from opening the listener.
"""


@lru_cache(maxsize=1024)
def extension_config(extensions: Extensions) -> RuleConfig:
    """One entry of the chain for each module, disabled; routes enable it."""
    if not extensions.modules:
        return NOTHING
    named = [(f"{NAME}/{extensions.name}/wasm/{one.index}", one) for one in extensions.modules]
    return calling_config(named, _entry)


def _entry(name: str, module: Module) -> bytes:
    remote = x.RemoteDataSource(
        http_uri=http_uri(module.service, module.url), sha256=module.sha256, retry_policy=_retries()
    )
    environment = x.EnvironmentVariables(host_env_keys=list(module.environment)) if module.environment else None
    plugin = x.PluginConfig(
        name=module.name or name.removeprefix(f"{NAME}/"),
        root_id=module.root,
        vm_config=x.VmConfig(
            vm_id=name.removeprefix(f"{NAME}/"),
            runtime=RUNTIME,
            code=x.AsyncDataSource(remote=remote),
            environment_variables=environment,
        ),
        configuration=to_any(x.StringValue(value=module.config)) if module.config else None,
        failure_policy=wasm.FailurePolicy.FAIL_OPEN if module.fail_open else wasm.FailurePolicy.FAIL_CLOSED,
    )
    return encode(m.HttpFilter(name=name, typed_config=to_any(x.HttpWasm(config=plugin)), disabled=True))


@cache
def _retries() -> core.RetryPolicy:
    backoff = m.BackoffStrategy(base_interval=FIRST_RETRY, max_interval=LAST_RETRY)
    return m.CoreRetryPolicy(num_retries=RETRIES, retry_back_off=backoff)
