"""Rate limits, kept by each Envoy or by a service for all.

Of several `clientSelectors` all have to match; of a path or a network that is named twice the last one counts, as in
Envoy Gateway.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from reconciler.diagnostics import FieldPath
from reconciler.ir import limits as ir
from reconciler.ir.matches import MatchKind
from reconciler.manifests import rate_limits as manifest
from reconciler.manifests.backendtrafficpolicy import BackendTrafficPolicySpec
from reconciler.manifests.values import UINT32_MAX
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.policies.effective import Effective
from reconciler.resolve.problems import Problem
from reconciler.resolve.world import World

BackendTraffic = Effective[BackendTrafficPolicySpec]

SECONDS = {
    "SECOND": 1,
    "MINUTE": 60,
    "HOUR": 3_600,
    "DAY": 86_400,
    "WEEK": 604_800,
    "MONTH": 2_592_000,
    "YEAR": 31_536_000,
}

_KINDS = {
    "Exact": MatchKind.EXACT,
    "PathPrefix": MatchKind.PREFIX,
    "RegularExpression": MatchKind.REGEX,
    "Distinct": None,
}


def local_limit(effective: BackendTraffic, problems: list[Problem]) -> ir.LocalLimit | None:
    """The limits that each Envoy keeps by itself; that of a rule without selectors is about all requests."""
    written = effective.spec.rate_limit
    if written is None or written.local is None or not written.local.rules:
        return None
    path = ("spec", "rateLimit", "local", "rules")
    made = _limits(effective, written.local.rules, path, problems)
    general = [index for index, limit in enumerate(made) if limit.selectors.any]
    if len(general) > 1:
        message = "has no clientSelectors, as another one: at most one may be about all requests."
        problems.append(refused((*path, general[1]), message))
    default = made[general[0]] if general else None
    if default is not None:
        unit = SECONDS[default.unit]
        for index, limit in enumerate(made):
            if SECONDS[limit.unit] % unit:
                message = f"must be a multiple of {default.unit.title()}, the unit of the rule for all requests."
                problems.append(refused((*path, index, "limit", "unit"), message))
    return ir.LocalLimit(default, tuple(limit for limit in made if not limit.selectors.any))


def global_limit(effective: BackendTraffic, world: World, problems: list[Problem]) -> ir.GlobalLimit | None:
    """The limits that the rate limit service keeps."""
    written = effective.spec.rate_limit
    if written is None or written.global_ is None or not written.global_.rules:
        return None
    path = ("spec", "rateLimit", "global")
    if not world.options.rate_limit_service:
        guidance = 'Add its address to gitway.yaml: rateLimitService: "ratelimit.example.com:8081".'
        problems.append(refused(path, "needs a rate limit service, and gitway.yaml names none.", guidance))
    limits = tuple(_limits(effective, written.global_.rules, (*path, "rules"), problems))
    return ir.GlobalLimit(limits, world.options.rate_limit_service)


def _limits(
    effective: BackendTraffic, rules: Sequence[manifest.RateLimitRule], path: FieldPath, problems: list[Problem]
) -> list[ir.Limit]:
    return [_limit(effective, rule, (*path, index), problems) for index, rule in enumerate(rules)]


def _limit(
    effective: BackendTraffic, rule: manifest.RateLimitRule, path: FieldPath, problems: list[Problem]
) -> ir.Limit:
    owner = effective.owner(*path[1:])
    meta = owner.policy.resource.metadata
    headers = None if rule.x_rate_limit_headers is None else rule.x_rate_limit_headers != "Off"
    cost = rule.cost or manifest.Cost.model_construct()
    override = rule.limit.from_metadata
    return ir.Limit(
        f"{meta.namespace}/{meta.name}",
        int(owner.path[-1]),
        _selectors(rule.client_selectors, (*path, "clientSelectors"), problems),
        rule.limit.requests,
        rule.limit.unit.upper(),
        _cost(cost.request, (*path, "cost", "request", "number"), problems),
        _cost(cost.response, (*path, "cost", "response", "number"), problems),
        ir.MetadataKey(override.namespace, override.key) if override is not None else None,
        bool(rule.shadow_mode),
        bool(rule.shared),
        headers,
    )


def _cost(
    written: manifest.CostSpecifier | None, path: FieldPath, problems: list[Problem]
) -> int | ir.MetadataKey | None:
    if written is None:
        return None
    if written.from_ == "Metadata" and written.metadata is not None:
        return ir.MetadataKey(written.metadata.namespace, written.metadata.key)
    number = 0 if written.number is None else written.number
    if not 0 <= number <= UINT32_MAX:
        problems.append(refused(path, f"must be from 0 to {UINT32_MAX}; is {number}."))
    return number


def _selectors(written: Sequence[manifest.ClientSelector], path: FieldPath, problems: list[Problem]) -> ir.Selectors:
    values: list[ir.ValueSelector] = []
    methods: list[ir.MethodSelector] = []
    at: ir.PathSelector | None = None
    source: ir.SourceSelector | None = None
    for index, selector in enumerate(written):
        where = (*path, index)
        values += _values(selector.headers or (), (*where, "headers"), problems, query=False)
        values += _values(selector.query_params or (), (*where, "queryParams"), problems, query=True)
        methods += [ir.MethodSelector(one.value, one.invert) for one in selector.methods or ()]
        if selector.path is not None:
            kind = _KINDS[selector.path.type] or MatchKind.PREFIX
            at = ir.PathSelector(kind, selector.path.value, selector.path.invert)
        if selector.source_cidr is not None:
            source = _source(selector.source_cidr, (*where, "sourceCIDR", "value"), problems)
    # Headers come before query parameters, as the names of descriptors count them in this order.
    ordered = (*(one for one in values if not one.query), *(one for one in values if one.query))
    return ir.Selectors(ordered, at, tuple(methods), source)


def _values(
    written: Sequence[manifest.HeaderSelector], path: FieldPath, problems: list[Problem], *, query: bool
) -> Iterator[ir.ValueSelector]:
    for index, one in enumerate(written):
        kind = _KINDS[one.type]
        if kind is not None and one.value is None:
            problems.append(refused((*path, index), f"must have value where type is {one.type}."))
        if kind is None and (one.value is not None or one.invert):
            problems.append(refused((*path, index), "may have neither value nor invert where type is Distinct."))
        name = one.name if query else one.name.lower()
        yield ir.ValueSelector(name, kind, one.value or "", one.invert, query)


def _source(written: manifest.SourceSelector, path: FieldPath, problems: list[Problem]) -> ir.SourceSelector | None:
    try:
        network = ipaddress.ip_network(written.value, strict=False)
    except ValueError:
        problems.append(refused(path, f"must be a CIDR such as 192.0.2.0/24; is {written.value}."))
        return None
    return ir.SourceSelector(str(network), written.type == "Distinct", written.invert)
