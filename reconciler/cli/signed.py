"""`publish --require-signed-commit`: who may sign is said by what is published, not by the change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.store.errors import Refused

if TYPE_CHECKING:
    from reconciler.cli.inputs import Inputs
    from reconciler.store.model import Release

_SIGN = "sign it (git commit -S) with a key that is listed there"
_LIST = "commit the list, and publish that commit without --require-signed-commit"


def signed_by_base(inputs: Inputs, path: str | None) -> Callable[[Release | None], None]:
    """What a publish asks before it follows a release (None: the first publish, whose base is the commit's parent).

    Args:
        inputs: with the commit to be published.
        path: of the list; None: what gitway.yaml of the base says.
    """
    from reconciler.source.signers import OPENPGP_SUFFIX, read_signers, unsigned_because

    commit = inputs.commit
    assert commit is not None  # noqa: S101  only commits are published
    sha = commit.sha

    def check(release: Release | None) -> None:
        base = release.commit.sha if release else inputs.repository.parent(sha)
        if base is None:
            raise Refused(f"commit {sha} has no parent that could say who may sign it", _LIST)
        tree, config = inputs.config_at(base)
        listed = path or config.allowed_signers
        signers = read_signers(tree, listed)
        if signers.ssh is None and signers.openpgp is None:
            raise Refused(f"commit {base} lists nobody who may sign, in {listed} or {listed}{OPENPGP_SUFFIX}", _LIST)
        reason = unsigned_because(inputs.repository, sha, signers)
        if reason:
            raise Refused(f"commit {sha} must be signed by one of {listed} of commit {base}, and {reason}", _SIGN)

    return check
