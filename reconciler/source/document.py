"""A raw object and where it stands."""

from __future__ import annotations

from typing import Any

from reconciler.diagnostics import Diagnostic, Origin
from reconciler.records import dataclass
from reconciler.source.suppressions import Comment


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a manifest file, as plain JSON types; nothing but its being a mapping is checked.

    Attributes:
        object: the object; not to be changed, it may come from a cache.
        blob: git blob id of the file's content (40 hex digits), also for files of a work tree.
    """

    object: dict[str, Any]
    origin: Origin
    blob: str


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that was read: documents in a stable order, what could not be read, and comments with their files."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]
    suppressions: tuple[tuple[str, Comment], ...] = ()
