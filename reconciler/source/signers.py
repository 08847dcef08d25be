"""Whether a commit is signed by somebody who may: git verifies, with the keys that another commit lists.

`PATH` lists SSH keys in the format of ssh-keygen's allowed signers (`ada@example.com ssh-ed25519 AAAA…`); `PATH.asc`
holds OpenPGP keys, armoured. What this machine's user trusts makes no difference.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from subprocess import run
from typing import Final, NamedTuple

from reconciler.source.errors import SourceError
from reconciler.source.repository import Repository
from reconciler.source.tree import Tree

OPENPGP_SUFFIX: Final = ".asc"

_GOOD: Final = ('Good "git" signature for ', "[GNUPG:] VALIDSIG ")
"""What `git verify-commit --raw` says only of a key that is listed: ssh-keygen's words, and gpg's."""


class Signers(NamedTuple):
    """The content of both files; None where there is no such file."""

    ssh: bytes | None
    openpgp: bytes | None


def read_signers(tree: Tree, path: str) -> Signers:
    """The keys that the files of a tree list."""
    return Signers(_read(tree, path), _read(tree, path + OPENPGP_SUFFIX))


def unsigned_because(repository: Repository, sha: str, signers: Signers) -> str:
    """Why a commit does not count as signed by one of them; empty where it does.

    Raises:
        SourceError: there is no gpg, and it is needed.
    """
    with tempfile.TemporaryDirectory(prefix="gitway-signers-") as name:
        directory = Path(name)
        allowed = directory / "allowed_signers"
        allowed.write_bytes(signers.ssh or b"")
        home = directory / "gnupg"
        home.mkdir(mode=0o700)
        if signers.openpgp is not None:
            _import(home, signers.openpgp)
        settings = {
            "gpg.program": "gpg",
            "gpg.minTrustLevel": "undefined",  # the list is what is trusted
            "gpg.ssh.program": "ssh-keygen",
            "gpg.ssh.allowedSignersFile": str(allowed),
            "gpg.ssh.revocationFile": "",
            "gpg.x509.program": "false",
        }
        good, said = repository.verify_commit(sha, settings, {"GNUPGHOME": str(home)})
    if good and any(line.startswith(_GOOD) for line in said.splitlines()):
        return ""
    return "it is signed by nobody who is listed there" if said.strip() else "it is not signed"


def _read(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except FileNotFoundError:
        return None


def _import(home: Path, keys: bytes) -> None:
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-autostart", "--import"]
    try:
        done = run(command, input=keys, capture_output=True, check=False)
    except FileNotFoundError:
        raise SourceError("gpg is not installed, and OpenPGP keys are listed", "Install gnupg.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().replace("\n", "; ")
        raise SourceError(f"the OpenPGP keys that are listed cannot be read: {said}", "Export them with --armor.")
