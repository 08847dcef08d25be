"""`Backend.spec.tls`, alone and with a BackendTLSPolicy."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, conditions, gateway, obj, resolve, route
from tests.resolve.test_backend_tls import CA, ca_ref, config_map, policy, target

GROUP = "gateway.envoyproxy.io"
SECRET = "backend/app/outside/ca.crt"
BY_POLICY = "backendtlspolicy/app/policy/ca.crt"
DECLARED = obj("Secret", "mine", type="kubernetes.io/tls")


def backend(**tls: Any) -> Object:
    endpoint = {"hostname": "api.example.com", "ip": {"address": "192.0.2.1", "port": 443}}
    return obj("Backend", "outside", {"endpoints": [endpoint], "tls": tls})


def scene(*objects: Object) -> Scene:
    ref = {"group": GROUP, "kind": "Backend", "name": "outside"}
    return resolve(gateway(), config_map(), DECLARED, route({"backendRefs": [ref]}), *objects)


def tls(found: Scene) -> ir.BackendTLS | None:
    return found.forwarded().backends[0].tls


def own_condition(found: Scene) -> dict[str, str]:
    return conditions(found.status("Backend", "outside", group=GROUP)["conditions"])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"wellKnownCACertificates": "System"}, ir.BackendTLS("system_ca_certificates")),
        ({"caCertificateRefs": [ca_ref()], "sni": "a.b"}, ir.BackendTLS(SECRET, "a.b")),
        (
            {"caCertificateRefs": [ca_ref()], "autoSNIFromEndpointHostname": True},
            ir.BackendTLS(SECRET, endpoint_names=True),
        ),
        ({"insecureSkipVerify": True, "sni": "a.b"}, ir.BackendTLS("", "a.b")),
        (
            {"wellKnownCACertificates": "System", "clientCertificateRef": {"name": "mine"}},
            ir.BackendTLS("system_ca_certificates", client_certificate="app/mine"),
        ),
        (
            {
                "wellKnownCACertificates": "System",
                "minVersion": "1.2",
                "maxVersion": "Auto",
                "ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"],
                "ecdhCurves": ["X25519"],
                "signatureAlgorithms": ["rsa_pss_rsae_sha256"],
                "alpnProtocols": ["http/1.1"],
            },
            ir.BackendTLS(
                "system_ca_certificates",
                parameters=ir.TLSParameters(
                    "1.2", "", ("ECDHE-RSA-AES128-GCM-SHA256",), ("X25519",), ("rsa_pss_rsae_sha256",)
                ),
                alpn=("http/1.1",),
            ),
        ),
    ],
)
def test_settings(settings: Object, expected: ir.BackendTLS) -> None:
    found = scene(backend(**settings))
    assert tls(found) == expected
    assert own_condition(found) == {"Accepted": "True/Accepted"}
    named = {name for name in (expected.authority, expected.client_certificate) if name}
    assert {secret.name for secret in found.fleets["app/gw"].for_backends} == named


def test_a_backend_that_is_not_verified_is_reported() -> None:
    found = scene(backend(insecureSkipVerify=True)).only_diagnostic()
    assert (found.code, found.path) == ("GW404", ("spec", "tls", "insecureSkipVerify"))


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"caCertificateRefs": [ca_ref("gone")]}, ("caCertificateRefs", 0, "name")),
        ({"wellKnownCACertificates": "example.com/Ours"}, ("wellKnownCACertificates",)),
        (
            {"caCertificateRefs": [ca_ref()], "clientCertificateRef": {"name": "gone"}},
            ("clientCertificateRef", "name"),
        ),
        (
            {"caCertificateRefs": [ca_ref()], "clientCertificateRef": {"name": "mine", "namespace": "other"}},
            ("clientCertificateRef", "namespace"),
        ),
    ],
)
def test_a_backend_with_invalid_tls_is_refused(settings: Object, path: tuple[str | int, ...]) -> None:
    found = scene(backend(**settings))
    assert own_condition(found) == {"Accepted": "False/Invalid"}
    assert found.route_conditions()["ResolvedRefs"] == "False/InvalidBackendTLS"
    assert found.rule().action == ir.DirectResponse(500)
    assert found.world.diagnostics[0].path == ("spec", "tls", *path)


def test_it_needs_somebody_to_trust() -> None:
    found = scene(backend(sni="a.b"))
    assert found.route_conditions()["ResolvedRefs"] == "False/InvalidBackendTLS"
    assert found.rule().action == ir.DirectResponse(500)


@pytest.mark.parametrize("trust", [{}, {"insecureSkipVerify": True}, {"wellKnownCACertificates": "System"}])
def test_a_policy_says_how_it_is_verified(trust: Object) -> None:
    """And nothing else."""
    of_backend = target("outside", kind="Backend", group=GROUP)
    settings = {**trust, "clientCertificateRef": {"name": "mine"}, "minVersion": "1.3", "sni": "a.b"}
    found = scene(backend(**settings), policy(of_backend))
    assert tls(found) == ir.BackendTLS(
        BY_POLICY,
        "web.example.com",
        client_certificate="app/mine",
        parameters=ir.TLSParameters("1.3"),
    )
    assert ir.Authority(BY_POLICY, CA.strip() + b"\n") in found.fleets["app/gw"].for_backends


def test_a_grant_lets_it_use_the_secret_of_another_namespace() -> None:
    theirs = obj("Secret", "theirs", type="kubernetes.io/tls", metadata={"namespace": "other"})
    grant = obj(
        "ReferenceGrant",
        "grant",
        {"from": [{"group": GROUP, "kind": "Backend", "namespace": "app"}], "to": [{"group": "", "kind": "Secret"}]},
        metadata={"namespace": "other"},
    )
    ref = {"name": "theirs", "namespace": "other"}
    found = scene(theirs, grant, backend(wellKnownCACertificates="System", clientCertificateRef=ref))
    assert tls(found) == ir.BackendTLS("system_ca_certificates", client_certificate="other/theirs")
