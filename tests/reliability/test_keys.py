"""Keys: what keygen writes, what publish takes, and that no error repeats anything of a key."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from reconciler.store.errors import InvalidKey
from reconciler.store.keys import make_keys, read_public_key, read_signing_key
from reconciler.store.model import Head
from reconciler.store.signatures import sign, verify
from tests.support.gitway import COMMAND, gitway, succeed
from tests.support.manifests import repository, route
from tests.support.repository import GitRepository

HEAD = Head(3, "ab" * 32)


def test_keygen_writes_a_pair_that_fits(tmp_path: Path) -> None:
    told = succeed("keygen", "--out", tmp_path / "key", "-o", "json").json
    assert told["format"] == 1
    private, public = Path(told["private"]), Path(told["public"])
    assert (private, public) == (tmp_path / "key", tmp_path / "key.pub")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    key = read_signing_key(str(private))
    verify(sign(HEAD, key, "store"), [read_public_key(public)], "store")
    assert told["key"] == key.public.id


@pytest.mark.parametrize("there", ["key", "key.pub"])
def test_keygen_writes_over_nothing(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    done = gitway("keygen", "--out", tmp_path / "key")
    assert (done.code, "never written over" in done.stderr) == (64, True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


def test_keygen_says_where_it_cannot_write(tmp_path: Path) -> None:
    done = gitway("keygen", "--out", tmp_path / "missing" / "key")
    assert (done.code, "cannot be written" in done.stderr) == (64, True)


def test_openssl_reads_the_keys(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    shown = subprocess.run(
        ["openssl", "pkey", "-in", str(tmp_path / "key"), "-pubout"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == (tmp_path / "key.pub").read_text()


def _wrong_keys(directory: Path) -> dict[str, str]:
    make_keys(directory / "key")
    elliptic = ec.generate_private_key(ec.SECP256R1())
    locked = read_signing_key(str(directory / "key")).key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
    )
    pem = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    (directory / "locked").write_bytes(locked)
    return {
        "a public key": str(directory / "key.pub"),
        "of another kind": pem,
        "with a password": str(directory / "locked"),
        "cut off": (directory / "key").read_text()[:60],
        "no file": str(directory / "missing"),
        "a folder": str(directory),
        "no key at all": "canary-of-a-secret\0\n" * 100,
    }


@pytest.mark.parametrize(
    "what", ["a public key", "of another kind", "with a password", "cut off", "no file", "a folder"]
)
def test_what_is_no_signing_key_is_told_before_anything_is_done(
    git_repo: GitRepository, tmp_path: Path, what: str
) -> None:
    git_repo.commit("First", repository())
    given = _wrong_keys(tmp_path)[what]
    done = gitway("publish", "--repo", git_repo.path, "--store", (tmp_path / "store").as_uri(), "--sign-key", given)
    assert (done.code, "gitway keygen" in done.stderr) == (64, True)
    assert not (tmp_path / "store").exists()
    assert not [line for line in given.splitlines()[1:-1] if line in done.stderr], "nothing of the key"


def test_a_text_that_is_no_key_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(InvalidKey) as raised:
        read_signing_key(_wrong_keys(tmp_path)["no key at all"])
    assert "canary" not in str(raised.value)


def test_a_private_key_does_not_belong_on_a_sidecar(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    done = subprocess.run(
        [*COMMAND, "serve", "--store", tmp_path.as_uri(), "--verify-key", str(tmp_path / "key")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "is a private key" in done.stderr) == (64, True)


@pytest.mark.parametrize("how", ["option", "file in the environment", "key in the environment"])
def test_publish_signs(git_repo: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    git_repo.commit("First", repository())
    make_keys(tmp_path / "key")
    options: tuple[object, ...] = ()
    if how == "option":
        options = ("--sign-key", tmp_path / "key")
    else:
        inline = how.startswith("key")
        monkeypatch.setenv("GITWAY_SIGN_KEY", (tmp_path / "key").read_text() if inline else str(tmp_path / "key"))
    store = tmp_path / "store"
    command = ("publish", "--repo", git_repo.path, "--store", store.as_uri(), *options)
    succeed(*command)
    head = Head.from_bytes((store / "HEAD.json").read_bytes(), "HEAD")
    verify(head, [read_public_key(tmp_path / "key.pub")], store.as_uri())
    assert json.loads((store / "HEAD.json").read_bytes())["signatures"][0]["store"] == store.as_uri()
    git_repo.commit("Second", {"route.yaml": route(hostnames=("a.example.com",))})
    assert "release 2" in succeed(*command).stdout


def test_the_stores_name_is_an_option_or_in_the_configuration(git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("First", {**repository(), "gitway.yaml": "storeName: production\naddresses: [127.0.0.0/8]\n"})
    make_keys(tmp_path / "key")
    for number, (options, name) in enumerate([((), "production"), (("--store-name", "other"), "other")]):
        store = tmp_path / f"store{number}"
        sign_with = ("--sign-key", tmp_path / "key", *options)
        succeed("publish", "--repo", git_repo.path, "--store", store.as_uri(), *sign_with)
        head = Head.from_bytes((store / "HEAD.json").read_bytes(), "HEAD")
        verify(head, [read_public_key(tmp_path / "key.pub")], name)
