"""TLSRoutes, TCPRoutes and UDPRoutes: filter chains, UDP listeners, clusters, and who has the traffic."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import ir
from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER
from reconciler.translate.claims import claims_of, settle
from reconciler.translate.fleet import assemble
from reconciler.translate.l4_routes import translate_l4
from tests.translate.build import FLEET, backend, dns_backend, https_chain
from tests.translate.decode import assembled
from tests.translate.test_listeners import ANY, FILE_LOG

TABLE = "infra/gateway/l4"
NAME = "tcproute/default/db/rule/-1"
CERTIFICATE = ir.TLS(("infra/cert",), ())


def l4(*hosts: str, **fields: Any) -> ir.L4Unit:
    """The TCPRoute `default/db`."""
    return ir.L4Unit(
        **{
            "kind": "tcproute",
            "namespace": "default",
            "name": "db",
            "placements": (ir.Placement(FLEET, TABLE, hosts or ("*",), 5432),),
            "forward": ir.Forward((backend(),)),
            **fields,
        }
    )


def tcp(*chains: ir.TCPChain, http: tuple[ir.HTTPChain, ...] = (), port: int = 5432) -> ir.Fleet:
    sockets = (ir.Listener(f"tcp-{port}", ("0.0.0.0",), port, http, chains or (ir.TCPChain(TABLE),)),)
    return ir.Fleet(FLEET, sockets)


def udp(*addresses: str) -> ir.Fleet:
    return ir.Fleet(FLEET, udp_listeners=(ir.UDPListener("udp-53", addresses or ("0.0.0.0",), 53, TABLE),))


def listener(fleet: ir.Fleet, *units: ir.L4Unit) -> dict[str, Any]:
    (found,) = assembled(fleet, *units)[LISTENER].values()
    return found


def proxy(chain: dict[str, Any]) -> dict[str, Any]:
    (only,) = chain["filters"]
    assert only["name"] == "envoy.filters.network.tcp_proxy"
    config: dict[str, Any] = only["typed_config"]
    return config


def chains(found: dict[str, Any]) -> dict[str, tuple[Any, str, bool]]:
    """Filter chain → what it matches, its cluster, whether it terminates TLS."""
    return {
        chain["name"]: (chain.get("filter_chain_match"), proxy(chain)["cluster"], "transport_socket" in chain)
        for chain in found["filter_chains"]
    }


def test_a_tcp_listener() -> None:
    found = listener(tcp(), l4())
    assert found["name"] == "tcp-5432"
    assert found["address"] == {"socket_address": {"address": "0.0.0.0", "port_value": 5432}}
    assert "listener_filters" not in found
    assert "filter_chains" not in found
    assert found["default_filter_chain"]["name"] == TABLE
    assert proxy(found["default_filter_chain"]) == {
        "@type": ANY + "filters.network.tcp_proxy.v3.TcpProxy",
        "stat_prefix": "tcp-5432",
        "cluster": NAME,
        "access_log": [{"name": "envoy.access_loggers.file", "typed_config": FILE_LOG}],
    }


def test_one_cluster_splits_by_locality() -> None:
    found = assembled(tcp(), l4(forward=ir.Forward((backend(0, 7), backend(1, 3)))))
    assert set(found[CLUSTER]) == set(found[CLUSTER_LOAD_ASSIGNMENT]) == {NAME}
    localities = found[CLUSTER_LOAD_ASSIGNMENT][NAME]["endpoints"]
    assert [(one["locality"]["region"], one["load_balancing_weight"]) for one in localities] == [
        (f"{NAME}/backend/0", 7),
        (f"{NAME}/backend/1", 3),
    ]
    assert "typed_extension_protocol_options" not in found[CLUSTER][NAME]


SPLITS = [
    (ir.Forward((backend(0, 7),), 3), [(f"{NAME}/backend/0", 7), ("invalid-backend-cluster", 3)]),
    (ir.Forward((backend(0, 7), backend(1, 3, endpoints=()))), [(f"{NAME}/backend/0", 7), (f"{NAME}/backend/1", 3)]),
    (ir.Forward((backend(0, 7), dns_backend(2, 3))), [(f"{NAME}/backend/0", 7), (f"{NAME}/backend/2", 3)]),
    (ir.Forward((backend(1, fallback=True),), 2), [(f"{NAME}/backend/1", 1), ("invalid-backend-cluster", 2)]),
    (
        ir.Forward((backend(0), backend(1, fallback=True)), 2),
        [(f"{NAME}/backend/0", 1), ("invalid-backend-cluster", 2)],
    ),
]


@pytest.mark.parametrize(("forward", "shares"), SPLITS)
def test_backends_that_cannot_share_a_cluster(forward: ir.Forward, shares: list[tuple[str, int]]) -> None:
    found = assembled(tcp(), l4(forward=forward))
    (made,) = found[LISTENER].values()
    weighted = proxy(made["default_filter_chain"])["weighted_clusters"]["clusters"]
    assert [(one["name"], one["weight"]) for one in weighted] == shares
    assert set(found[CLUSTER]) == {name for name, _ in shares} - {"invalid-backend-cluster"}


@pytest.mark.parametrize("invalid_weight", [0, 5])
def test_without_a_valid_backend_connections_are_closed(invalid_weight: int) -> None:
    found = listener(tcp(), l4(forward=ir.Forward((), invalid_weight)))
    assert proxy(found["default_filter_chain"])["cluster"] == "invalid-backend-cluster"


def test_a_tcp_listener_without_a_route() -> None:
    found = assembled(tcp())
    assert found[CLUSTER] == {"EmptyCluster": {"name": "EmptyCluster", "type": "STATIC", "connect_timeout": "10s"}}
    assert proxy(found[LISTENER]["tcp-5432"]["default_filter_chain"])["cluster"] == "EmptyCluster"


def test_tls_listeners_share_a_port_with_https() -> None:
    fleet = tcp(
        ir.TCPChain("infra/gateway/ends", True, "b.example", CERTIFICATE),
        ir.TCPChain("infra/gateway/passes", True, "*.c.example"),
        http=(https_chain("infra/gateway/https", "a.example"),),
        port=443,
    )
    units = (
        l4(placements=(ir.Placement(FLEET, "infra/gateway/ends", ("b.example",), 443),)),
        l4(
            kind="tlsroute",
            placements=(ir.Placement(FLEET, "infra/gateway/passes", ("x.c.example", "y.c.example"), 443),),
        ),
    )
    found = listener(fleet, *units)
    assert [one["name"] for one in found["listener_filters"]] == ["envoy.filters.listener.tls_inspector"]
    https, *others = found["filter_chains"]
    assert https["name"] == "infra/gateway/https"
    assert chains({"filter_chains": others}) == {
        "infra/gateway/ends/tcproute/default/db": ({"server_names": ["b.example"]}, NAME, True),
        "infra/gateway/passes": ({"server_names": ["*.c.example"]}, "EmptyCluster", False),
        "infra/gateway/passes/tlsroute/default/db": (
            {"server_names": ["x.c.example", "y.c.example"]},
            "tlsroute/default/db/rule/-1",
            False,
        ),
    }
    assert [proxy(chain)["stat_prefix"] for chain in others] == [
        "tls-terminate-443",
        "tls-passthrough-443",
        "tls-passthrough-443",
    ]


def test_tls_is_terminated_without_alpn() -> None:
    (chain,) = listener(tcp(ir.TCPChain(TABLE, True, "*", CERTIFICATE)), l4())["filter_chains"]
    context = chain["transport_socket"]["typed_config"]["common_tls_context"]
    assert set(context) == {"tls_certificate_sds_secret_configs"}


@pytest.mark.parametrize("units", [(), (l4(),)])
def test_a_tls_listener_for_any_name_takes_nothing_but_tls(units: tuple[ir.L4Unit, ...]) -> None:
    (chain,) = listener(tcp(ir.TCPChain(TABLE, True)), *units)["filter_chains"]
    assert chain["filter_chain_match"] == {"transport_protocol": "tls"}


def test_connections_that_no_route_wants_are_closed_before_a_handshake() -> None:
    found = listener(tcp(ir.TCPChain(TABLE, True, "*.example", CERTIFICATE)), l4("a.example"))
    assert chains(found) == {
        TABLE: ({"server_names": ["*.example"]}, "EmptyCluster", False),
        f"{TABLE}/tcproute/default/db": ({"server_names": ["a.example"]}, NAME, True),
    }


def test_a_udp_listener() -> None:
    route = {"@type": ANY + "filters.udp.udp_proxy.v3.Route", "cluster": "udproute/default/db/rule/-1"}
    assert listener(udp("192.0.2.1", "2001:db8::1"), l4(kind="udproute")) == {
        "name": "udp-53",
        "address": {"socket_address": {"protocol": "UDP", "address": "192.0.2.1", "port_value": 53}},
        "additional_addresses": [
            {"address": {"socket_address": {"protocol": "UDP", "address": "2001:db8::1", "port_value": 53}}}
        ],
        "listener_filters": [
            {
                "name": "envoy.filters.udp_listener.udp_proxy",
                "typed_config": {
                    "@type": ANY + "filters.udp.udp_proxy.v3.UdpProxyConfig",
                    "stat_prefix": "service",
                    "matcher": {"on_no_match": {"action": {"name": "route", "typed_config": route}}},
                    "access_log": [{"name": "envoy.access_loggers.file", "typed_config": FILE_LOG}],
                },
            }
        ],
    }


def test_datagrams_are_split_by_source_port() -> None:
    forward = ir.Forward((backend(0, 1), dns_backend(1, 2)), 1)
    found = listener(udp(), l4(kind="udproute", forward=forward))
    matcher = found["listener_filters"][0]["typed_config"]["matcher"]
    bounds = []
    for one in matcher["matcher_list"]["matchers"]:
        predicate = one["predicate"]["single_predicate"]
        assert predicate["input"]["name"] == "envoy.matching.inputs.source_port"
        fraction = predicate["custom_match"]["typed_config"]["runtime_fraction"]["default_value"]
        assert fraction["denominator"] == "MILLION"
        bounds.append((one["on_match"]["action"]["typed_config"]["cluster"], fraction["numerator"]))
    name = "udproute/default/db/rule/-1/backend"
    assert bounds == [(f"{name}/0", 250_000), (f"{name}/1", 750_000)]
    assert matcher["on_no_match"]["action"]["typed_config"]["cluster"] == "invalid-backend-cluster"


def test_a_udp_listener_without_a_route() -> None:
    found = listener(udp())["listener_filters"][0]["typed_config"]["matcher"]
    assert found["on_no_match"]["action"]["typed_config"]["cluster"] == "EmptyCluster"


def test_the_oldest_route_has_a_listener() -> None:
    units = (
        l4(name="a"),
        l4(name="b", created="2026-01-02T00:00:00Z"),
        l4(name="c", created="2026-01-01T00:00:00Z"),
    )
    found = assembled(tcp(), *units)
    assert proxy(found[LISTENER]["tcp-5432"]["default_filter_chain"])["cluster"] == "tcproute/default/c/rule/-1"
    assert set(found[CLUSTER]) == {"tcproute/default/c/rule/-1"}


def test_routes_divide_server_names() -> None:
    fleet = tcp(ir.TCPChain(TABLE, True, "*.example"))
    found = chains(listener(fleet, l4("a.example", "b.example", name="a"), l4("b.example", "c.example", name="b")))
    assert {name.rpartition("/")[2]: match for name, (match, _, _) in found.items()} == {
        "l4": {"server_names": ["*.example"]},
        "a": {"server_names": ["a.example", "b.example"]},
        "b": {"server_names": ["c.example"]},
    }


def test_what_is_lost_is_known() -> None:
    first, second = claims_of(l4("a", "b", name="a")), claims_of(l4("b", "c", name="b"))
    settled = settle([second, first])
    assert settled.winners == {(FLEET, TABLE): {"a": first, "b": first, "c": second}}
    assert settled.lost == [(second, first, TABLE, ("b",))]


def test_routes_of_other_fleets_and_tables_are_left_out() -> None:
    elsewhere = (ir.Placement("other", TABLE, ("*",), 5432), ir.Placement(FLEET, "infra/gateway/x", ("*",), 1))
    assert assembled(tcp(), l4(placements=elsewhere)) == assembled(tcp())


CONTENDERS = tuple(
    translate_l4(l4(*hosts, kind="tlsroute", name=name, created=created))
    for name, hosts in (("a", ("a.example", "b.example")), ("b", ("b.example", "c.example")), ("c", ("*",)))
    for created in ("", "2026-01-01T00:00:00Z")
)


@given(st.permutations(range(len(CONTENDERS))))
def test_the_order_of_routes_means_nothing(order: list[int]) -> None:
    fleet = tcp(ir.TCPChain(TABLE, True, "*"))
    found = assemble(fleet, [CONTENDERS[index] for index in order])
    assert build(found) == build(assemble(fleet, CONTENDERS))
