"""Credential injection: requests are given a header with what only the gateway knows, by SDS.

A rule's credential is injected by a filter of the chain, which its routes enable; a backendRef's by a filter of its
cluster, after the request has been routed.
"""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import hcm, protobuf
from reconciler.translate import messages as m
from reconciler.translate.config_source import secret_config
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.credential_injector"


class CredentialInjector:
    """One entry of the chain for each HTTPRouteFilter, disabled; routes enable it."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing in chains of which no rule has a credential."""
        return ()

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """The rule's credential."""
        if rule.credential is None:
            return NOTHING
        entry = f"{NAME}/{rule.credential.name}"
        return RuleConfig(
            ((entry, enabled()),), ((entry, _entry(entry, rule.credential)),), secrets=(rule.credential.secret,)
        )


@cache
def enabled() -> protobuf.Any:
    """Enables a filter of the chain as it is configured there."""
    return to_any(m.FilterConfig(config=m.Any()))


def upstream_filter(credential: ir.Credential) -> hcm.HttpFilter:
    """The filter of a cluster whose requests are given the credential."""
    return m.HttpFilter(name=NAME, typed_config=_config(credential))


@lru_cache(maxsize=256)
def _entry(name: str, credential: ir.Credential) -> bytes:
    return encode(m.HttpFilter(name=name, typed_config=_config(credential), disabled=True))


@lru_cache(maxsize=256)
def _config(credential: ir.Credential) -> protobuf.Any:
    generic = m.GenericCredential(credential=secret_config(credential.secret), header=credential.header)
    injector = m.CredentialInjector(
        overwrite=credential.overwrite,
        credential=m.TypedExtensionConfig(name="envoy.http.injected_credentials.generic", typed_config=to_any(generic)),
    )
    return encoded(protobuf.Any, encode(to_any(injector)))
