"""`publish --require-signed-commit`: real keys, real git, and everything by which one could let himself in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gitway import Done, gitway, succeed
from tests.support.manifests import repository, route
from tests.support.repository import GitRepository

LIST = ".gitway/allowed_signers"


def ssh_key(path: Path) -> str:
    """Makes a pair of SSH keys; the line that lists it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    return f"{path.name}@example.com {path.with_suffix('.pub').read_text()}"


def signed(repo: GitRepository, key: Path | str, files: dict[str, Any] | None = None, *, form: str = "ssh") -> str:
    """A signed commit."""
    for path, content in (files or {"note.txt": str(key)}).items():
        repo.write(path, content)
    repo.git("add", "--all")
    settings = ("-c", f"gpg.format={form}", "-c", f"user.signingKey={key}")
    repo.git(*settings, "commit", "--quiet", "--allow-empty", "-S", "-m", "Signed")
    return repo.head()


@pytest.fixture
def ada(tmp_path: Path) -> Path:
    """Whose key is listed."""
    return tmp_path / "ada"


@pytest.fixture
def repo(git_repo: GitRepository, ada: Path) -> GitRepository:
    """Published as it is: a list with one SSH key."""
    git_repo.commit("First", {**repository(), LIST: ssh_key(ada)})
    succeed("publish", "--repo", git_repo.path)
    return git_repo


def publish(repo: GitRepository, *options: object) -> Done:
    """With the requirement."""
    return gitway("publish", "--repo", repo.path, "--require-signed-commit", "--envoy-validate", "never", *options)


def refused(done: Done, told: str) -> bool:
    """With 3, the reason, and what to do."""
    assert (done.code, told in done.stderr, "help:" in done.stderr) == (3, True, True), done.stderr
    return True


def test_a_listed_key_is_taken_and_no_other(repo: GitRepository, ada: Path, tmp_path: Path) -> None:
    repo.commit("Unsigned")
    assert refused(publish(repo), "it is not signed")
    ssh_key(tmp_path / "eve")
    signed(repo, tmp_path / "eve")
    assert refused(publish(repo), "by nobody who is listed")
    sha = signed(repo, ada)
    assert publish(repo, "-o", "json").json["fleets"]["shop/edge"]["commit"] == sha


def test_nobody_lets_himself_in_by_the_change(repo: GitRepository, ada: Path, tmp_path: Path) -> None:
    """The list, and where it lies, are what is published says; a newcomer counts from the next commit on."""
    eve = ssh_key(tmp_path / "eve")
    signed(repo, tmp_path / "eve", {LIST: eve})
    assert refused(publish(repo), "by nobody who is listed")
    signed(repo, tmp_path / "eve", {"mine": eve, "gitway.yaml": "allowedSigners: mine\n"})
    assert refused(publish(repo), "by nobody who is listed")
    signed(repo, ada, {LIST: eve, "gitway.yaml": ""})
    assert publish(repo).code == 0
    signed(repo, ada)
    assert refused(publish(repo), "by nobody who is listed")
    signed(repo, tmp_path / "eve")
    assert publish(repo).code == 0


def test_a_signature_is_of_the_commit_it_stands_in(repo: GitRepository, ada: Path) -> None:
    signed(repo, ada)
    raw = repo.git("cat-file", "commit", "HEAD").replace("\nSigned", "\nForged")
    (repo.path / "forged").write_text(raw + "\n")
    sha = repo.git("hash-object", "-t", "commit", "-w", "forged")
    assert refused(publish(repo, "--ref", sha), "by nobody who is listed")


def test_what_the_user_trusts_makes_no_difference(repo: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "trusted").write_text(ssh_key(tmp_path / "eve"))
    repo.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "trusted"))
    repo.git("config", "gpg.ssh.program", "true")
    repo.git("config", "gpg.program", "true")
    repo.git("config", "--unset", "gpg.ssh.program")
    signed(repo, tmp_path / "eve")
    repo.git("config", "gpg.ssh.program", "true")
    assert refused(publish(repo), "by nobody who is listed")


def test_a_key_for_other_purposes_does_not_count(repo: GitRepository, ada: Path, tmp_path: Path) -> None:
    line = ssh_key(tmp_path / "files").replace(" ssh-", ' namespaces="file" ssh-', 1)
    signed(repo, ada, {LIST: line})
    assert publish(repo).code == 0
    signed(repo, tmp_path / "files")
    assert refused(publish(repo), "by nobody who is listed")


def test_the_file_is_an_option(repo: GitRepository, ada: Path) -> None:
    signed(repo, ada)
    assert refused(publish(repo, "--allowed-signers", "elsewhere"), "lists nobody")


def test_force_does_not_lift_it(repo: GitRepository) -> None:
    repo.commit("Unsigned", {"route.yaml": route(hostnames=("a.example.com",))})
    assert refused(publish(repo, "--force", "--allow-empty"), "it is not signed")


def test_the_first_publish_asks_the_parent(git_repo: GitRepository, ada: Path) -> None:
    listed = ssh_key(ada)
    signed(git_repo, ada, {**repository(), LIST: listed})
    assert refused(publish(git_repo), "has no parent")
    signed(git_repo, ada)
    assert publish(git_repo).code == 0


def test_a_base_without_a_list_is_told(git_repo: GitRepository, ada: Path) -> None:
    git_repo.commit("First", repository())
    succeed("publish", "--repo", git_repo.path)
    signed(git_repo, ada, {LIST: ssh_key(ada)})
    assert refused(publish(git_repo), "lists nobody who may sign")


def test_a_clone_without_the_base_is_told(repo: GitRepository, ada: Path, tmp_path: Path) -> None:
    store = repo.path / ".git" / "gitway" / "store"
    signed(repo, ada)
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    done = gitway("publish", "--repo", clone, "--store", store.as_uri(), "--require-signed-commit")
    assert (done.code, "fetch-depth: 0" in done.stderr) == (1, True)


# OpenPGP


@pytest.fixture
def gpg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user of GnuPG, whose agent ends with the test."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    yield
    subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)


def _openpgp_key(mail: str) -> str:
    """Makes a key; its public half."""
    make = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", mail, "ed25519", "sign", "1d"]
    subprocess.run(make, check=True, capture_output=True)
    return subprocess.run(["gpg", "--armor", "--export", mail], check=True, capture_output=True, text=True).stdout


@pytest.mark.usefixtures("gpg")
def test_openpgp_keys_are_listed_in_a_file_of_their_own(git_repo: GitRepository) -> None:
    git_repo.commit("First", {**repository(), f"{LIST}.asc": _openpgp_key("ada@example.com")})
    _openpgp_key("eve@example.com")
    succeed("publish", "--repo", git_repo.path)
    git_repo.commit("Unsigned")
    assert refused(publish(git_repo), "it is not signed")
    signed(git_repo, "eve@example.com", form="openpgp")
    assert refused(publish(git_repo), "by nobody who is listed")
    signed(git_repo, "ada@example.com", form="openpgp")
    assert publish(git_repo).code == 0


@pytest.mark.usefixtures("gpg")
def test_openpgp_keys_that_are_none_are_told(git_repo: GitRepository) -> None:
    git_repo.commit("First", {**repository(), f"{LIST}.asc": "no key\n"})
    succeed("publish", "--repo", git_repo.path)
    git_repo.commit("Second")
    done = publish(git_repo)
    assert (done.code, "cannot be read" in done.stderr) == (1, True)
