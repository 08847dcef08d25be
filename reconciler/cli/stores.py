"""The store that a command is about: the one that is named, or the repository's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.store.store import Store


def open_named(url: str | None, repo: Path, *, write: bool = False) -> Store:
    """The store of this URL; None: the one that the repository's gitway.yaml names, or that in its git directory.

    Raises:
        NotAStore: the URL names no store, or one that cannot be written to although `write` asks for it.
        SourceError: there is no URL, and no repository.
    """
    from reconciler.store.open import open_store, open_writable

    if url is None:
        from reconciler.cli.inputs import embedded_store  # loads git and pydantic

        url = embedded_store(repo)
    return open_writable(url) if write else open_store(url)
