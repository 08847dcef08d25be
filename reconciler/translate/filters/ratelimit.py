"""Global rate limits: the rate limit service is asked about each request that a limit is about.

Each policy has a domain of its own at the service, `<namespace>/<policy>`, and an entry of the chain; its routes enable
that. Within a domain the limits of a rule are below its name, those that the routes of the policy share at the top.
Envoy Gateway counts for each listener, match and host by itself; here a rule is counted as one, wherever it is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address

from reconciler import ir
from reconciler.ir.limits import Limit
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, RATE_LIMIT_CONFIG
from reconciler.snapshot.protos import core
from reconciler.snapshot.rate_limit_config import Descriptor, encode_config, joined
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.clusters import upstream
from reconciler.translate.filters.base import NOTHING, ChainEntry, ExtraResource, RuleConfig
from reconciler.translate.rate_limits import Described, Part, described, generic_key, rate_limits
from reconciler.translate.traffic_protos import ratelimit as protos

NAME = "envoy.filters.http.ratelimit"
SERVICE = "ratelimit_cluster"
"""The cluster of the rate limit service, as in Envoy Gateway."""


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """An entry of the chain for each policy that limits come from, disabled; routes enable it with theirs."""
    if rule.traffic is None or rule.traffic.global_limit is None:
        return NOTHING
    asked = rule.traffic.global_limit
    owners = dict.fromkeys(limit.owner for limit in asked.limits)
    per_route, resources = [], list(_service(asked.service))
    for owner in owners:
        limits = [limit for limit in asked.limits if limit.owner == owner]
        made = [(limit, _described(limit, name)) for limit in limits]
        entry = t.GlobalLimitPerRoute(
            domain=owner, rate_limits=[one for limit, how in made for one in rate_limits(limit, how)]
        )
        per_route.append((f"{NAME}/{owner}", to_any(entry)))
        resources += _configs(owner, made)
    return RuleConfig(tuple(per_route), tuple(_entry(owner) for owner in owners), tuple(resources))


def _described(limit: Limit, name: str) -> Described:
    """Those of a rule come after its name, shared ones after that of their policy's rule."""
    shared = f"{limit.owner}/rule/{limit.position}"
    scope = shared if limit.shared else name
    return described(
        limit, number=limit.position, everywhere=True, scope=Part(generic_key(scope, scope), (scope, scope))
    )


def _configs(owner: str, made: Sequence[tuple[Limit, Described]]) -> list[ExtraResource]:
    """What the service has to know, in parts that are the same wherever they occur."""
    shared = joined(_descriptor(limit, how) for limit, how in made if limit.shared)
    own = joined(_descriptor(limit, how) for limit, how in made if not limit.shared)
    return [(RATE_LIMIT_CONFIG, owner, encode_config(owner, part)) for part in (shared, own) if part]


def _descriptor(limit: Limit, how: Described) -> Descriptor:
    (key, value), *before = reversed(how.pairs)
    made = Descriptor(key, value, limit.requests, limit.unit, limit.shadow)
    for key, value in before:
        made = Descriptor(key, value, below=(made,))
    return made


@lru_cache(maxsize=256)
def _entry(owner: str) -> ChainEntry:
    name = f"{NAME}/{owner}"
    config = t.GlobalLimit(
        domain=owner,
        rate_limit_service=t.RateLimitService(
            grpc_service=m.GrpcService(envoy_grpc=m.EnvoyGrpc(cluster_name=SERVICE)),
            transport_api_version=core.ApiVersion.V3,
        ),
        enable_x_ratelimit_headers=protos.RateLimitXRateLimitHeadersRfcVersion.DRAFT_VERSION_03,
        disable_x_envoy_ratelimited_header=True,
    )
    return name, encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


@lru_cache(maxsize=8)
def _service(address: str) -> tuple[ExtraResource, ...]:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    backend = ir.Backend(0, 1, _discovery(host), (ir.Endpoint(host, int(port)),), ir.Protocol.H2C)
    made = upstream(SERVICE, SERVICE, (backend,))
    cluster = (CLUSTER, SERVICE, made.cluster)
    return (cluster,) if made.endpoints is None else (cluster, (CLUSTER_LOAD_ASSIGNMENT, SERVICE, made.endpoints))


def _discovery(host: str) -> ir.Discovery:
    try:
        ip_address(host)
    except ValueError:
        return ir.Discovery.DNS
    return ir.Discovery.STATIC
