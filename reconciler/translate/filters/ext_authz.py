"""External authorization: a server of the rule's own is asked, by Envoy's gRPC protocol or by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT
from reconciler.snapshot.protos import core, ext_authz, matcher, mutation_rules, protobuf
from reconciler.translate import messages as m
from reconciler.translate.clusters import Upstream, upstream
from reconciler.translate.endpoints import owner_name
from reconciler.translate.filters.base import NOTHING, ChainEntry, ExtraResource, RuleConfig

NAME = "envoy.filters.http.ext_authz"

TIMEOUT = timedelta(seconds=10)

NOT_COPIED = "content-length|host|keep-alive|(?:proxy-)?connection|te|trailer|transfer-encoding|upgrade"
"""Headers of the server's answer that are about that answer alone, or name a host."""


class ExtAuthz:
    """One entry of the chain for each filter of a rule, disabled; the rule's routes enable it."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing in chains of which no rule asks."""
        return ()

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """The servers that the rule asks, with their clusters."""
        if not rule.external_auth:
            return NOTHING
        # Two digits, as entries of the chain are in the order of their names.
        asked = [(owner_name(name, auth.owner), auth) for auth in rule.external_auth]
        named = [(f"{NAME}/{owner}/{auth.index:02}", f"{owner}-auth-{auth.index}", auth) for owner, auth in asked]
        servers = [upstream(cluster, cluster, (auth.backend,)) for _, cluster, auth in named]
        return RuleConfig(
            per_route=tuple((entry, _enabled()) for entry, _, _ in named),
            chain_entries=tuple((entry, _entry(entry, cluster, auth)) for entry, cluster, auth in named),
            resources=tuple(one for server in servers for one in _resources(server)),
            secrets=tuple(secret for server in servers for secret in server.secrets),
        )


@cache
def _enabled() -> protobuf.Any:
    return to_any(m.ExtAuthzPerRoute(check_settings=m.ExtAuthzCheckSettings()))


def _resources(server: Upstream) -> tuple[ExtraResource, ...]:
    cluster = (CLUSTER, server.name, server.cluster)
    if server.endpoints is None:
        return (cluster,)
    return (cluster, (CLUSTER_LOAD_ASSIGNMENT, server.name, server.endpoints))


def _entry(name: str, cluster: str, auth: ir.ExternalAuth) -> bytes:
    body = m.ExtAuthzBufferSettings(max_request_bytes=auth.max_body_bytes) if auth.max_body_bytes else None
    config = m.ExtAuthz(
        grpc_service=_grpc(cluster) if auth.grpc else None,
        http_service=None if auth.grpc else _http(cluster, auth),
        transport_api_version=core.ApiVersion.V3,
        with_request_body=body,
        allowed_headers=named(auth.headers) if auth.headers else None,
        decoder_header_mutation_rules=None if auth.grpc or auth.response_headers else _all_but_framing(),
    )
    return encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


def _grpc(cluster: str) -> core.GrpcService:
    return m.GrpcService(envoy_grpc=m.EnvoyGrpc(cluster_name=cluster), timeout=TIMEOUT)


def _http(cluster: str, auth: ir.ExternalAuth) -> ext_authz.HttpService:
    copied = named(auth.response_headers) if auth.response_headers else _all()
    return m.ExtAuthzHttpService(
        server_uri=m.HttpUri(uri=f"http://{cluster}", cluster=cluster, timeout=TIMEOUT),
        path_prefix=auth.path,
        authorization_response=m.ExtAuthzAuthorizationResponse(allowed_upstream_headers=copied),
    )


def named(names: Sequence[str]) -> matcher.ListStringMatcher:
    """Any of these headers, whatever their case."""
    return m.ListStringMatcher(patterns=[m.StringMatcher(exact=name, ignore_case=True) for name in names])


@cache
def _all() -> matcher.ListStringMatcher:
    return m.ListStringMatcher(patterns=[m.StringMatcher(safe_regex=m.RegexMatcher(regex=".*"))])


@cache
def _all_but_framing() -> mutation_rules.HeaderMutationRules:
    return m.HeaderMutationRules(
        allow_envoy=True, disallow_system=True, disallow_expression=m.RegexMatcher(regex=NOT_COPIED)
    )
