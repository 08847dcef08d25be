"""What is put together from encoded parts is what the validating classes of envoy-data-plane make in one piece."""

from __future__ import annotations

from datetime import timedelta

import betterproto2
import pytest
from envoy_data_plane.envoy.config.cluster import v3 as cluster
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.endpoint import v3 as endpoint
from envoy_data_plane.envoy.config.listener import v3 as listener
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.clusters.common.dns import v3 as dns
from envoy_data_plane.envoy.extensions.clusters.dns import v3 as dns_cluster
from envoy_data_plane.envoy.extensions.load_balancing_policies.common import v3 as lb_common
from envoy_data_plane.envoy.extensions.load_balancing_policies.least_request import v3 as least_request
from envoy_data_plane.envoy.extensions.transport_sockets.tls import v3 as tls
from envoy_data_plane.envoy.extensions.upstreams.http import v3 as upstream_http
from envoy_data_plane.envoy.type import v3 as types
from envoy_data_plane.envoy.type.matcher import v3 as matcher
from envoy_data_plane.google.protobuf import Any

from reconciler import ir
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION, SECRET
from reconciler.translate.fleet import assemble
from reconciler.translate.routes import translate
from tests.translate import sample
from tests.translate.build import RULE, backend, dns_backend, exact, fleet, prefix, regex, rule, unit
from tests.translate.build import endpoint as at


def header(key: str, value: str, action: str) -> core.HeaderValueOption:
    return core.HeaderValueOption(
        header=core.HeaderValue(key=key, value=value),
        append_action=core.HeaderValueOptionHeaderAppendAction[action],
        keep_empty_value=True,
    )


def assignment(address: str, hostname: str = "", health: int = 0) -> endpoint.ClusterLoadAssignment:
    member = endpoint.LbEndpoint(
        endpoint=endpoint.Endpoint(
            address=core.Address(socket_address=core.SocketAddress(address=address, port_value=8080)),
            hostname=hostname,
        ),
        health_status=core.HealthStatus(health),
        load_balancing_weight=1,
    )
    locality = endpoint.LocalityLbEndpoints(
        locality=core.Locality(region=f"{RULE}/backend/0"), lb_endpoints=[member], load_balancing_weight=7
    )
    return endpoint.ClusterLoadAssignment(cluster_name=RULE, endpoints=[locality])


def balancing() -> cluster.LoadBalancingPolicy:
    policy = least_request.LeastRequest(
        locality_lb_config=lb_common.LocalityLbConfig(
            locality_weighted_lb_config=lb_common.LocalityLbConfigLocalityWeightedLbConfig()
        )
    )
    named = core.TypedExtensionConfig(name="envoy.load_balancing_policies.least_request", typed_config=Any.pack(policy))
    return cluster.LoadBalancingPolicy(policies=[cluster.LoadBalancingPolicyPolicy(typed_extension_config=named)])


BREAKERS = cluster.CircuitBreakers(thresholds=[cluster.CircuitBreakersThresholds(max_retries=1024)])


def test_eds_cluster_and_endpoints() -> None:
    target = backend(0, 7, protocol=ir.Protocol.H2C, endpoints=(at(draining=True),))
    translated = translate(unit(rule(action=ir.Forward((target,)))))
    http2 = core.Http2ProtocolOptions(initial_stream_window_size=65536, initial_connection_window_size=1048576)
    options = upstream_http.HttpProtocolOptions(
        explicit_http_config=upstream_http.HttpProtocolOptionsExplicitHttpConfig(http2_protocol_options=http2)
    )
    expected = cluster.Cluster(
        name=RULE,
        type=cluster.ClusterDiscoveryType.EDS,
        eds_cluster_config=cluster.ClusterEdsClusterConfig(
            eds_config=core.ConfigSource(
                ads=core.AggregatedConfigSource(),
                initial_fetch_timeout=timedelta(0),
                resource_api_version=core.ApiVersion.V3,
            ),
            service_name=RULE,
        ),
        connect_timeout=timedelta(seconds=10),
        per_connection_buffer_limit_bytes=32768,
        circuit_breakers=BREAKERS,
        typed_extension_protocol_options={"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": Any.pack(options)},
        common_lb_config=cluster.ClusterCommonLbConfig(),
        ignore_health_on_host_removal=True,
        load_balancing_policy=balancing(),
    )
    assert translated.clusters == ((RULE, bytes(expected)),)
    assert translated.endpoints == ((RULE, bytes(assignment("10.0.0.1", health=3))),)


def test_dns_cluster() -> None:
    translated = translate(unit(rule(action=ir.Forward((dns_backend(0, 7),)))))
    config = dns_cluster.DnsCluster(
        dns_refresh_rate=timedelta(seconds=30),
        respect_dns_ttl=True,
        dns_lookup_family=dns.DnsLookupFamily.V4_PREFERRED,
    )
    expected = cluster.Cluster(
        name=RULE,
        cluster_type=cluster.ClusterCustomClusterType(name="envoy.cluster.dns", typed_config=Any.pack(config)),
        connect_timeout=timedelta(seconds=10),
        per_connection_buffer_limit_bytes=32768,
        load_assignment=assignment("svc0.example", "svc0.example"),
        circuit_breakers=BREAKERS,
        common_lb_config=cluster.ClusterCommonLbConfig(),
        ignore_health_on_host_removal=True,
        load_balancing_policy=balancing(),
    )
    assert translated.clusters == ((RULE, bytes(expected)),)


def test_route_configuration() -> None:
    match = ir.Match(
        prefix("/old"),
        (ir.ValueMatch("version", ir.MatchKind.EXACT, "two"),),
        (ir.ValueMatch("id", ir.MatchKind.REGEX, "[0-9]+"),),
        "GET",
    )
    forward = ir.Forward(
        (backend(0, 9), backend(1, 1, response_headers=ir.HeaderMutation(add=(("X-Canary", "1"),)))),
        rewrite=ir.Rewrite("inner.example", ir.PathModifier(ir.PathChange.PREFIX, "/")),
        mirrors=(ir.Mirror(1, backend(2), 10),),
        timeouts=ir.Timeouts(request_ms=1500),
    )
    headers = ir.HeaderMutation(set=(("X-A", "1"),), remove=("X-B",))
    route_unit = unit(rule(matches=(match,), action=forward, request_headers=headers))
    found = assemble(fleet(), [translate(route_unit)])[ROUTE_CONFIGURATION]["http-80"]
    expected = route.RouteConfiguration(
        name="http-80",
        virtual_hosts=[
            route.VirtualHost(name="*", domains=["*"]),
            route.VirtualHost(name="shop_example", domains=["shop.example"], routes=[_plain_route()]),
        ],
        ignore_port_in_host_matching=True,
    )
    assert found == bytes(expected)


def test_redirect() -> None:
    headers = ir.HeaderMutation(set=(("X-A", "1"),))
    redirect = ir.Redirect(301, "https", "new.example", 8443, ir.PathModifier(ir.PathChange.FULL, "/new"))
    translated = translate(unit(rule(exact("/old"), action=redirect, response_headers=headers)))
    expected = route.Route(
        name=f"{RULE}/match/0/shop_example",
        match=route.RouteMatch(path="/old"),
        redirect=route.RedirectAction(
            scheme_redirect="https", host_redirect="new.example", port_redirect=8443, path_redirect="/new"
        ),
        response_headers_to_add=[header("X-A", "1", "OVERWRITE_IF_EXISTS_OR_ADD")],
    )
    ((_, _, ((_, ((_, found),)),)),) = translated.tables
    assert found == bytes(expected)


CLASSES: dict[str, type[betterproto2.Message]] = {
    CLUSTER: cluster.Cluster,
    CLUSTER_LOAD_ASSIGNMENT: endpoint.ClusterLoadAssignment,
    LISTENER: listener.Listener,
    ROUTE_CONFIGURATION: route.RouteConfiguration,
    SECRET: tls.Secret,
}


@pytest.mark.parametrize("type_url", CLASSES)
def test_parsed_and_encoded_again_nothing_changes(type_url: str) -> None:
    """Fields are in the order of the classes, and none is given twice."""
    paths = (prefix("/old"), regex("/x+"))
    rules = [rule(*paths, index=index, action=action) for index, action in enumerate(sample.ACTIONS)]
    some = translate(unit(*rules, placements=sample.EVERYWHERE[:1]))
    for value in assemble(sample.FLEET, [some])[type_url].values():
        assert bytes(CLASSES[type_url].parse(value)) == value


def _plain_route() -> route.Route:
    return route.Route(
        name=f"{RULE}/match/0/shop_example",
        match=route.RouteMatch(
            path_separated_prefix="/old",
            headers=[
                route.HeaderMatcher(name="version", string_match=matcher.StringMatcher(exact="two")),
                route.HeaderMatcher(name=":method", string_match=matcher.StringMatcher(exact="GET")),
            ],
            query_parameters=[
                route.QueryParameterMatcher(
                    name="id",
                    string_match=matcher.StringMatcher(safe_regex=matcher.RegexMatcher(regex="[0-9]+")),
                )
            ],
        ),
        route=_plain_action(),
        request_headers_to_add=[header("X-A", "1", "OVERWRITE_IF_EXISTS_OR_ADD")],
        request_headers_to_remove=["X-B"],
    )


def _plain_action() -> route.RouteAction:
    return route.RouteAction(
        weighted_clusters=route.WeightedCluster(
            clusters=[
                route.WeightedClusterClusterWeight(name=f"{RULE}/backend/0", weight=9),
                route.WeightedClusterClusterWeight(
                    name=f"{RULE}/backend/1",
                    weight=1,
                    response_headers_to_add=[header("X-Canary", "1", "APPEND_IF_EXISTS_OR_ADD")],
                ),
            ]
        ),
        regex_rewrite=matcher.RegexMatchAndSubstitute(pattern=matcher.RegexMatcher(regex="^/old/*"), substitution="/"),
        host_rewrite_literal="inner.example",
        append_x_forwarded_host=True,
        timeout=timedelta(milliseconds=1500),
        idle_timeout=timedelta(hours=1),
        request_mirror_policies=[
            route.RouteActionRequestMirrorPolicy(
                cluster=f"{RULE}-mirror-1",
                runtime_fraction=core.RuntimeFractionalPercent(
                    default_value=types.FractionalPercent(
                        numerator=10, denominator=types.FractionalPercentDenominatorType.HUNDRED
                    )
                ),
                disable_shadow_host_suffix_append=True,
            )
        ],
        upgrade_configs=[route.RouteActionUpgradeConfig(upgrade_type="websocket")],
    )
