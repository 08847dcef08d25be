"""BackendTrafficPolicy → `ir.traffic.Traffic`, and routes under it."""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.ir.clusters import BackendUtilization, ClusterSettings, ConsistentHash
from reconciler.ir.traffic import Streams, Traffic, Upgrade
from reconciler.manifests.backendtrafficpolicy import BackendTrafficPolicySpec
from reconciler.resolve.backend_settings import cluster_settings, optional_ms
from reconciler.resolve.backend_settings.faults import deprecated, refused
from reconciler.resolve.backend_settings.retries import retry
from reconciler.resolve.policies.effective import Effective, Outcome
from reconciler.resolve.policies.traffic.admission import admission
from reconciler.resolve.policies.traffic.bodies import bandwidth, buffer_bytes, compressors
from reconciler.resolve.policies.traffic.faults import fault
from reconciler.resolve.policies.traffic.rate_limits import global_limit, local_limit
from reconciler.resolve.policies.traffic.responses import overrides
from reconciler.resolve.policies.traffic.telemetry import stat_name, tracing
from reconciler.resolve.problems import Problem
from reconciler.resolve.world import World

ROUTING_TYPES = ("Service", "Endpoint")

BackendTraffic = Effective[BackendTrafficPolicySpec]


def resolve(effective: BackendTraffic, world: World) -> Outcome:
    """What the policy comes to."""
    spec = effective.spec
    problems: list[Problem] = list(_deprecated(spec))
    cluster = _cluster(spec, problems)
    http = spec.timeout.http if spec.timeout is not None else None
    made = Traffic(
        policy=effective.name,
        cluster=cluster,
        request_ms=optional_ms(http.request_timeout if http else None),
        streams=_streams(spec, cluster),
        retry=retry(spec.retry, ("spec", "retry"), problems),
        fault=fault(spec.fault_injection, problems),
        local_limit=local_limit(effective, problems),
        global_limit=global_limit(effective, world, problems),
        bandwidth=bandwidth(spec.bandwidth_limit, problems),
        buffer_bytes=buffer_bytes(spec.request_buffer, problems),
        compressors=compressors(spec, problems),
        overrides=overrides(effective, world, problems),
        tracing=tracing(spec.telemetry),
        stat_name=stat_name(spec.telemetry, problems),
        hides_load=_hides_load(cluster),
        services=_services(spec, problems),
    )
    return Outcome(made, tuple(problems))


def _deprecated(spec: BackendTrafficPolicySpec) -> list[Problem]:
    found = []
    if spec.target_ref is not None:
        found.append(deprecated(("spec", "targetRef"), "targetRefs"))
    if spec.compression:
        found.append(deprecated(("spec", "compression"), "compressor"))
    if spec.rate_limit is not None and spec.rate_limit.type is not None:
        found.append(deprecated(("spec", "rateLimit", "type"), "rateLimit.local and rateLimit.global"))
    return found


def _cluster(spec: BackendTrafficPolicySpec, problems: list[Problem]) -> ClusterSettings | None:
    """How backends are connected to; None: as is usual."""
    made, found = cluster_settings(spec, ("spec",), stream_duration=False)
    problems += found
    made = made._replace(
        client_protocol=bool(spec.use_client_protocol),
        admission=admission(spec.admission_control) if spec.admission_control is not None else None,
    )
    return None if made == ClusterSettings() else made


def _streams(spec: BackendTrafficPolicySpec, cluster: ClusterSettings | None) -> Streams | None:
    http = spec.timeout.http if spec.timeout is not None else None
    upgrades: tuple[Upgrade, ...] | None = None
    if spec.http_upgrade:
        upgrades = tuple(Upgrade(one.type, bool(one.connect and one.connect.terminate)) for one in spec.http_upgrade)
    elif spec.request_buffer is not None:
        upgrades = ()
    balancer = cluster.load_balancer if cluster is not None else None
    hashed = balancer.policy.sources if balancer is not None and isinstance(balancer.policy, ConsistentHash) else ()
    made = Streams(
        optional_ms(http.stream_idle_timeout if http else None),
        optional_ms(http.max_stream_duration if http else None),
        upgrades,
        hashed,
    )
    return None if made == Streams() else made


def _hides_load(cluster: ClusterSettings | None) -> bool:
    policy = cluster.load_balancer.policy if cluster is not None and cluster.load_balancer is not None else None
    return isinstance(policy, BackendUtilization) and not policy.keep_headers


def _services(spec: BackendTrafficPolicySpec, problems: list[Problem]) -> bool | None:
    if spec.routing_type is None:
        return None
    if spec.routing_type not in ROUTING_TYPES:
        problems.append(refused(("spec", "routingType"), f"must be one of {', '.join(ROUTING_TYPES)}."))
        return None
    return spec.routing_type == "Service"


def govern(rule: ir.Rule, settings: Traffic) -> ir.Rule:
    """A rule under the policy; what the route itself says about timeouts and retries comes first."""
    action = rule.action
    if isinstance(action, ir.Forward):
        timeouts = action.timeouts
        if timeouts.request_ms is None and settings.request_ms is not None:
            timeouts = replace(timeouts, request_ms=settings.request_ms)
        action = replace(
            action,
            timeouts=timeouts,
            retry=action.retry or settings.retry,
            settings=settings.cluster,
            streams=settings.streams,
        )
    return replace(rule, action=action, traffic=settings)


def govern_l4(unit: ir.L4Unit, settings: Traffic) -> ir.L4Unit:
    """Connections or datagrams under the policy: of HTTP there is nothing in them."""
    return replace(unit, forward=replace(unit.forward, settings=settings.cluster, streams=settings.streams))
