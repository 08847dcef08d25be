"""certificateRefs of listeners, and Secrets with data."""

from __future__ import annotations

from base64 import b64encode

import pytest

from reconciler import ir
from reconciler.resolve.options import Options
from tests.resolve.scene import Object, gateway, https, listener, obj, resolve
from tests.support.certificates import self_signed

PLAINTEXT = Options(allow_plaintext_secrets=True)
CHAIN, KEY = self_signed("a.example.com")
_, OTHER_KEY = self_signed("a.example.com")


def secret(chain: bytes = CHAIN, key: bytes = KEY, name: str = "cert", kind: str = "kubernetes.io/tls") -> Object:
    data = {"tls.crt": b64encode(chain).decode(), "tls.key": b64encode(key).decode()}
    return obj("Secret", name, type=kind, data=data)


def referring(*refs: Object) -> Object:
    return gateway(listener("https", 443, "HTTPS", tls={"certificateRefs": list(refs)}))


def test_a_declared_secret_resolves_without_content() -> None:
    scene = resolve(gateway(https("https")), obj("Secret", "cert", type="kubernetes.io/tls"))
    assert scene.listener_conditions("https")["ResolvedRefs"] == "True/ResolvedRefs"
    assert scene.fleets["app/gw"].secrets == (ir.Secret("app/cert"),)
    assert scene.diagnostics == ()


def test_a_secret_with_data_is_an_error() -> None:
    scene = resolve(gateway(https("https")), secret())
    found = scene.only_diagnostic()
    assert (found.code, found.severity, found.path) == ("GW401", "error", ("data",))
    assert "--allow-plaintext-secrets" in found.help
    assert scene.fleets["app/gw"].secrets == (ir.Secret("app/cert"),)


def test_content_is_published_where_that_was_asked_for() -> None:
    scene = resolve(gateway(https("https")), secret(), secret(name="unused"), options=PLAINTEXT)
    assert scene.diagnostics == ()
    assert scene.fleets["app/gw"].secrets == (ir.Secret("app/cert", CHAIN, KEY),)


def test_string_data_counts_too() -> None:
    raw = obj(
        "Secret", "cert", type="kubernetes.io/tls", stringData={"tls.crt": CHAIN.decode(), "tls.key": KEY.decode()}
    )
    (secret,) = resolve(gateway(https("https")), raw, options=PLAINTEXT).fleets["app/gw"].secrets
    assert isinstance(secret, ir.Secret)
    assert secret.private_key == KEY
    assert resolve(raw).only_diagnostic().path == ("stringData",)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(secret(b"Hello world"), id="no PEM certificate"),
        pytest.param(secret(key=b"Hello world"), id="no PEM key"),
        pytest.param(secret(key=OTHER_KEY), id="another key"),
        pytest.param(secret(kind="Opaque"), id="another type"),
        pytest.param(obj("Secret", "other", type="kubernetes.io/tls"), id="not there"),
    ],
)
def test_certificates_that_are_none(raw: Object) -> None:
    scene = resolve(gateway(https("https")), raw, options=PLAINTEXT)
    assert scene.listener_conditions("https") == {
        "Accepted": "True/Accepted",
        "ResolvedRefs": "False/InvalidCertificateRef",
        "Programmed": "False/Invalid",
        "Conflicted": "False/NoConflicts",
    }
    assert scene.fleets["app/gw"] == ir.Fleet("app/gw")
    assert scene.diagnostics[0].path == ("spec", "listeners", 0, "tls", "certificateRefs", 0, "name")


@pytest.mark.parametrize("ref", [{"kind": "ConfigMap", "name": "cert"}, {"group": "example.com", "name": "cert"}])
def test_other_kinds_are_no_certificates(ref: Object) -> None:
    scene = resolve(referring(ref), obj("Secret", "cert", type="kubernetes.io/tls"))
    assert scene.listener_conditions("https")["ResolvedRefs"] == "False/InvalidCertificateRef"


def test_one_good_certificate_is_enough_to_serve() -> None:
    scene = resolve(referring({"name": "gone"}, {"name": "cert"}), obj("Secret", "cert", type="kubernetes.io/tls"))
    found = scene.listener_conditions("https")
    assert found["ResolvedRefs"] == "False/PartiallyInvalidCertificateRef"
    assert found["Programmed"] == "True/Programmed"
    (chain,) = scene.fleets["app/gw"].listeners[0].chains
    assert chain.tls == ir.TLS(("app/cert",))


def test_https_without_certificate_refs() -> None:
    scene = resolve(gateway(listener("https", 443, "HTTPS")))
    assert scene.listener_conditions("https")["ResolvedRefs"] == "False/InvalidCertificateRef"


def test_secrets_of_other_namespaces_need_a_grant() -> None:
    elsewhere = obj("Secret", "cert", type="kubernetes.io/tls", metadata={"namespace": "certs"})
    asking = referring({"name": "cert", "namespace": "certs"})
    scene = resolve(asking, elsewhere)
    assert scene.listener_conditions("https")["ResolvedRefs"] == "False/RefNotPermitted"
    grant = obj(
        "ReferenceGrant",
        "grant",
        {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "app"}],
            "to": [{"group": "", "kind": "Secret"}],
        },
        metadata={"namespace": "certs"},
    )
    scene = resolve(asking, elsewhere, grant)
    assert scene.listener_conditions("https")["ResolvedRefs"] == "True/ResolvedRefs"
    assert scene.fleets["app/gw"].secrets == (ir.Secret("certs/cert"),)


def test_a_misspelt_name_is_suggested() -> None:
    scene = resolve(gateway(https("https", secret="cret")), obj("Secret", "cert", type="kubernetes.io/tls"))
    assert scene.only_diagnostic().help == "Did you mean cert?"
