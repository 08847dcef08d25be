"""EnvoyProxies: what parametersRefs lead to, and what is said of settings without effect."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resolve.scene import gateway, resolve

Object = dict[str, Any]

REF = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "proxy"}


def proxy(**spec: Any) -> Object:
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyProxy",
        "metadata": {"name": "proxy", "namespace": "app"},
        "spec": spec,
    }


def edge() -> Object:
    return gateway(infrastructure={"parametersRef": REF})


def test_a_gateway_with_an_envoy_proxy_is_accepted() -> None:
    scene = resolve(edge(), proxy(preserveRouteOrder=True))
    assert scene.gateway_conditions()["Accepted"] == "True/Accepted"
    assert scene.codes == []


def test_an_expression_that_cannot_be_read() -> None:
    sink = {"type": "File", "file": {"path": "/dev/stdout"}}
    setting = {"matches": ["response.code >="], "sinks": [sink]}
    scene = resolve(edge(), proxy(telemetry={"accessLog": {"settings": [setting]}}))
    assert scene.gateway_conditions()["Accepted"] == "False/InvalidParameters"
    assert sorted(scene.codes) == ["GW172", "GW212"]


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        (
            {"provider": {"type": "Kubernetes"}, "shutdown": {"minDrainDuration": "5s", "drainTimeout": "1m"}},
            "GW175",
            "provider, minDrainDuration: of no effect",
        ),
        ({"lua": {"validationType": "Disabled"}}, "GW175", "lua: of no effect"),
        ({"mergeGateways": True}, "GW175", "only in that of its class"),
        ({"backendTLS": {"fingerprints": ["JA3"]}}, "GW175", "fingerprints are those of clients"),
        ({"backendTLS": {"clientCertificateRef": {"name": "none"}}}, "GW213", "Secret app/none does not exist."),
        (
            {"backendTLS": {"clientCertificateRef": {"name": "a", "namespace": "other"}}},
            "GW402",
            "not in the namespace of the EnvoyProxy",
        ),
        ({"telemetry": {"metrics": {"clusterStatName": "a"}}}, "GW155", "clusterStatName is not translated yet"),
    ],
)
def test_what_has_no_effect_is_said(spec: Object, code: str, words: str) -> None:
    found = resolve(edge(), proxy(**spec)).only_diagnostic()
    assert found.code == code
    assert words in found.message
