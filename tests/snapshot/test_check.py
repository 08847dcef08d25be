"""What a snapshot may not lack, and what it may not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.snapshot.build import build
from reconciler.snapshot.check import check
from reconciler.snapshot.encode import encode, to_any, unvalidated
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION, SECRET
from reconciler.snapshot.protos import (
    cluster,
    core,
    endpoint,
    hcm,
    listener,
    protobuf,
    route,
    tcp_proxy,
    tls,
    udp_proxy,
    xds_core,
    xds_matcher,
)

Resources = dict[str, dict[str, bytes]]


def listeners(*chains: listener.FilterChain, name: str = "tcp-80") -> Resources:
    return {LISTENER: {name: encode(unvalidated(listener.Listener)(name=name, filter_chains=list(chains)))}}


def chain(name: str, routes: hcm.Rds | route.RouteConfiguration, socket: Any = None) -> listener.FilterChain:
    by_name = {"rds": routes} if isinstance(routes, hcm.Rds) else {"route_config": routes}
    manager: Any = unvalidated(hcm.HttpConnectionManager)
    network_filter = unvalidated(listener.Filter)(name="hcm", typed_config=to_any(manager(**by_name)))
    return unvalidated(listener.FilterChain)(name=name, filters=[network_filter], transport_socket=socket)


def rds(name: str) -> hcm.Rds:
    return unvalidated(hcm.Rds)(route_config_name=name)


def table(*hosts: route.VirtualHost, name: str = "http-80", **fields: Any) -> route.RouteConfiguration:
    construct: Any = unvalidated(route.RouteConfiguration)
    configuration: route.RouteConfiguration = construct(name=name, virtual_hosts=list(hosts), **fields)
    return configuration


def host(name: str, *routes: route.RouteAction, domains: tuple[str, ...] = ("*",), **fields: Any) -> route.VirtualHost:
    of_routes = [unvalidated(route.Route)(route=action) for action in routes]
    construct: Any = unvalidated(route.VirtualHost)
    built: route.VirtualHost = construct(name=name, domains=list(domains), routes=of_routes, **fields)
    return built


def to(name: str, **fields: Any) -> route.RouteAction:
    construct: Any = unvalidated(route.RouteAction)
    action: route.RouteAction = construct(cluster=name, **fields)
    return action


def to_weighted(*names: str) -> route.RouteAction:
    weighted = [unvalidated(route.WeightedClusterClusterWeight)(name=name) for name in names]
    return unvalidated(route.RouteAction)(weighted_clusters=unvalidated(route.WeightedCluster)(clusters=weighted))


def mirrors(name: str) -> list[route.RouteActionRequestMirrorPolicy]:
    return [unvalidated(route.RouteActionRequestMirrorPolicy)(cluster=name)]


def tables(configuration: route.RouteConfiguration) -> Resources:
    return {ROUTE_CONFIGURATION: {configuration.name: encode(configuration)}}


def clusters(*names: str, **fields: Any) -> Resources:
    construct: Any = unvalidated(cluster.Cluster)
    return {CLUSTER: {name: encode(construct(name=name, **fields)) for name in names}}


def eds(service_name: str = "") -> dict[str, Any]:
    config = unvalidated(cluster.ClusterEdsClusterConfig)(service_name=service_name)
    return {"type": cluster.ClusterDiscoveryType.EDS, "eds_cluster_config": config}


def endpoints(*names: str) -> Resources:
    construct = unvalidated(endpoint.ClusterLoadAssignment)
    return {CLUSTER_LOAD_ASSIGNMENT: {name: encode(construct(cluster_name=name)) for name in names}}


def secrets(*names: str) -> Resources:
    return {SECRET: {name: encode(unvalidated(tls.Secret)(name=name)) for name in names}}


def sds(name: str) -> tls.SdsSecretConfig:
    return unvalidated(tls.SdsSecretConfig)(name=name)


def socket(context: Any, **fields: Any) -> core.TransportSocket:
    common: Any = unvalidated(tls.CommonTlsContext)
    config = unvalidated(context)(common_tls_context=common(**fields))
    return unvalidated(core.TransportSocket)(name="tls", typed_config=to_any(config))


def problems(*parts: Mapping[str, Mapping[str, bytes]], **allowed: frozenset[str]) -> list[str]:
    together: Resources = {}
    for part in parts:
        for type_url, values in part.items():
            together.setdefault(type_url, {}).update(values)
    return list(check(build(together), **allowed))


ENTRY = listeners(chain("http-80", rds("http-80")))


def test_a_complete_snapshot_has_no_problems() -> None:
    assert not problems(
        listeners(
            chain(
                "a", rds("http-80"), socket(tls.DownstreamTlsContext, tls_certificate_sds_secret_configs=[sds("n/s")])
            )
        ),
        tables(table(host("h", to("a"), to_weighted("b", "c"), domains=("a.example", "b.example")))),
        clusters("a", **eds()),
        clusters("b", **eds("shared")),
        clusters("c", type=cluster.ClusterDiscoveryType.STATIC),
        endpoints("a", "shared"),
        secrets("n/s"),
    )


def test_nothing_is_consistent() -> None:
    assert not problems()


@pytest.mark.parametrize(
    "configuration",
    [
        pytest.param(table(host("h", to("gone"))), id="a route"),
        pytest.param(table(host("h", to_weighted("here", "gone"))), id="weighted clusters"),
        pytest.param(table(host("h", to("here", request_mirror_policies=mirrors("gone")))), id="a mirror"),
        pytest.param(table(host("h", request_mirror_policies=mirrors("gone"))), id="a virtual host's mirror"),
        pytest.param(table(request_mirror_policies=mirrors("gone")), id="a table's mirror"),
    ],
)
def test_a_cluster_that_is_not_there(configuration: route.RouteConfiguration) -> None:
    parts = (ENTRY, tables(configuration), clusters("here"))
    assert problems(*parts) == ['route configuration "http-80" refers to cluster "gone", which is not in the snapshot']
    assert not problems(*parts, absent_clusters=frozenset({"gone"}))
    assert not problems(*parts, clusters("gone"))


def test_routes_within_the_listener_are_looked_at_too() -> None:
    assert problems(listeners(chain("a", table(host("h", to("gone")))))) == [
        'listener "tcp-80" refers to cluster "gone", which is not in the snapshot'
    ]


def test_a_route_configuration_that_is_not_there() -> None:
    assert problems(ENTRY) == [
        'listener "tcp-80" refers to route configuration "http-80", which is not in the snapshot'
    ]


def test_the_default_filter_chain_counts() -> None:
    construct = unvalidated(listener.Listener)
    value = encode(construct(name="l", default_filter_chain=chain("", rds("http-80"))))
    assert not problems({LISTENER: {"l": value}}, tables(table()))


@pytest.mark.parametrize(("config", "name"), [(eds(), "c"), (eds("other"), "other")])
def test_an_endpoint_set_that_is_not_there(config: dict[str, Any], name: str) -> None:
    assert problems(clusters("c", **config)) == [
        f'cluster "c" refers to endpoint set "{name}", which is not in the snapshot'
    ]
    assert not problems(clusters("c", **config), endpoints(name))


def test_what_nobody_refers_to() -> None:
    assert problems(tables(table()), endpoints("a"), clusters("unused"), secrets("unused")) == [
        'endpoint set "a" is not referred to by anything',
        'route configuration "http-80" is not referred to by anything',
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"tls_certificate_sds_secret_configs": [sds("n/s")]}, id="certificate"),
        pytest.param({"validation_context_sds_secret_config": sds("n/s")}, id="authorities"),
        pytest.param(
            {
                "combined_validation_context": unvalidated(tls.CommonTlsContextCombinedCertificateValidationContext)(
                    validation_context_sds_secret_config=sds("n/s")
                )
            },
            id="authorities and more",
        ),
    ],
)
def test_a_secret_that_is_not_there(fields: dict[str, Any]) -> None:
    match = unvalidated(cluster.ClusterTransportSocketMatch)
    upstream = socket(tls.UpstreamTlsContext, **fields)
    users = {
        'listener "tcp-80"': listeners(chain("a", table(), socket(tls.DownstreamTlsContext, **fields))),
        'cluster "c"': clusters("c", transport_socket=upstream),
        'cluster "d"': clusters("d", transport_socket_matches=[match(name="m", transport_socket=upstream)]),
    }
    for owner, part in users.items():
        assert problems(part) == [f'{owner} refers to secret "n/s", which is not in the snapshot']
        assert not problems(part, absent_secrets=frozenset({"n/s"}))
        assert not problems(part, secrets("n/s"))


def test_names_that_are_given_twice() -> None:
    assert problems(
        listeners(chain("a", rds("http-80")), chain("a", rds("http-80")), chain("", rds("http-80"))),
        tables(table(host("h", domains=("x", "y")), host("h", domains=("z", "X")))),
    ) == [
        'listener "tcp-80" has two filter chains "a"',
        'route configuration "http-80" has two virtual hosts "h"',
        'route configuration "http-80" has two virtual hosts with the domain "x"',
    ]


def proxied(config: Any, **fields: Any) -> Resources:
    """A listener with a proxy of connections in a filter chain or, of datagrams, in a listener filter."""
    construct: Any = unvalidated(listener.Listener)
    if isinstance(config, udp_proxy.UdpProxyConfig):
        of_listener = [unvalidated(listener.ListenerFilter)(name="proxy", typed_config=to_any(config))]
        return {LISTENER: {"udp-53": encode(construct(name="udp-53", listener_filters=of_listener))}}
    filters = [unvalidated(listener.Filter)(name="proxy", typed_config=to_any(config))]
    chains = [unvalidated(listener.FilterChain)(name="a", filters=filters)]
    return {LISTENER: {"tcp-80": encode(construct(name="tcp-80", filter_chains=chains))}}


def tcp_weighted(*names: str) -> tcp_proxy.TcpProxy:
    weights = [unvalidated(tcp_proxy.TcpProxyWeightedClusterClusterWeight)(name=name) for name in names]
    weighted = unvalidated(tcp_proxy.TcpProxyWeightedCluster)(clusters=weights)
    return unvalidated(tcp_proxy.TcpProxy)(weighted_clusters=weighted)


def udp_weighted(*names: str) -> udp_proxy.UdpProxyConfig:
    matches = [
        unvalidated(xds_matcher.MatcherOnMatch)(
            action=unvalidated(xds_core.TypedExtensionConfig)(
                name="route", typed_config=to_any(unvalidated(udp_proxy.Route)(cluster=name))
            )
        )
        for name in names
    ]
    matchers = [unvalidated(xds_matcher.MatcherMatcherListFieldMatcher)(on_match=match) for match in matches[1:]]
    of_list = unvalidated(xds_matcher.MatcherMatcherList)(matchers=matchers)
    matcher = unvalidated(xds_matcher.Matcher)(matcher_list=of_list, on_no_match=matches[0])
    return unvalidated(udp_proxy.UdpProxyConfig)(matcher=matcher)


@pytest.mark.parametrize(
    ("config", "owner"),
    [
        pytest.param(unvalidated(tcp_proxy.TcpProxy)(cluster="gone"), "tcp-80", id="one cluster"),
        pytest.param(tcp_weighted("here", "gone"), "tcp-80", id="weighted clusters"),
        pytest.param(udp_weighted("gone"), "udp-53", id="one cluster for datagrams"),
        pytest.param(udp_weighted("here", "gone"), "udp-53", id="several for datagrams"),
    ],
)
def test_proxies_refer_to_clusters(config: Any, owner: str) -> None:
    assert problems(proxied(config), clusters("here")) == [
        f'listener "{owner}" refers to cluster "gone", which is not in the snapshot'
    ]
    assert not problems(proxied(config), clusters("here"), absent_clusters=frozenset({"gone"}))


def test_a_server_name_of_two_filter_chains() -> None:
    def matching(name: str, *server_names: str) -> listener.FilterChain:
        match = unvalidated(listener.FilterChainMatch)(server_names=list(server_names))
        return unvalidated(listener.FilterChain)(name=name, filter_chain_match=match)

    assert problems(listeners(matching("a", "x", "y"), matching("b", "y"))) == [
        'listener "tcp-80" has two filter chains for the server name "y"'
    ]


def test_a_resource_that_has_another_name_inside() -> None:
    parts = (ENTRY, tables(table()), clusters("c", **eds()), endpoints("c"), secrets("s"))
    renamed = [
        {type_url: {f"other-{name}": value for name, value in values.items()}}
        for part in parts
        for type_url, values in part.items()
    ]
    kinds = {"listener": "tcp-80", "route configuration": "http-80", "cluster": "c", "endpoint set": "c", "secret": "s"}
    found = problems(*renamed)
    for kind, name in kinds.items():
        assert f'{kind} "other-{name}" calls itself "{name}"' in found


def test_bytes_that_are_no_message() -> None:
    broken = unvalidated(protobuf.Any)(type_url=to_any(hcm.HttpConnectionManager()).type_url, value=b"\xff")
    filters = [unvalidated(listener.Filter)(name="hcm", typed_config=broken)]
    assert problems(
        {CLUSTER: {"c": b"\xff"}}, listeners(unvalidated(listener.FilterChain)(name="a", filters=filters))
    ) == ['cluster "c" cannot be decoded', 'listener "tcp-80" has a HttpConnectionManager that cannot be decoded']


def test_a_type_that_the_sidecar_does_not_serve() -> None:
    assert problems({"type.googleapis.com/x.Y": {"a": b""}}) == ["type.googleapis.com/x.Y is not a type that is served"]
