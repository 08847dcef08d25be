"""BackendTLSPolicies: what they do to backends, and their status."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.resolve.options import Options
from tests.resolve.scene import (
    Object,
    Scene,
    conditions,
    forward,
    gateway,
    grpc_route,
    listener,
    obj,
    resolve,
    route,
    service,
)
from tests.support.certificates import self_signed

CA, _ = self_signed("ca.example.com")
OTHER_CA, _ = self_signed("other.example.com")
SECRET = "backendtlspolicy/app/policy/ca.crt"
WEB = service(ports=[{"name": "https", "port": 443}, {"name": "admin", "port": 8443}])


def config_map(name: str = "ca", content: bytes = CA, key: str = "ca.crt") -> Object:
    return obj("ConfigMap", name, data={key: content.decode()})


def ca_ref(name: str = "ca", kind: str = "ConfigMap", group: str = "") -> Object:
    return {"group": group, "kind": kind, "name": name}


def target(name: str = "web", section: str | None = None, kind: str = "Service", group: str = "") -> Object:
    made = {"group": group, "kind": kind, "name": name}
    return made if section is None else {**made, "sectionName": section}


def policy(
    *targets: Object, name: str = "policy", created: str = "", options: Object | None = None, **validation: Any
) -> Object:
    trust = {} if "wellKnownCACertificates" in validation else {"caCertificateRefs": [ca_ref()]}
    spec: Object = {
        "targetRefs": list(targets) or [target()],
        "validation": {"hostname": "web.example.com", **trust, **validation},
    }
    if options:
        spec["options"] = options
    return obj("BackendTLSPolicy", name, spec, metadata={"creationTimestamp": created} if created else None)


def scene(*objects: Object, port: int = 443, **options: Any) -> Scene:
    return resolve(gateway(), WEB, config_map(), route({"backendRefs": [forward(port=port)]}), *objects, **options)


def tls(found: Scene) -> ir.BackendTLS | None:
    return found.forwarded().backends[0].tls


def ancestors(found: Scene, name: str = "policy") -> dict[str, dict[str, str]]:
    """Gateway → its conditions."""
    status = found.status("BackendTLSPolicy", name)["ancestors"]
    assert all(item["controllerName"] == "gateway.envoyproxy.io/gatewayclass-controller" for item in status)
    assert all(item["ancestorRef"]["kind"] == "Gateway" for item in status)
    return {item["ancestorRef"]["name"]: conditions(item["conditions"]) for item in status}


def accepted(found: Scene, name: str = "policy") -> tuple[str, str]:
    """Accepted and ResolvedRefs for the only Gateway."""
    ((_, of_gateway),) = ancestors(found, name).items()
    return of_gateway["Accepted"], of_gateway["ResolvedRefs"]


def test_a_policy_makes_its_service_one_with_tls() -> None:
    found = scene(policy())
    assert tls(found) == ir.BackendTLS(SECRET, "web.example.com")
    assert found.fleets["app/gw"].for_backends == (ir.Authority(SECRET, CA.strip() + b"\n"),)
    assert accepted(found) == ("True/Accepted", "True/ResolvedRefs")
    assert found.route_conditions()["ResolvedRefs"] == "True/ResolvedRefs"
    assert found.diagnostics == ()


def test_without_a_policy_nothing_is_encrypted() -> None:
    assert tls(scene()) is None


def test_mirrors_and_backends_with_filters_have_it_too() -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": forward(port=443)}}
    header = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}
    rule = {"backendRefs": [forward(port=443, filters=[header])], "filters": [mirror]}
    found = resolve(gateway(), WEB, config_map(), policy(), route(rule)).forwarded()
    assert found.backends[0].tls == found.mirrors[0].backend.tls == ir.BackendTLS(SECRET, "web.example.com")


def test_names_take_the_place_of_the_hostname() -> None:
    names = [{"type": "Hostname", "hostname": "a.example.com"}, {"type": "URI", "uri": "spiffe://a/b"}]
    assert tls(scene(policy(subjectAltNames=names))) == ir.BackendTLS(
        SECRET,
        "web.example.com",
        names=(
            ir.CertificateName(ir.NameKind.DNS, "a.example.com"),
            ir.CertificateName(ir.NameKind.URI, "spiffe://a/b"),
        ),
    )


def test_the_systems_authorities() -> None:
    found = scene(policy(wellKnownCACertificates="System"))
    assert tls(found) == ir.BackendTLS("system_ca_certificates", "web.example.com")
    (authority,) = found.fleets["app/gw"].for_backends
    assert authority == ir.Authority("system_ca_certificates", file="/etc/ssl/certs/ca-certificates.crt")


def test_other_well_known_authorities_are_not_known() -> None:
    found = scene(policy(wellKnownCACertificates="example.com/Ours"))
    assert accepted(found) == ("False/Invalid", "True/ResolvedRefs")
    assert found.rule().action == ir.DirectResponse(500)
    assert found.diagnostics[0].path == ("spec", "validation", "wellKnownCACertificates")


@pytest.mark.parametrize(("port", "name"), [(443, "https.example.com"), (8443, "rest.example.com")])
def test_the_policy_of_a_port_comes_before_that_of_the_service(port: int, name: str) -> None:
    """Whatever their age."""
    of_port = policy(target(section="https"), name="a", created="2024-01-02T00:00:00Z", hostname="https.example.com")
    of_all = policy(target(), name="b", created="2024-01-01T00:00:00Z", hostname="rest.example.com")
    found = scene(of_port, of_all, port=port)
    made = tls(found)
    assert made is not None
    assert made.server_name == name
    assert found.diagnostics == ()


def test_the_policy_of_another_port_has_no_effect() -> None:
    found = scene(policy(target(section="admin")))
    assert tls(found) is None
    assert ("gateway.networking.k8s.io", "BackendTLSPolicy", "app", "policy") not in found.statuses


@pytest.mark.parametrize("section", [None, "https"])
@pytest.mark.parametrize(
    ("created", "winner"),
    [
        ({"a": "2024-01-01T00:00:00Z", "b": "2024-01-01T00:00:00Z"}, "a"),
        ({"a": "2024-01-02T00:00:00Z", "b": "2024-01-01T00:00:00Z"}, "b"),
    ],
    ids=["by name", "by age"],
)
def test_the_oldest_of_several_wins(created: dict[str, str], winner: str, section: str | None) -> None:
    policies = [
        policy(target(section=section), name=name, created=at, hostname=f"{name}.example.com")
        for name, at in created.items()
    ]
    found = scene(*policies)
    (loser,) = created.keys() - {winner}
    made = tls(found)
    assert made is not None
    assert made.server_name == f"{winner}.example.com"
    assert accepted(found, winner) == ("True/Accepted", "True/ResolvedRefs")
    assert accepted(found, loser) == ("False/Conflicted", "True/ResolvedRefs")
    assert [(item.code, item.object) for item in found.diagnostics] == [("GW371", f"BackendTLSPolicy app/{loser}")]


def test_a_policy_that_loses_one_of_its_targets_keeps_the_other() -> None:
    both = policy(target(), target("more"), name="b")
    rules = [{"backendRefs": [forward(port=443)]}, {"backendRefs": [forward("more", port=443)]}]
    more = service("more", port=443)
    found = resolve(gateway(), WEB, more, config_map(), policy(name="a"), both, route(*rules))
    second = found.forwarded(1).backends[0].tls
    assert second is not None
    assert second.authority == "backendtlspolicy/app/b/ca.crt"
    assert accepted(found, "b") == ("True/Accepted", "True/ResolvedRefs")
    (message,) = (
        item["message"]
        for item in found.status("BackendTLSPolicy", "b")["ancestors"][0]["conditions"]
        if item["type"] == "Accepted"
    )
    assert "app/a is older" in message


INVALID = [
    pytest.param([ca_ref("gone")], "InvalidCACertificateRef", "GW215", id="not there"),
    pytest.param([ca_ref("empty")], "InvalidCACertificateRef", "GW216", id="no certificate"),
    pytest.param([ca_ref("other-key")], "InvalidCACertificateRef", "GW216", id="no ca.crt"),
    pytest.param([ca_ref("broken")], "InvalidCACertificateRef", "GW216", id="no certificate in PEM"),
    pytest.param([ca_ref("web", "Service")], "InvalidKind", "GW209", id="another kind"),
    pytest.param([ca_ref("ca", group="example.com")], "InvalidKind", "GW209", id="another group"),
]
BROKEN = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BAD_MAPS = [config_map("empty", b""), config_map("other-key", key="tls.crt"), config_map("broken", BROKEN)]


@pytest.mark.parametrize(("refs", "reason", "code"), INVALID)
def test_a_backend_that_cannot_be_verified_is_not_spoken_to(refs: list[Object], reason: str, code: str) -> None:
    found = scene(*BAD_MAPS, policy(caCertificateRefs=refs))
    assert accepted(found) == ("False/NoValidCACertificate", f"False/{reason}")
    assert found.rule().action == ir.DirectResponse(500)
    assert found.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": "False/InvalidBackendTLS"}
    assert found.world.diagnostics[0].code == code
    assert found.world.diagnostics[0].path[:4] == ("spec", "validation", "caCertificateRefs", 0)


@pytest.mark.parametrize(("refs", "reason", "code"), INVALID)
def test_what_is_valid_is_used(refs: list[Object], reason: str, code: str) -> None:
    found = scene(*BAD_MAPS, policy(caCertificateRefs=[*refs, ca_ref()]))
    assert accepted(found) == ("True/Accepted", f"False/{reason}")
    assert tls(found) == ir.BackendTLS(SECRET, "web.example.com")
    assert found.codes == [code]


def test_bundles_are_joined_and_each_certificate_is_there_once() -> None:
    several = config_map("several", OTHER_CA + b"# a comment\n" + CA + BROKEN)
    found = scene(several, policy(caCertificateRefs=[ca_ref(), ca_ref("several")]))
    (authority,) = found.fleets["app/gw"].for_backends
    assert authority == ir.Authority(SECRET, CA.strip() + b"\n" + OTHER_CA.strip() + b"\n")
    assert found.only_diagnostic().message.startswith("1 certificates of ConfigMap several cannot be read")


def test_the_content_of_a_declared_secret_is_the_sidecars() -> None:
    declared = obj("Secret", "internal", type="Opaque")
    found = scene(declared, policy(caCertificateRefs=[ca_ref("internal", "Secret")]))
    assert tls(found) == ir.BackendTLS("app/internal/ca.crt", "web.example.com")
    assert ir.Authority("app/internal/ca.crt") in found.fleets["app/gw"].for_backends


def test_it_cannot_be_joined_with_another() -> None:
    declared = obj("Secret", "internal", type="Opaque")
    found = scene(declared, policy(caCertificateRefs=[ca_ref("internal", "Secret"), ca_ref()]))
    assert accepted(found) == ("True/Accepted", "False/InvalidCACertificateRef")
    assert tls(found) == ir.BackendTLS(SECRET, "web.example.com")


def test_a_secret_with_content() -> None:
    secret = obj("Secret", "internal", type="Opaque", stringData={"ca.crt": CA.decode()})
    found = scene(
        secret,
        policy(caCertificateRefs=[ca_ref("internal", "Secret")]),
        options=Options(allow_plaintext_secrets=True),
    )
    assert found.fleets["app/gw"].for_backends == (ir.Authority(SECRET, CA.strip() + b"\n"),)


@pytest.mark.parametrize(
    ("to", "path"),
    [
        (target("wbe"), ("spec", "targetRefs", 0, "name")),
        (target("web", section="http"), ("spec", "targetRefs", 0, "sectionName")),
        (target("gw", kind="Gateway", group="gateway.networking.k8s.io"), ("spec", "targetRefs", 0, "name")),
    ],
)
def test_a_target_that_is_none_is_reported(to: Object, path: tuple[str | int, ...]) -> None:
    found = scene(policy(to))
    assert tls(found) is None
    assert (found.only_diagnostic().code, found.only_diagnostic().path) == ("GW217", path)


def test_a_port_that_there_is_not() -> None:
    assert accepted(scene(policy(target(section="http")))) == ("False/TargetNotFound", "True/ResolvedRefs")


def test_every_gateway_that_leads_there_is_an_ancestor() -> None:
    rule = {"backendRefs": [forward(port=443)]}
    found = resolve(
        gateway(),
        gateway(name="other"),
        gateway(name="unused"),
        WEB,
        config_map(),
        policy(),
        route(rule, parentRefs=[{"name": "gw"}]),
        route(rule, name="second", parentRefs=[{"name": "other"}, {"name": "gw"}]),
    )
    assert list(ancestors(found)) == ["gw", "other"]


def test_there_are_sixteen_ancestors_at_most() -> None:
    names = [f"gw-{number:02}" for number in range(20)]
    parents = [{"name": name} for name in names]
    found = resolve(
        *(gateway(name=name) for name in names),
        WEB,
        config_map(),
        policy(),
        route({"backendRefs": [forward(port=443)]}, parentRefs=parents),
    )
    assert list(ancestors(found)) == names[:16]


def test_a_policy_that_no_route_leads_to_has_no_status() -> None:
    found = resolve(gateway(), WEB, config_map(), policy())
    assert ("gateway.networking.k8s.io", "BackendTLSPolicy", "app", "policy") not in found.statuses


def test_references_without_a_grant_do_not_make_an_ancestor() -> None:
    elsewhere = obj("Service", "web", {"ports": [{"port": 443}]}, metadata={"namespace": "other"})
    ca = {**config_map(), "metadata": {"name": "ca", "namespace": "other"}}
    theirs = {**policy(), "metadata": {"name": "policy", "namespace": "other"}}
    found = resolve(gateway(), elsewhere, ca, theirs, route({"backendRefs": [forward(port=443, namespace="other")]}))
    assert found.route_conditions()["ResolvedRefs"] == "False/RefNotPermitted"
    assert ("gateway.networking.k8s.io", "BackendTLSPolicy", "other", "policy") not in found.statuses


def test_options_have_no_effect_and_are_reported() -> None:
    found = scene(policy(options={"example.com/ciphers": "all"}))
    assert found.only_diagnostic().path == ("spec", "options")
    assert accepted(found) == ("True/Accepted", "True/ResolvedRefs")


# ---------------------------------------------------------------- other kinds of references and of routes


def test_an_authorization_server_has_it_too() -> None:
    to = forward("auth", port=443)
    auth = {"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP", "http": {}, "backendRef": to}}
    rule = {"backendRefs": [forward(port=443)], "filters": [auth]}
    found = resolve(gateway(), WEB, service("auth", 443), config_map(), policy(target("auth")), route(rule))
    (made,) = found.rule().external_auth
    assert made.backend.tls == ir.BackendTLS(SECRET, "web.example.com")
    assert tls(found) is None
    assert accepted(found) == ("True/Accepted", "True/ResolvedRefs")


def test_grpc() -> None:
    found = resolve(gateway(), WEB, config_map(), policy(), grpc_route({"backendRefs": [forward(port=443)]}))
    made = found.forwarded().backends[0]
    assert (made.protocol, made.tls) == (ir.Protocol.H2C, ir.BackendTLS(SECRET, "web.example.com"))
    assert accepted(found) == ("True/Accepted", "True/ResolvedRefs")


CERT = obj("Secret", "cert", type="kubernetes.io/tls")
TERMINATE: Object = {"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}
PASSTHROUGH: Object = {"mode": "Passthrough"}


def l4_scene(kind: str, *listeners: Object, refs: Object | None = None, objects: tuple[Object, ...] = ()) -> Scene:
    spec: Object = {"parentRefs": [{"name": "gw"}], "rules": [{"backendRefs": [refs or forward(port=443)]}]}
    if kind == "TLSRoute":
        spec["hostnames"] = ["a.example.com"]
    return resolve(gateway(*listeners), CERT, WEB, config_map(), obj(kind, "route", spec), *(objects or [policy()]))


def l4_tls(found: Scene) -> ir.BackendTLS | None:
    unit = found.routes["route"].unit
    assert isinstance(unit, ir.L4Unit)
    return unit.forward.backends[0].tls


@pytest.mark.parametrize(
    ("kind", "listeners"),
    [
        ("TCPRoute", [listener("tcp", 5432, "TCP")]),
        ("TLSRoute", [listener("ends", 443, "TLS", tls=TERMINATE)]),
        ("TLSRoute", [listener("ends", 443, "TLS", tls=TERMINATE), listener("passes", 8443, "TLS", tls=PASSTHROUGH)]),
    ],
)
def test_connections(kind: str, listeners: list[Object]) -> None:
    found = l4_scene(kind, *listeners)
    assert l4_tls(found) == ir.BackendTLS(SECRET, "web.example.com")
    assert accepted(found) == ("True/Accepted", "True/ResolvedRefs")


@pytest.mark.parametrize("broken", [policy(), policy(caCertificateRefs=[ca_ref("gone")])], ids=["valid", "invalid"])
def test_tls_that_is_passed_on_is_not_encrypted_again(broken: Object) -> None:
    found = l4_scene("TLSRoute", listener("passes", 443, "TLS", tls=PASSTHROUGH), objects=(broken,))
    assert l4_tls(found) is None
    assert found.route_conditions()["ResolvedRefs"] == "True/ResolvedRefs"
    assert ("gateway.networking.k8s.io", "BackendTLSPolicy", "app", "policy") not in found.statuses


def test_datagrams_are_not_encrypted() -> None:
    both = service(ports=[{"name": "dns", "port": 443, "protocol": "UDP"}, {"name": "https", "port": 443}])
    found = resolve(
        gateway(listener("udp", 53, "UDP")),
        both,
        config_map(),
        policy(),
        obj("UDPRoute", "route", {"parentRefs": [{"name": "gw"}], "rules": [{"backendRefs": [forward(port=443)]}]}),
    )
    assert l4_tls(found) is None
    assert ("gateway.networking.k8s.io", "BackendTLSPolicy", "app", "policy") not in found.statuses


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"wellKnownCACertificates": "System"}, "False/InvalidBackendTLS"),
        ({"wellKnownCACertificates": "System", "sni": "a.b"}, "True/ResolvedRefs"),
        ({"insecureSkipVerify": True}, "True/ResolvedRefs"),
    ],
)
def test_a_connection_has_no_host_to_take_the_name_from(settings: Object, reason: str) -> None:
    outside = obj("Backend", "web", {"endpoints": [{"ip": {"address": "192.0.2.1", "port": 443}}], "tls": settings})
    ref = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "web"}
    found = l4_scene("TCPRoute", listener("tcp", 5432, "TCP"), refs=ref, objects=(outside,))
    assert found.route_conditions()["ResolvedRefs"] == reason
