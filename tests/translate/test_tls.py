"""TLS to backends and the verification of clients."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, SECRET
from reconciler.translate.fleet import assemble, secrets_elsewhere
from reconciler.translate.units import translate
from reconciler.translate.upstream_protocol import EXTENSION
from tests.translate.build import (
    FLEET,
    RULE,
    backend,
    fleet,
    https_chain,
    https_listener,
    placement,
    rule,
    unit,
)
from tests.translate.decode import decode, decode_all

TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
PARAMETERS = {"tls_maximum_protocol_version": "TLSv1_3"}
AUTHORITY = ir.BackendTLS("infra/ca", "inner.example")


def by_name(name: str) -> dict[str, Any]:
    return {"name": name, "sds_config": {"ads": {}, "resource_api_version": "V3"}}


def clusters(*backends: ir.Backend) -> dict[str, dict[str, Any]]:
    made = translate(unit(rule(action=ir.Forward(backends))))
    return {name: decode(CLUSTER, value) for name, value in made.clusters}


def cluster(*backends: ir.Backend) -> dict[str, Any]:
    (found,) = clusters(*backends).values()
    return found


def context(tls: ir.BackendTLS) -> dict[str, Any]:
    socket = cluster(backend(tls=tls))["transport_socket"]
    assert socket["name"] == "envoy.transport_sockets.tls"
    typed: dict[str, Any] = socket["typed_config"]
    assert typed.pop("@type") == TYPE + "UpstreamTlsContext"
    return typed


def validation(authority: str, *names: dict[str, Any]) -> dict[str, Any]:
    own = {"match_typed_subject_alt_names": list(names)} if names else {}
    return {"default_validation_context": own, "validation_context_sds_secret_config": by_name(authority)}


def dns(name: str) -> dict[str, Any]:
    return {"san_type": "DNS", "matcher": {"exact": name}}


@pytest.mark.parametrize(
    ("tls", "common", "others"),
    [
        pytest.param(
            AUTHORITY,
            {"combined_validation_context": validation("infra/ca", dns("inner.example"))},
            {"sni": "inner.example"},
            id="the name that is asked for is verified",
        ),
        pytest.param(
            ir.BackendTLS(
                "infra/ca",
                "inner.example",
                names=(
                    ir.CertificateName(ir.NameKind.DNS, "a.example"),
                    ir.CertificateName(ir.NameKind.URI, "spiffe://a/b"),
                ),
            ),
            {
                "combined_validation_context": validation(
                    "infra/ca", dns("a.example"), {"san_type": "URI", "matcher": {"exact": "spiffe://a/b"}}
                )
            },
            {"sni": "inner.example"},
            id="other names take its place",
        ),
        pytest.param(ir.BackendTLS("", "inner.example"), {}, {"sni": "inner.example"}, id="not verified"),
        pytest.param(
            ir.BackendTLS("infra/ca"), {"combined_validation_context": validation("infra/ca")}, {}, id="name of request"
        ),
        pytest.param(
            ir.BackendTLS("infra/ca", endpoint_names=True),
            {"combined_validation_context": validation("infra/ca")},
            {"auto_host_sni": True, "auto_sni_san_validation": True},
            id="name of endpoint",
        ),
        pytest.param(ir.BackendTLS("", endpoint_names=True), {}, {"auto_host_sni": True}, id="that, not verified"),
        pytest.param(
            ir.BackendTLS("", "inner.example", client_certificate="infra/mine", alpn=("http/1.1",)),
            {"tls_certificate_sds_secret_configs": [by_name("infra/mine")], "alpn_protocols": ["http/1.1"]},
            {"sni": "inner.example"},
            id="client certificate",
        ),
        pytest.param(
            ir.BackendTLS("", parameters=ir.TLSParameters("1.0", "1.2", ("A", "B"), ("X25519",), ("rsa",))),
            {
                "tls_params": {
                    "tls_minimum_protocol_version": "TLSv1_0",
                    "tls_maximum_protocol_version": "TLSv1_2",
                    "cipher_suites": ["A", "B"],
                    "ecdh_curves": ["X25519"],
                    "signature_algorithms": ["rsa"],
                }
            },
            {},
            id="parameters",
        ),
    ],
)
def test_context(tls: ir.BackendTLS, common: dict[str, Any], others: dict[str, Any]) -> None:
    assert context(tls) == {"common_tls_context": {"tls_params": PARAMETERS, **common}, **others}


HTTP1: dict[str, Any] = {"http_protocol_options": {}}
HTTP2 = {"http2_protocol_options": {"initial_stream_window_size": 65536, "initial_connection_window_size": 1048576}}


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (ir.Protocol.HTTP, {"auto_config": {**HTTP1, **HTTP2}}),
        (ir.Protocol.H2C, {"explicit_http_config": HTTP2}),
        (ir.Protocol.WEBSOCKET, {"explicit_http_config": HTTP1}),
    ],
)
@pytest.mark.parametrize(
    ("tls", "server_name"),
    [
        (AUTHORITY, {}),
        (ir.BackendTLS("", endpoint_names=True), {}),
        (ir.BackendTLS(""), {"upstream_http_protocol_options": {"auto_sni": True}}),
        (
            ir.BackendTLS("infra/ca"),
            {"upstream_http_protocol_options": {"auto_sni": True, "auto_san_validation": True}},
        ),
        (
            ir.BackendTLS("infra/ca", names=(ir.CertificateName(ir.NameKind.DNS, "a"),)),
            {"upstream_http_protocol_options": {"auto_sni": True}},
        ),
    ],
)
def test_protocol(protocol: ir.Protocol, expected: Any, tls: ir.BackendTLS, server_name: Any) -> None:
    """ALPN decides where nothing is asked for."""
    options = cluster(backend(tls=tls, protocol=protocol))["typed_extension_protocol_options"][EXTENSION]
    options.pop("@type")
    assert options == {**expected, **server_name}


def test_backends_alike_share_a_transport_socket() -> None:
    made = cluster(backend(0, tls=AUTHORITY), backend(1, tls=ir.BackendTLS("infra/ca", "inner.example")))
    assert "transport_socket_matches" not in made
    assert made["transport_socket"] == cluster(backend(tls=AUTHORITY))["transport_socket"]


def sockets(*backends: ir.Backend) -> tuple[dict[str, Any], list[Any]]:
    """The cluster that all share, and the mark of each endpoint."""
    translated = translate(unit(rule(action=ir.Forward(backends))))
    ((_, made),), ((_, assignment),) = translated.clusters, translated.endpoints
    endpoints = [
        one for locality in decode(CLUSTER_LOAD_ASSIGNMENT, assignment)["endpoints"] for one in locality["lb_endpoints"]
    ]
    marks = [
        one.get("metadata", {}).get("filter_metadata", {}).get("envoy.transport_socket_match") for one in endpoints
    ]
    return decode(CLUSTER, made), marks


OTHER = ir.BackendTLS("infra/other", "other.example")


def test_backends_of_a_cluster_may_differ_in_tls() -> None:
    """None that is not marked is spoken to in the clear."""
    made, marks = sockets(backend(0, tls=AUTHORITY), backend(1, tls=OTHER), backend(2, tls=AUTHORITY))
    assert marks == [{"name": "tls/0"}, {"name": "tls/1"}, {"name": "tls/0"}]
    of = {tls: cluster(backend(tls=tls))["transport_socket"] for tls in (AUTHORITY, OTHER)}
    assert made["transport_socket_matches"] == [
        {"name": "tls/0", "match": {"name": "tls/0"}, "transport_socket": of[AUTHORITY]},
        {"name": "tls/1", "match": {"name": "tls/1"}, "transport_socket": of[OTHER]},
    ]
    assert made["transport_socket"] == of[AUTHORITY]


def test_some_may_be_in_the_clear() -> None:
    made, marks = sockets(backend(0), backend(1, tls=OTHER))
    assert marks == [None, {"name": "tls/1"}]
    assert [one["name"] for one in made["transport_socket_matches"]] == ["tls/1"]
    assert "transport_socket" not in made
    assert "typed_extension_protocol_options" not in made


def test_a_fallback_with_other_tls_is_still_one() -> None:
    made, _ = sockets(backend(0, tls=AUTHORITY), backend(1, tls=OTHER, fallback=True))
    assert made["name"] == RULE


def test_where_the_request_names_only_some_they_are_apart() -> None:
    made = clusters(backend(0, tls=AUTHORITY), backend(1, tls=ir.BackendTLS("infra/ca")))
    assert list(made) == [f"{RULE}/backend/0", f"{RULE}/backend/1"]


# ---------------------------------------------------------------- secrets


AUTHORITIES = (
    ir.Authority("infra/ca", b"pem"),
    ir.Authority("infra/other", b"pem"),
    ir.Authority("system", file="/ca"),
)


def test_only_what_routes_name_is_part_of_a_fleet() -> None:
    tls = ir.BackendTLS("system", client_certificate="infra/mine")
    routes = [translate(unit(rule(action=ir.Forward((backend(0, tls=AUTHORITY), backend(1, tls=tls))))))]
    mine = ir.Secret("infra/mine", b"chain", b"key")
    made = decode_all(assemble(fleet(for_backends=(*AUTHORITIES, mine)), routes))[SECRET]
    assert made == {
        "infra/ca": {"name": "infra/ca", "validation_context": {"trusted_ca": {"inline_bytes": "cGVt"}}},
        "system": {"name": "system", "validation_context": {"trusted_ca": {"filename": "/ca"}}},
        "infra/mine": {
            "name": "infra/mine",
            "tls_certificate": {
                "certificate_chain": {"inline_bytes": "Y2hhaW4="},
                "private_key": {"inline_bytes": "a2V5"},
            },
        },
    }


def test_secrets_of_routes_that_are_elsewhere_are_none_of_ours() -> None:
    routes = [translate(unit(rule(action=ir.Forward((backend(tls=AUTHORITY),))), placements=(placement(fleet="x/y"),)))]
    assert not assemble(fleet(for_backends=AUTHORITIES), routes)[SECRET]


def test_what_the_sidecar_has_is_no_resource() -> None:
    skeleton = fleet(secrets=(ir.Secret("a"), ir.Authority("b")), for_backends=(*AUTHORITIES, ir.Secret("c")))
    assert secrets_elsewhere(skeleton) == {"a", "b", "c"}
    assert not assemble(skeleton, [])[SECRET]


# ---------------------------------------------------------------- the Gateway's own certificate


def shown(resources: Any) -> dict[str, list[str]]:
    """Cluster → the certificates that it presents."""
    return {
        name: [
            config["name"]
            for config in decode(CLUSTER, value)["transport_socket"]["typed_config"]["common_tls_context"].get(
                "tls_certificate_sds_secret_configs", ()
            )
        ]
        for name, value in resources[CLUSTER].items()
        if "transport_socket" in decode(CLUSTER, value)
    }


def test_the_fleets_certificate_is_shown_where_there_is_no_other() -> None:
    own = ir.BackendTLS("infra/ca", "inner.example", client_certificate="infra/own")
    action = ir.Forward((backend(0, tls=AUTHORITY),), mirrors=(ir.Mirror(0, backend(1, tls=AUTHORITY)),))
    rules = (rule(action=action), rule(action=ir.Forward((backend(tls=own),)), index=1), rule(index=2))
    places = (placement(client_certificate="infra/mine"), placement(fleet="a/b"), placement(fleet="c/d"))
    route = translate(unit(*rules, placements=places))
    second = RULE.removesuffix("0") + "1"
    plain = {RULE: [], f"{RULE}-mirror-0": [], second: ["infra/own"]}
    assert shown(assemble(fleet(), [route])) == {**plain, RULE: ["infra/mine"], f"{RULE}-mirror-0": ["infra/mine"]}
    for name in ("a/b", "c/d"):
        other = ir.Fleet(name, fleet().listeners)
        assert shown(assemble(other, [route])) == plain
    assert [(owner, name) for owner, name, _ in route.own_clusters] == [(FLEET, RULE), (FLEET, f"{RULE}-mirror-0")]


def test_without_tls_nothing_is_different() -> None:
    assert translate(unit(placements=(placement(client_certificate="infra/mine"),))).own_clusters == ()


def test_routes_can_be_packed() -> None:
    made = translate(
        unit(
            rule(action=ir.Forward((backend(tls=AUTHORITY),))), placements=(placement(client_certificate="infra/mine"),)
        )
    )
    assert made.own_clusters
    assert type(made).unpack(made.pack()) == made


# ---------------------------------------------------------------- clients


@pytest.mark.parametrize(
    ("clients", "common", "others"),
    [
        (
            ir.ClientValidation("infra/ca"),
            {"validation_context_sds_secret_config": by_name("infra/ca")},
            {"require_client_certificate": True},
        ),
        (
            ir.ClientValidation("infra/ca", required=False, untrusted=True),
            {
                "combined_validation_context": {
                    "default_validation_context": {"trust_chain_verification": "ACCEPT_UNTRUSTED"},
                    "validation_context_sds_secret_config": by_name("infra/ca"),
                }
            },
            {},
        ),
    ],
)
def test_clients(clients: ir.ClientValidation, common: dict[str, Any], others: dict[str, Any]) -> None:
    chain = https_chain("infra/gateway/rest", clients=clients)
    skeleton = fleet(https_listener(chain), secrets=AUTHORITIES[:1])
    resources = decode_all(assemble(skeleton, []))
    assert list(resources[SECRET]) == ["infra/ca"]
    socket = resources[LISTENER]["tcp-443"]["filter_chains"][0]["transport_socket"]["typed_config"]
    certificates = socket["common_tls_context"].pop("tls_certificate_sds_secret_configs")
    assert [one["name"] for one in certificates] == ["infra/cert"]
    assert socket == {
        "@type": TYPE + "DownstreamTlsContext",
        "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], **common},
        "disable_stateless_session_resumption": True,
        "disable_stateful_session_resumption": True,
        **others,
    }


# ---------------------------------------------------------------- authorization servers and connections


def test_an_authorization_server_is_one_of_them() -> None:
    auth = ir.ExternalAuth(0, backend(tls=AUTHORITY), grpc=False)
    places = (placement(client_certificate="infra/mine"), placement(fleet="a/b"))
    route = translate(unit(rule(external_auth=(auth,)), placements=places))
    name = f"{RULE}-auth-0"
    mine = assemble(fleet(for_backends=AUTHORITIES), [route])
    assert list(mine[SECRET]) == ["infra/ca"]
    assert shown(mine) == {name: ["infra/mine"]}
    assert shown(assemble(ir.Fleet("a/b", fleet().listeners), [route])) == {name: []}


TABLE = "infra/gateway/l4"
L4 = "tlsroute/default/db/rule/-1"


def connections(*chains: ir.TCPChain, kind: str = "tlsroute", **place: Any) -> dict[str, Any]:
    """What a fleet is given for a route with TLS to its backend."""
    places = tuple(ir.Placement(FLEET, chain.table, ("a.example",), 443, **place) for chain in chains)
    one = ir.L4Unit(kind, "default", "db", places, ir.Forward((backend(tls=AUTHORITY),)))
    socket = ir.Listener("tcp-443", ("0.0.0.0",), 443, (), chains)
    return decode_all(assemble(ir.Fleet(FLEET, (socket,), for_backends=AUTHORITIES), [translate(one)]))


def goes_to(resources: dict[str, Any]) -> dict[str, str]:
    """Filter chain with a route → its cluster."""
    return {
        chain["name"]: chain["filters"][0]["typed_config"]["cluster"]
        for chain in resources[LISTENER]["tcp-443"]["filter_chains"]
        if "tlsroute" in chain["name"]
    }


def test_connections_are_encrypted_again_and_nothing_is_said_about_http() -> None:
    made = connections(ir.TCPChain(TABLE, True, tls=ir.TLS(("infra/cert",), ())))
    assert goes_to(made) == {f"{TABLE}/tlsroute/default/db": L4}
    found = made[CLUSTER][L4]
    assert found["transport_socket"]["typed_config"]["sni"] == "inner.example"
    assert "typed_extension_protocol_options" not in found
    assert list(made[SECRET]) == ["infra/ca"]


def test_what_is_passed_on_is_not() -> None:
    both = (ir.TCPChain("ends", True, tls=ir.TLS(("infra/cert",), ())), ir.TCPChain("passes", True))
    made = connections(*both)
    assert goes_to(made) == {
        "ends/tlsroute/default/db": L4,
        "passes/tlsroute/default/db": f"{L4}/passthrough",
    }
    assert "transport_socket" in made[CLUSTER][L4]
    assert "transport_socket" not in made[CLUSTER][f"{L4}/passthrough"]


def test_connections_present_the_fleets_certificate() -> None:
    made = connections(ir.TCPChain(TABLE, True, tls=ir.TLS(("infra/cert",), ())), client_certificate="infra/mine")
    common = made[CLUSTER][L4]["transport_socket"]["typed_config"]["common_tls_context"]
    assert common["tls_certificate_sds_secret_configs"] == [by_name("infra/mine")]
