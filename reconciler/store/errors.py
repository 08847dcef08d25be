"""What can go wrong with a store, told to people: what, and what to do about it."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used: unreachable, denied, damaged (exit code 4).

    Attributes:
        message: what is wrong and where.
        help: what to do about it; may be empty.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 (the name that all rooms use)
        super().__init__(message)
        self.message = message
        self.help = help


class NotAStore(StoreError):
    """A URL that names no store: wrong usage (exit code 64), nothing was tried."""


class Damaged(StoreError):
    """Something in the store is missing or is not what its name says. Sidecars go on with what they have."""

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002 (the name that all rooms use)
        super().__init__(message, help or RESTORE)


class Untrusted(StoreError):
    """HEAD is not signed as it has to be, or is older than what was accepted before. Nobody serves or builds on it."""


class Unsupported(StoreError):
    """What this kind of store cannot do: write, or list what it has."""


class UnknownRelease(LookupError):
    """There is no release of that name (exit code 1).

    Attributes:
        message: what was looked for.
        help: how releases are named.
    """

    def __init__(self, message: str, help: str) -> None:  # noqa: A002 (the name that all rooms use)
        super().__init__(message)
        self.message = message
        self.help = help


class InvalidKey(ValueError):
    """What was given to sign or verify with is no such key (exit code 64). Never repeats anything of it.

    Attributes:
        message: what is wrong.
        help: how to get a key.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = "`gitway keygen --out FILE` makes a pair: FILE to sign with, FILE.pub to verify with"


RESTORE = (
    "bring back its previous content (bucket versioning or a backup), or publish into an empty prefix; "
    "sidecars go on with what they have"
)


class Refused(Exception):
    """A publish that must not happen: stale, guarded, or of another repository (exit code 3). Nothing was changed.

    Attributes:
        message: why.
        help: what to do about it.
    """

    def __init__(self, message: str, help: str) -> None:  # noqa: A002 (the name that all rooms use)
        super().__init__(message)
        self.message = message
        self.help = help
