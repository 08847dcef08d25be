"""How an endpoint is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics import FieldPath
from reconciler.ir import clusters
from reconciler.manifests import load_balancers as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

DEFAULT_MINIMUM = 6
DEFAULT_FORCED_MINIMUM = 1


def load_balancer(
    written: manifest.LoadBalancer | None, path: FieldPath, problems: list[Problem]
) -> clusters.LoadBalancer | None:
    """The policy, and what goes with every policy."""
    if written is None:
        return None
    override = written.endpoint_override
    return clusters.LoadBalancer(
        _policy(written, path, problems),
        tuple(source.header for source in override.extract_from if source.header) if override else (),
        _zones(written.zone_aware, path, problems) if written.zone_aware else None,
    )


def _policy(
    written: manifest.LoadBalancer, path: FieldPath, problems: list[Problem]
) -> (
    clusters.LeastRequest
    | clusters.RoundRobin
    | clusters.RandomChoice
    | clusters.ConsistentHash
    | clusters.BackendUtilization
):
    slow_start = milliseconds(written.slow_start.window) if written.slow_start else 0
    match written.type:
        case "RoundRobin":
            return clusters.RoundRobin(slow_start)
        case "Random":
            return clusters.RandomChoice()
        case "ConsistentHash" if written.consistent_hash is not None:
            return _hash(written.consistent_hash, (*path, "consistentHash"), problems)
        case "BackendUtilization" if written.backend_utilization is not None:
            return _utilization(written.backend_utilization, slow_start)
        case "DynamicModule":
            message = "DynamicModule is not translated, as in Envoy Gateway."
            problems.append(refused((*path, "type"), message, "Use one of the other types."))
    return clusters.LeastRequest(slow_start)


def _hash(written: manifest.ConsistentHash, path: FieldPath, problems: list[Problem]) -> clusters.ConsistentHash:
    if not _is_prime(written.table_size):
        problems.append(refused((*path, "tableSize"), f"{written.table_size} is not a prime number."))
    return clusters.ConsistentHash(tuple(_sources(written)), written.table_size)


def _sources(written: manifest.ConsistentHash) -> Iterator[clusters.HashSource]:
    if written.type == "SourceIP":
        yield clusters.HashSource("source")
    if written.header is not None:
        yield clusters.HashSource("header", written.header.name)
    for header in written.headers or ():
        yield clusters.HashSource("header", header.name)
    if written.cookie is not None:
        cookie = written.cookie
        lifetime = None if cookie.ttl is None else milliseconds(cookie.ttl)
        yield clusters.HashSource("cookie", cookie.name, lifetime, tuple(sorted(cookie.attributes.items())))
    for parameter in written.query_params or ():
        yield clusters.HashSource("query", parameter.name)


def _is_prime(number: int) -> bool:
    """Maglev's table has to be of a prime size."""
    return number > 1 and all(number % factor for factor in range(2, int(number**0.5) + 1))


def _utilization(written: manifest.BackendUtilization, slow_start: int) -> clusters.BackendUtilization:
    reports = written.out_of_band
    period = reports.reporting_period if reports else None
    return clusters.BackendUtilization(
        _ms(written.blackout_period),
        _ms(written.weight_expiration_period),
        _ms(written.weight_update_period),
        written.error_utilization_penalty_percent,
        tuple(written.metric_names_for_computing_utilization),
        written.keep_response_headers,
        clusters.OutOfBandReports(_ms(period), reports.port or 0, reports.authority or "") if reports else None,
        slow_start,
    )


def _ms(duration: str | None) -> int | None:
    return None if duration is None else milliseconds(duration)


def _zones(
    written: manifest.ZoneAware, path: FieldPath, problems: list[Problem]
) -> clusters.PreferLocal | clusters.ZoneWeights | None:
    for index, zone in enumerate(written.weighted_zones):
        if zone.weight < 1:
            at = (*path, "zoneAware", "weightedZones", index, "weight")
            problems.append(refused(at, f"must be at least 1; is {zone.weight}."))
    if written.weighted_zones:
        return clusters.ZoneWeights(tuple(sorted((zone.zone, zone.weight) for zone in written.weighted_zones)))
    local = written.prefer_local
    if local is None:
        return None
    minimum = DEFAULT_MINIMUM if local.min_endpoints_threshold is None else local.min_endpoints_threshold
    forced = None
    if local.force is not None:
        asked = local.force.min_endpoints_in_zone_threshold
        forced = DEFAULT_FORCED_MINIMUM if asked is None else asked
    return clusters.PreferLocal(local.percentage_enabled, minimum, forced)
