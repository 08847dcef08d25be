"""`ir.clusters.LoadBalancer` → the load balancing policy of a cluster."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ir import clusters as ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import cluster, lb_common, protobuf
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.traffic_protos import client_side

PREFIX = "envoy.load_balancing_policies."


def load_balancing_policy(balancer: ir.LoadBalancer) -> cluster.LoadBalancingPolicy:
    """The policy; where requests may name their endpoint it is what the others fall back on."""
    made = _policy(balancer)
    if not balancer.override_headers:
        return made
    sources = [t.OverrideHostSource(header=header) for header in balancer.override_headers]
    return _named("override_host", to_any(t.OverrideHost(override_host_sources=sources, fallback_policy=made)))


def _named(name: str, config: protobuf.Any) -> cluster.LoadBalancingPolicy:
    extension = m.TypedExtensionConfig(name=PREFIX + name, typed_config=config)
    return m.LoadBalancingPolicy(policies=[m.LoadBalancingPolicyPolicy(typed_extension_config=extension)])


def _policy(balancer: ir.LoadBalancer) -> cluster.LoadBalancingPolicy:
    match balancer.policy:
        case ir.LeastRequest(slow_start):
            least = m.LeastRequest(slow_start_config=_slow_start(slow_start), locality_lb_config=_localities(balancer))
            return _named("least_request", to_any(least))
        case ir.RoundRobin(slow_start):
            robin = t.RoundRobin(slow_start_config=_slow_start(slow_start), locality_lb_config=_localities(balancer))
            return _named("round_robin", to_any(robin))
        case ir.RandomChoice():
            return _named("random", to_any(t.RandomChoice(locality_lb_config=_localities(balancer))))
        case ir.ConsistentHash(_, size):
            weighted = m.LocalityWeightedLbConfig()
            return _named("maglev", to_any(t.Maglev(table_size=size, locality_weighted_lb_config=weighted)))
        case ir.BackendUtilization() as utilization:
            own = _named("client_side_weighted_round_robin", to_any(_utilization(utilization)))
            if isinstance(balancer.zones, ir.ZoneWeights):
                return _named("wrr_locality", to_any(t.WrrLocality(endpoint_picking_policy=own)))
            return own


def _slow_start(window_ms: int) -> lb_common.SlowStartConfig | None:
    return t.SlowStartConfig(slow_start_window=timedelta(milliseconds=window_ms)) if window_ms else None


def _localities(balancer: ir.LoadBalancer) -> lb_common.LocalityLbConfig:
    local = balancer.zones
    if not isinstance(local, ir.PreferLocal):
        return m.LocalityLbConfig(locality_weighted_lb_config=m.LocalityWeightedLbConfig())
    forced = local.forced_minimum
    return m.LocalityLbConfig(
        zone_aware_lb_config=t.ZoneAwareLbConfig(
            routing_enabled=None if local.percent is None else t.Percent(value=float(local.percent)),
            min_cluster_size=local.minimum,
            force_local_zone=None if forced is None else t.ForceLocalZone(min_size=forced),
        )
    )


def _utilization(policy: ir.BackendUtilization) -> client_side.ClientSideWeightedRoundRobin:
    reports = policy.out_of_band
    penalty = policy.error_penalty_percent
    config = None
    if reports is not None and (reports.port or reports.authority):
        config = t.OrcaOobReportingConfig(port_value=reports.port, authority=reports.authority)
    return t.ClientSideWeighted(
        enable_oob_load_report=None if reports is None else True,
        oob_reporting_period=_duration(reports.period_ms if reports else None),
        blackout_period=_duration(policy.blackout_ms),
        weight_expiration_period=_duration(policy.expiration_ms),
        weight_update_period=_duration(policy.update_ms),
        error_utilization_penalty=None if penalty is None else penalty / 100,
        metric_names_for_computing_utilization=list(policy.metrics),
        slow_start_config=_slow_start(policy.slow_start_ms),
        oob_reporting_config=config,
    )


def _duration(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
