"""Secrets from AWS Secrets Manager, as moto serves it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from reconciler.sidecar.secrets.aws_secrets_manager import SecretsManagerProvider
from reconciler.sidecar.secrets.open import open_providers
from tests.support.certificates import self_signed
from tests.support.secrets_manager import SecretsManager


@pytest.fixture(scope="module")
def pairs() -> list[dict[str, bytes]]:
    """Two certificates with their keys."""
    made = [self_signed("one.example"), self_signed("two.example")]
    return [{"tls.crt": certificate, "tls.key": key} for certificate, key in made]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    with SecretsManager() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def provider(manager: SecretsManager) -> SecretsManagerProvider:
    return SecretsManagerProvider("edge/tls/", refresh=0)


def key_of(provider: SecretsManagerProvider, name: str = "ns/cert") -> bytes:
    """The private key that is served under a name."""
    key: bytes = Secret.FromString(provider.read()[name].value).tls_certificate.private_key.inline_bytes
    return key


def test_a_secret_and_its_rotation(
    manager: SecretsManager, provider: SecretsManagerProvider, pairs: list[dict[str, bytes]]
) -> None:
    assert provider.read() == {}
    for pair in pairs:
        manager.put("edge/tls/ns/cert", pair)
        assert key_of(provider) == pair["tls.key"]
    assert (provider.errors, provider.problems) == (0, {})


def test_an_authority_beside_the_certificate(
    manager: SecretsManager, provider: SecretsManagerProvider, pairs: list[dict[str, bytes]]
) -> None:
    manager.put("edge/tls/ns/cert", {**pairs[0], "ca.crt": pairs[1]["tls.crt"]})
    assert sorted(provider.read()) == ["ns/cert", "ns/cert/ca.crt"]


def test_only_what_is_below_the_prefix_by_namespace_and_name(
    manager: SecretsManager, provider: SecretsManagerProvider, pairs: list[dict[str, bytes]]
) -> None:
    for name in ("ns/cert", "edge/tls-2/ns/cert", "edge/tls/cert", "edge/tls/a/b/c", "edge/tls/ns/cert"):
        manager.put(name, pairs[0])
    assert list(provider.read()) == ["ns/cert"]


def test_more_than_are_read_at_once(
    manager: SecretsManager, provider: SecretsManagerProvider, pairs: list[dict[str, bytes]]
) -> None:
    for number in range(23):
        manager.put(f"edge/tls/ns/cert-{number}", pairs[0])
    assert len(provider.read()) == 23


@pytest.mark.parametrize(
    "content",
    ["canary", "[]", '{"tls.crt": 5}', "{}", '{"tls.crt": "canary", "tls.key": "canary"}', '{"tls.crt": "canary"}'],
)
def test_what_is_no_secret_is_told_once_without_its_content(
    manager: SecretsManager,
    provider: SecretsManagerProvider,
    pairs: list[dict[str, bytes]],
    content: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the one before stays."""
    manager.put("edge/tls/ns/cert", pairs[0])
    provider.read()
    manager.put("edge/tls/ns/cert", content)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert key_of(provider) == pairs[0]["tls.key"]
    assert list(provider.problems) == ["ns/cert"]
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 1
    assert "canary" not in caplog.text + str(provider.problems)
    manager.put("edge/tls/ns/cert", pairs[1])
    assert key_of(provider) == pairs[1]["tls.key"]
    assert provider.problems == {}


def test_a_deleted_secret_is_gone(
    manager: SecretsManager, provider: SecretsManagerProvider, pairs: list[dict[str, bytes]]
) -> None:
    manager.put("edge/tls/ns/cert", pairs[0])
    assert list(provider.read()) == ["ns/cert"]
    manager.client.delete_secret(SecretId="edge/tls/ns/cert", ForceDeleteWithoutRecovery=True)
    assert provider.read() == {}


def test_without_the_service_what_was_read_stays(
    manager: SecretsManager,
    provider: SecretsManagerProvider,
    pairs: list[dict[str, bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    manager.put("edge/tls/ns/cert", pairs[0])
    provider.read()
    manager._server.stop()
    for _ in range(2):
        assert key_of(provider) == pairs[0]["tls.key"]
    assert provider.errors == 2
    assert caplog.text.count("cannot read aws-secretsmanager://edge/tls") == 1
    manager._server.start()


def test_lists_are_not_asked_for_more_often_than_paid_for(
    manager: SecretsManager, pairs: list[dict[str, bytes]]
) -> None:
    provider = SecretsManagerProvider("edge/tls", refresh=3600)
    assert provider.read() == {}
    manager.put("edge/tls/ns/cert", pairs[0])
    assert provider.read() == {}


def test_it_is_opened_by_its_url(manager: SecretsManager, pairs: list[dict[str, bytes]]) -> None:
    manager.put("edge/tls/ns/cert", pairs[0])
    [provider] = open_providers(["aws-secretsmanager://edge/tls"])
    assert list(provider.read()) == ["ns/cert"]
