"""`Gateway.spec.tls`: client certificates, from clients and to backends."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import (
    Object,
    Scene,
    forward,
    gateway,
    https,
    listener,
    listener_set,
    obj,
    resolve,
    route,
    service,
)
from tests.resolve.test_backend_tls import BAD_MAPS, CA, INVALID, OTHER_CA, ca_ref, config_map

CERT = obj("Secret", "cert", type="kubernetes.io/tls")
DEFAULT, PER_PORT = "gateway/app/gw/default/ca.crt", "gateway/app/gw/8443/ca.crt"


def validation(*refs: Object, **more: Any) -> Object:
    return {"validation": {"caCertificateRefs": list(refs) or [ca_ref()], **more}}


def scene(default: Object, *per_port: tuple[int, Object], objects: tuple[Object, ...] = ()) -> Scene:
    """A Gateway with HTTP on 80 and HTTPS on 443 and 8443."""
    frontend = {"default": default, "perPort": [{"port": port, "tls": tls} for port, tls in per_port]}
    other = {**https("other"), "port": 8443}
    made = gateway(listener(), https("https"), other, tls={"frontend": frontend})
    return resolve(CERT, config_map(), config_map("second", OTHER_CA), made, *objects)


def clients(found: Scene) -> dict[int, ir.ClientValidation | None]:
    """Port of a listener with TLS → how its clients are verified."""
    return {
        socket.port: chain.tls.clients
        for socket in found.fleets["app/gw"].listeners
        for chain in socket.chains
        if chain.tls is not None
    }


def authorities(found: Scene) -> dict[str, bytes]:
    secrets = found.fleets["app/gw"].secrets
    return {one.name: one.bundle for one in secrets if isinstance(one, ir.Authority)}


def test_the_default_is_for_all_https_listeners() -> None:
    found = scene(validation())
    assert clients(found) == dict.fromkeys((443, 8443), ir.ClientValidation(DEFAULT))
    assert authorities(found) == {DEFAULT: CA.strip() + b"\n"}
    assert found.listener_conditions("https")["Accepted"] == "True/Accepted"
    assert found.diagnostics == ()


def test_a_port_has_its_own() -> None:
    found = scene(validation(), (8443, validation(ca_ref("second"))))
    assert clients(found) == {443: ir.ClientValidation(DEFAULT), 8443: ir.ClientValidation(PER_PORT)}
    assert authorities(found) == {DEFAULT: CA.strip() + b"\n", PER_PORT: OTHER_CA.strip() + b"\n"}


def test_a_port_may_do_without() -> None:
    assert clients(scene(validation(), (8443, {}))) == {443: ir.ClientValidation(DEFAULT), 8443: None}


def test_a_port_may_have_one_alone() -> None:
    assert clients(scene({}, (8443, validation()))) == {443: None, 8443: ir.ClientValidation(PER_PORT)}


def test_clients_without_a_valid_certificate_may_be_let_in() -> None:
    found = scene(validation(mode="AllowInsecureFallback"), (8443, validation(ca_ref("second"))))
    assert clients(found)[443] == ir.ClientValidation(DEFAULT, required=False, untrusted=True)
    assert found.gateway_conditions()["InsecureFrontendValidationMode"] == "True/ConfigurationChanged"
    assert (found.only_diagnostic().code, found.only_diagnostic().path[-1]) == ("GW403", "mode")


def test_the_condition_is_not_there_otherwise() -> None:
    assert "InsecureFrontendValidationMode" not in scene(validation()).gateway_conditions()


@pytest.mark.parametrize("mode", ["AllowValidOnly", "AllowInsecureFallback"])
@pytest.mark.parametrize(("refs", "reason", "code"), INVALID)
def test_a_listener_whose_clients_cannot_be_verified_is_refused(
    refs: list[Object], reason: str, code: str, mode: str
) -> None:
    reason = "InvalidCACertificateKind" if reason == "InvalidKind" else reason
    found = scene(validation(), (8443, validation(*refs, mode=mode)), objects=tuple(BAD_MAPS))
    assert found.listener_conditions("other") == {
        "Accepted": "False/NoValidCACertificate",
        "ResolvedRefs": f"False/{reason}",
        "Programmed": "False/Invalid",
        "Conflicted": "False/NoConflicts",
    }
    assert list(clients(found)) == [443]
    assert found.gateway_conditions()["Accepted"] == "True/ListenersNotValid"
    path = ("spec", "tls", "frontend", "perPort", 0, "tls", "validation", "caCertificateRefs", 0)
    assert [item.path[:9] for item in found.diagnostics if item.code == code] == [path]


def test_listeners_in_the_clear_do_not_care() -> None:
    found = scene(validation(ca_ref("gone")))
    assert found.listener_conditions("http")["Programmed"] == "True/Programmed"
    assert [socket.port for socket in found.fleets["app/gw"].listeners] == [80]


@pytest.mark.parametrize(("refs", "reason", "code"), INVALID)
def test_what_is_valid_is_used(refs: list[Object], reason: str, code: str) -> None:
    reason = "InvalidCACertificateKind" if reason == "InvalidKind" else reason
    found = scene(validation(*refs, ca_ref()), objects=tuple(BAD_MAPS))
    conditions = found.listener_conditions("https")
    assert (conditions["Accepted"], conditions["ResolvedRefs"]) == ("True/Accepted", f"False/{reason}")
    assert conditions["Programmed"] == "True/Programmed"
    assert clients(found)[443] == ir.ClientValidation(DEFAULT)
    assert found.codes == [code]


@pytest.mark.parametrize("granted", [True, False])
def test_another_namespace_has_to_grant_it(granted: bool) -> None:
    theirs = {**config_map(), "metadata": {"name": "ca", "namespace": "other"}}
    grant = obj(
        "ReferenceGrant",
        "grant",
        {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "app"}],
            "to": [{"group": "", "kind": "ConfigMap" if granted else "Secret"}],
        },
        metadata={"namespace": "other"},
    )
    found = scene(validation({**ca_ref(), "namespace": "other"}), objects=(theirs, grant))
    expected = "True/ResolvedRefs" if granted else "False/RefNotPermitted"
    assert found.listener_conditions("https")["ResolvedRefs"] == expected


# ---------------------------------------------------------------- towards backends


def presenting(ref: Object | None, *objects: Object) -> Scene:
    backend = {} if ref is None else {"clientCertificateRef": ref}
    made = gateway(tls={"backend": backend})
    return resolve(made, service(), route({"backendRefs": [forward()]}), *objects)


def test_the_certificate_for_backends() -> None:
    found = presenting({"name": "cert"}, CERT)
    assert found.gateway_conditions()["ResolvedRefs"] == "True/ResolvedRefs"
    assert found.fleets["app/gw"].secrets == (ir.Secret("app/cert"),)
    assert found.unit().placements[0].client_certificate == "app/cert"
    assert found.diagnostics == ()


def test_none_is_asked_for() -> None:
    found = presenting(None)
    assert found.unit().placements[0].client_certificate == ""
    assert found.gateway_conditions()["ResolvedRefs"] == "True/ResolvedRefs"


def test_without_tls_the_gateway_has_no_references() -> None:
    assert "ResolvedRefs" not in resolve(gateway()).gateway_conditions()


@pytest.mark.parametrize(
    ("ref", "reason", "field"),
    [
        ({"name": "gone"}, "InvalidClientCertificateRef", "name"),
        ({"name": "opaque"}, "InvalidClientCertificateRef", "name"),
        ({"name": "cert", "kind": "ConfigMap"}, "InvalidClientCertificateRef", "kind"),
        ({"name": "cert", "group": "example.com"}, "InvalidClientCertificateRef", "kind"),
        ({"name": "cert", "namespace": "other"}, "RefNotPermitted", "namespace"),
    ],
)
def test_invalid_references_leave_the_gateway_accepted(ref: Object, reason: str, field: str) -> None:
    found = presenting(ref, CERT, obj("Secret", "opaque", type="Opaque"))
    assert found.gateway_conditions()["ResolvedRefs"] == f"False/{reason}"
    assert found.gateway_conditions()["Accepted"] == "True/Accepted"
    assert found.unit().placements[0].client_certificate == ""
    assert found.only_diagnostic().path == ("spec", "tls", "backend", "clientCertificateRef", field)


# ---------------------------------------------------------------- ListenerSets


def test_the_listeners_of_a_set_are_of_its_gateway() -> None:
    secure = {**https("more"), "port": 8443}
    made = gateway(
        listener(),
        tls={"backend": {"clientCertificateRef": {"name": "cert"}}, "frontend": {"default": validation()}},
        allowedListeners={"namespaces": {"from": "All"}},
    )
    attached = route({"backendRefs": [forward()]}, parentRefs=[{"kind": "ListenerSet", "name": "set"}])
    found = resolve(CERT, config_map(), made, listener_set(secure), service(), attached)
    assert clients(found) == {8443: ir.ClientValidation(DEFAULT)}
    assert authorities(found) == {DEFAULT: CA.strip() + b"\n"}
    assert found.unit().placements[0].client_certificate == "app/cert"


def test_listeners_of_protocol_tls_do_not_care() -> None:
    """Gateway API: it is for HTTPS."""
    made = gateway(
        listener("tls", 443, "TLS", tls={"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}),
        tls={"frontend": {"default": validation(ca_ref("gone"))}},
    )
    assert resolve(CERT, made).listener_conditions("tls")["Accepted"] == "True/Accepted"
