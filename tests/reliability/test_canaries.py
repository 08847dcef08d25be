"""No private key, client secret or credential in any object, log, plan or error: canaries through every output."""

from __future__ import annotations

import logging
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from reconciler.snapshot.model import SECRET
from reconciler.store.open import open_store
from reconciler.store.store import SNAPSHOTS, decompress
from tests.sidecar.running import Call, Sidecar
from tests.support.certificates import self_signed
from tests.support.gitway import Done, gitway
from tests.support.manifests import CLASS, gateway, repository
from tests.support.ports import free_port
from tests.support.repository import GitRepository
from tests.support.stores import BUCKET

FORMS = {
    "plan": ("text", "json"),
    "status": ("text", "json", "yaml"),
    "publish": ("text", "json"),
    "history": ("text", "json"),
    "show": ("text", "json"),
    "verify": ("text", "json"),
    "gc": ("text", "json"),
}
OF_A_REPOSITORY = ("plan", "status", "publish")


class Canaries:
    """Texts that must not come out anywhere, in any of the forms in which they are held."""

    def __init__(self) -> None:
        self._forms: set[bytes] = set()

    def new(self) -> str:
        """A text that occurs nowhere else."""
        return self.add(f"canary{secrets.token_hex(12)}")

    def add(self, text: str) -> str:
        """This text is one, also line by line, and in base64."""
        lines = [line for line in text.splitlines() if len(line) > 16 and not line.startswith("-----")]
        for each in (text, *lines):
            self._forms |= {each.encode(), b64encode(each.encode()).rstrip(b"=")[:-1]}
        return text

    def among(self, data: bytes) -> bool:
        """Whether one has come out."""
        return any(form in data for form in self._forms)

    def in_store(self, url: str) -> bool:
        """Whether one is in any object, also in what is compressed."""
        store = open_store(url)
        for each in store.objects.list(""):
            data = store.objects.get(each.key)
            if self.among(data) or (each.key.startswith(SNAPSHOTS) and self.among(decompress(data))):
                return True
        return False


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


def outputs(repo: GitRepository, url: str, *options: object) -> Iterator[tuple[str, Done]]:
    """Every command in every form."""
    for command, forms in FORMS.items():
        for form in forms:
            of_repo = ("--repo", repo.path, *options) if command in OF_A_REPOSITORY else ()
            where = ("--store", url) if command != "status" else ()
            yield f"{command} -o {form}", gitway(command, *of_repo, *where, "-o", form)
    for form in ("text", "json"):
        yield "diff", gitway("diff", "current~1", "--store", url, "-o", form)


def tls_repository(secret: Mapping[str, Any]) -> dict[str, Any]:
    """One whose Gateway has a listener with a certificate from a Secret with these fields."""
    files = dict(repository())
    files["gateway.yaml"] = [CLASS, _with_tls(gateway(port=10443))]
    files["secret.yaml"] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cert", "namespace": "shop"}} | {
        "type": "kubernetes.io/tls",
        **secret,
    }
    return files


def _with_tls(made: dict[str, Any]) -> dict[str, Any]:
    made["spec"]["listeners"] = [
        {"name": "https", "protocol": "HTTPS", "port": 10443, "tls": {"certificateRefs": [{"name": "cert"}]}}
    ]
    return made


def _data(canaries: Canaries) -> dict[str, Any]:
    certificate, key = self_signed("shop.example.com")
    canaries.add(key.decode())
    encoded = {"tls.crt": b64encode(certificate).decode(), "tls.key": b64encode(key).decode()}
    canaries.add(encoded["tls.key"])
    return {"data": {**encoded, "password": b64encode(canaries.new().encode()).decode()}}


def test_a_secret_in_git_is_refused_without_repeating_it(
    git_repo: GitRepository, tmp_path: Path, canaries: Canaries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = (tmp_path / "store").as_uri()
    git_repo.commit("First", repository())
    gitway("publish", "--repo", git_repo.path, "--store", url)
    written = _data(canaries)
    git_repo.commit("Oops", tls_repository({**written, "stringData": {"token": canaries.new()}}))
    for name, done in outputs(git_repo, url):
        assert not canaries.among((done.stdout + done.stderr).encode()), name
        if name.startswith("publish"):
            assert done.code == 1
    assert not canaries.in_store(url)
    assert not canaries.among(caplog.text.encode())


def test_a_secret_that_is_allowed_is_in_the_snapshot_and_nowhere_else(
    git_repo: GitRepository, tmp_path: Path, canaries: Canaries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = (tmp_path / "store").as_uri()
    git_repo.commit("First", tls_repository(_data(canaries)))
    allowed = "--allow-plaintext-secrets"
    assert gitway("publish", "--repo", git_repo.path, "--store", url, allowed).code == 0
    git_repo.commit("Second", tls_repository(_data(canaries)))
    for name, done in outputs(git_repo, url, allowed):
        assert done.code == 0, name + done.stderr
        assert not canaries.among((done.stdout + done.stderr).encode()), name
    assert canaries.in_store(url), "so that this test could fail"
    assert not canaries.among(caplog.text.encode())


def test_the_keys_of_a_sidecar_stay_in_it(git_repo: GitRepository, tmp_path: Path, canaries: Canaries) -> None:
    """Envoy is given the key; the store, the cache, the logs and the admin page are not."""
    url = (tmp_path / "store").as_uri()
    certificate, key = self_signed("shop.example.com")
    canaries.add(key.decode())
    folder = tmp_path / "secrets" / "shop" / "cert"
    folder.mkdir(parents=True)
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)
    git_repo.commit("First", tls_repository({}))
    assert gitway("publish", "--repo", git_repo.path, "--store", url).code == 0
    options = {"secrets": (str(tmp_path / "secrets"),), "cache": tmp_path / "cache"}
    with Sidecar(tmp_path / "sidecar", url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(SECRET, "shop/cert", fleet="shop/edge")
        answer = call.next()
        assert canaries.among(answer.SerializeToString()), "Envoy needs it"
        call.ask(SECRET, response_nonce=answer.nonce)
        for path in ("/", "/metrics", "/healthz", "/readyz", "/snapshot", "/nodes", "/config_dump", "/nothing"):
            for query in ("", "?format=json", "?type=Secret&format=json"):
                assert not canaries.among(sidecar.admin(path + query).body), path
    assert not canaries.among(sidecar.output().encode())
    assert not canaries.in_store(url)
    kept = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(canaries.among(data) for data in kept)


def test_credentials_are_in_no_object_and_no_error(
    git_repo: GitRepository,
    tmp_path: Path,
    canaries: Canaries,
    seaweed: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the remote, of AWS, and the key that signs."""
    for name, value in seaweed.items():
        monkeypatch.setenv(name, value)
    gitway("keygen", "--out", tmp_path / "key")
    monkeypatch.setenv("GITWAY_SIGN_KEY", canaries.add((tmp_path / "key").read_text()))
    git_repo.git("remote", "add", "origin", f"https://{canaries.new()}:{canaries.new()}@git.example.com/shop.git")
    url = f"s3://{BUCKET}/{uuid4().hex}"
    git_repo.commit("First", repository())
    gitway("publish", "--repo", git_repo.path, "--store", url)
    git_repo.commit("Second")
    for name, done in outputs(git_repo, url):
        assert done.code == 0, name + done.stderr
        assert not canaries.among((done.stdout + done.stderr).encode()), name
    assert not canaries.in_store(url)
    git_repo.commit("Third")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", canaries.new())
    for failure in ({}, {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{free_port()}", "AWS_MAX_ATTEMPTS": "1"}):
        for name, value in failure.items():
            monkeypatch.setenv(name, value)
        for name, done in outputs(git_repo, url):
            if not name.startswith("status"):
                assert done.code == 4, name
            assert not canaries.among((done.stdout + done.stderr).encode()), name


def test_the_stand_ins_of_this_test_can_be_found(canaries: Canaries) -> None:
    text = canaries.new()
    assert canaries.among(f"<{text}>".encode())
    assert canaries.among(yaml.safe_dump({"data": b64encode(text.encode()).decode()}).encode())
