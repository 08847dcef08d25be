"""Secrets from files."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from reconciler.sidecar.errors import OptionError
from reconciler.sidecar.protocol import NO_SECRETS
from reconciler.sidecar.secrets.directory import DirectoryProvider
from reconciler.sidecar.secrets.open import merge_secrets, open_providers
from reconciler.snapshot.derive import hmac_secret
from reconciler.snapshot.model import Resource
from tests.support.certificates import self_signed


@pytest.fixture(scope="module")
def pairs() -> list[tuple[bytes, bytes]]:
    """Two certificates with their keys."""
    return [self_signed("one.example"), self_signed("two.example")]


def write(directory: Path, certificate: bytes, key: bytes) -> None:
    """A secret as plain files."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tls.crt").write_bytes(certificate)
    (directory / "tls.key").write_bytes(key)


def mount(directory: Path, generation: str, certificate: bytes, key: bytes) -> None:
    """A secret as Kubernetes mounts and swaps it."""
    write(directory / f"..{generation}", certificate, key)
    link = directory / "..data_tmp"
    link.symlink_to(f"..{generation}")
    link.rename(directory / "..data")
    for name in ("tls.crt", "tls.key"):
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"..data/{name}")


def secret(provider: DirectoryProvider, name: str = "ns/cert") -> Secret:
    """What is served under a name."""
    return Secret.FromString(provider.read()[name].value)


def test_a_certificate_with_its_key(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    write(tmp_path / "ns" / "cert", *pairs[0])
    found = secret(DirectoryProvider(tmp_path))
    assert found.name == "ns/cert"
    assert found.tls_certificate.certificate_chain.inline_bytes == pairs[0][0]
    assert found.tls_certificate.private_key.inline_bytes == pairs[0][1]


def test_an_authority(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    (tmp_path / "ns" / "ca").mkdir(parents=True)
    (tmp_path / "ns" / "ca" / "ca.crt").write_bytes(pairs[0][0])
    provider = DirectoryProvider(tmp_path)
    for name in ("ns/ca", "ns/ca/ca.crt"):
        found = secret(provider, name)
        assert (found.name, found.validation_context.trusted_ca.inline_bytes) == (name, pairs[0][0])


def test_a_mounted_secret_is_rotated(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    provider = DirectoryProvider(tmp_path)
    mount(tmp_path / "ns" / "cert", "1", *pairs[0])
    first = provider.read()["ns/cert"]
    assert provider.read()["ns/cert"] is first
    mount(tmp_path / "ns" / "cert", "2", *pairs[1])
    assert secret(provider).tls_certificate.private_key.inline_bytes == pairs[1][1]
    assert list(provider.read()) == ["ns/cert"]


def test_a_half_written_pair_is_held_back(
    tmp_path: Path, pairs: list[tuple[bytes, bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    """The one before stays until certificate and key fit; it is said once."""
    directory = tmp_path / "ns" / "cert"
    provider = DirectoryProvider(tmp_path)
    write(directory, *pairs[0])
    provider.read()
    (directory / "tls.crt").write_bytes(pairs[1][0])
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert secret(provider).tls_certificate.certificate_chain.inline_bytes == pairs[0][0]
    assert len(caplog.records) == provider.errors == 1
    assert "the one before stays" in caplog.text
    (directory / "tls.key").write_bytes(pairs[1][1])
    assert secret(provider).tls_certificate.certificate_chain.inline_bytes == pairs[1][0]


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\xff\x00"])
def test_what_is_no_certificate_is_not_served(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "ns" / "cert", content, content)
    provider = DirectoryProvider(tmp_path)
    assert provider.read() == {}
    assert provider.errors == 1


def test_a_certificate_without_a_key_is_not_served(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    write(tmp_path / "ns" / "cert", *pairs[0])
    (tmp_path / "ns" / "cert" / "tls.key").unlink()
    assert DirectoryProvider(tmp_path).read() == {}


def test_keys_are_in_no_log(tmp_path: Path, pairs: list[tuple[bytes, bytes]], caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "ns" / "cert", pairs[0][0], pairs[1][1])
    write(tmp_path / "ns" / "good", *pairs[0])
    with caplog.at_level(logging.DEBUG):
        DirectoryProvider(tmp_path).read()
    assert "PRIVATE" not in caplog.text


def test_a_removed_secret_is_gone_and_an_unreadable_directory_keeps_all(
    tmp_path: Path, pairs: list[tuple[bytes, bytes]]
) -> None:
    root = tmp_path / "secrets"
    write(root / "ns" / "cert", *pairs[0])
    write(root / "ns" / "more", *pairs[0])
    provider = DirectoryProvider(root)
    provider.read()
    for path in (root / "ns" / "more").iterdir():
        path.unlink()
    (root / "ns" / "more").rmdir()
    assert list(provider.read()) == ["ns/cert"]
    root.rename(tmp_path / "away")
    assert list(provider.read()) == ["ns/cert"]


def test_files_beside_and_hidden_directories_are_not_looked_at(
    tmp_path: Path, pairs: list[tuple[bytes, bytes]]
) -> None:
    write(tmp_path / ".hidden" / "cert", *pairs[0])
    write(tmp_path / "ns" / "..data", *pairs[0])
    (tmp_path / "file").write_text("")
    (tmp_path / "ns" / "empty").mkdir()
    assert DirectoryProvider(tmp_path).read() == {}


def test_the_first_provider_wins_and_the_digest_tells_changes(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    for number, pair in enumerate(pairs):
        write(tmp_path / str(number) / "ns" / "cert", *pair)
    write(tmp_path / "1" / "ns" / "more", *pairs[1])
    providers = open_providers([str(tmp_path / "0"), str(tmp_path / "1")])

    def found() -> list[Mapping[str, Resource]]:
        return [provider.read() for provider in providers]

    secrets = merge_secrets(found())
    assert sorted(secrets.resources) == ["ns/cert", "ns/more"]
    assert pairs[0][1] in secrets.resources["ns/cert"].frame
    assert merge_secrets(found(), secrets) is secrets
    write(tmp_path / "1" / "ns" / "more", *pairs[0])
    changed = merge_secrets(found(), secrets)
    assert changed.digest != secrets.digest
    assert changed.resources["ns/cert"] is secrets.resources["ns/cert"]
    assert merge_secrets(()) is NO_SECRETS


@pytest.mark.parametrize("place", ["/does/not/exist", "vault://somewhere"])
def test_a_place_that_cannot_be_one_is_refused(place: str) -> None:
    with pytest.raises(OptionError):
        open_providers([place])


def test_a_certificate_with_an_authority_is_both(tmp_path: Path, pairs: list[tuple[bytes, bytes]]) -> None:
    """As cert-manager writes them."""
    write(tmp_path / "ns" / "cert", *pairs[0])
    (tmp_path / "ns" / "cert" / "ca.crt").write_bytes(pairs[1][0])
    provider = DirectoryProvider(tmp_path)
    assert secret(provider).tls_certificate.certificate_chain.inline_bytes == pairs[0][0]
    assert secret(provider, "ns/cert/ca.crt").validation_context.trusted_ca.inline_bytes == pairs[1][0]


@pytest.mark.parametrize(("content", "errors"), [(b"", 0), (b"no certificate", 1)])
def test_without_a_usable_authority_the_certificate_is_served(
    tmp_path: Path, pairs: list[tuple[bytes, bytes]], content: bytes, errors: int
) -> None:
    """Issuers without an authority of their own leave an empty file."""
    write(tmp_path / "ns" / "cert", *pairs[0])
    (tmp_path / "ns" / "cert" / "ca.crt").write_bytes(content)
    provider = DirectoryProvider(tmp_path)
    assert list(provider.read()) == ["ns/cert"]
    assert provider.errors == errors


def test_any_other_value_of_a_secret(tmp_path: Path) -> None:
    """Each has a name of its own; what Kubernetes keeps beside them is none."""
    directory = tmp_path / "ns" / "oidc"
    directory.mkdir(parents=True)
    (directory / "client-secret").write_bytes(b"s3cret\n")
    (directory / ".htpasswd").write_bytes(b"a:b\r\n")
    (directory / "empty").write_bytes(b"")
    (directory / "..data_tmp").write_bytes(b"x")
    provider = DirectoryProvider(tmp_path)
    found = {name: secret(provider, name).generic_secret.secret.inline_bytes for name in provider.read()}
    derived = found.pop("ns/oidc/hmac-secret")
    assert found == {"ns/oidc/client-secret": b"s3cret", "ns/oidc/.htpasswd": b"a:b"}
    assert derived == hmac_secret(b"s3cret")
    assert len(derived) == 64
    (directory / "hmac-secret").write_bytes(b"own")
    assert secret(provider, "ns/oidc/hmac-secret").generic_secret.secret.inline_bytes == b"own"
