"""The HTTP filters that gitway translates, and what they make together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from reconciler import ir
from reconciler.translate.filters.base import NOTHING, ChainEntry, HTTPFilter, PolicyFilter, RuleConfig
from reconciler.translate.filters.cors import Cors
from reconciler.translate.filters.credential_injector import CredentialInjector
from reconciler.translate.filters.ext_authz import ExtAuthz
from reconciler.translate.filters.grpc_stats import GrpcStats
from reconciler.translate.filters.grpc_web import GrpcWeb
from reconciler.translate.filters.header_mutation import HeaderMutation
from reconciler.translate.filters.health_check import HealthCheck
from reconciler.translate.filters.order import position
from reconciler.translate.filters.router import Router
from reconciler.translate.filters.stateful_session import StatefulSession

if TYPE_CHECKING:
    from reconciler.ir.extensions import Extensions
    from reconciler.ir.proxy import Proxy
    from reconciler.ir.security import Security

FILTERS: tuple[HTTPFilter, ...] = (
    HealthCheck(),
    HeaderMutation(),
    Cors(),
    ExtAuthz(),
    StatefulSession(),
    GrpcWeb(),
    GrpcStats(),
    CredentialInjector(),
    Router(),
)


def chain(http_chain: ir.HTTPChain, of_rules: Iterable[ChainEntry], proxy: Proxy | None = None) -> list[bytes]:
    """The encoded `HttpFilter`s of a connection manager, in order.

    Args:
        http_chain: the chain.
        of_rules: what its routes' rules add.
        proxy: the settings of its fleet.
    """
    entries = dict(of_rules)
    for http_filter in FILTERS:
        entries.update(http_filter.chain_entries(http_chain))
    if proxy is not None:
        from reconciler.translate.filters.of_fleet import of_fleet

        return of_fleet(http_chain, entries, proxy)
    return [entry for name in sorted(entries, key=position) if (entry := entries[name])]


OF_TRAFFIC: Mapping[str, str] = MappingProxyType(
    {
        "fault": "fault",
        "buffer_bytes": "buffer",
        "local_limit": "local_ratelimit",
        "global_limit": "ratelimit",
        "bandwidth": "bandwidth_limit",
        "compressors": "compressor",
        "overrides": "custom_response",
    }
)
"""What of `ir.Rule.traffic` has a filter, and the module of it here: each with a function `rule_config`.

They are imported where they are met: only their entries and routes speak of them.
"""


OF_SECURITY = ("csrf", "policy_ext_authz", "api_key_auth", "basic_auth", "oauth2", "jwt_authn", "rbac")
"""The modules here of what `ir.Rule.security` has: each with a function `security_config`, imported as the others."""


OF_EXTENSIONS = ("lua", "ext_proc", "wasm")
"""The same of `ir.Rule.extensions`, with functions `extension_config`."""


def _policy_configs(name: str, rule: ir.Rule) -> list[RuleConfig]:
    """What the filters of policies add for a rule."""
    wanted = [module for part, module in OF_TRAFFIC.items() if getattr(rule.traffic, part)] if rule.traffic else []
    configs = [_of_policies(module).rule_config(name, rule) for module in wanted]
    if rule.security is not None:
        configs += [_of_security(module)(rule.security) for module in OF_SECURITY]
    if rule.extensions is not None:
        configs += [_of_extensions(module)(rule.extensions) for module in OF_EXTENSIONS]
    return [config for config in configs if config is not NOTHING]


@cache
def _of_policies(module: str) -> PolicyFilter:
    return cast("PolicyFilter", import_module(f"reconciler.translate.filters.{module}"))


@cache
def _of_security(module: str) -> Callable[[Security], RuleConfig]:
    found = import_module(f"reconciler.translate.filters.{module}")
    return cast("Callable[[Security], RuleConfig]", found.security_config)


@cache
def _of_extensions(module: str) -> Callable[[Extensions], RuleConfig]:
    found = import_module(f"reconciler.translate.filters.{module}")
    return cast("Callable[[Extensions], RuleConfig]", found.extension_config)


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """What all filters add for a rule; `name` is that of its resources."""
    configs = [config for http_filter in FILTERS if (config := http_filter.rule_config(name, rule)) is not NOTHING]
    configs += _policy_configs(name, rule)
    if not configs:
        return NOTHING
    return RuleConfig(
        per_route=tuple(one for config in configs for one in config.per_route),
        chain_entries=tuple(one for config in configs for one in config.chain_entries),
        resources=tuple(one for config in configs for one in config.resources),
        secrets=tuple(one for config in configs for one in config.secrets),
    )
