"""Folders of guardrails: the pack that ships with gitway, and those of a repository.

A folder has one folder for each guardrail: `policy.yaml`, and the examples `pass/*.yaml` and `fail/*.yaml` that prove
it. `NAME.before.yaml` beside an example `NAME.yaml` is what was there before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from reconciler.diagnostics import Origin
from reconciler.manifests.load import RawDocument
from reconciler.source.yaml_loader import load_documents

SUFFIX: Final = ".gitway.dev"
"""What a guardrail of the pack is called after its folder's name."""
_POLICY: Final = "policy.yaml"
_BEFORE: Final = ".before.yaml"
SUMMARY: Final = "gitway.dev/summary"
"""The annotation that says in a line what a guardrail is for."""


class FileDocument(NamedTuple):
    """A document of a file outside of a commit."""

    object: Any
    origin: Origin


class Example(NamedTuple):
    """An example: whether the guardrail lets it pass, and the objects before and after."""

    path: Path
    passes: bool
    before: tuple[RawDocument, ...]
    after: tuple[RawDocument, ...]


class Entry(NamedTuple):
    """A guardrail's folder: its documents, those of `policy.yaml`."""

    folder: Path
    documents: tuple[RawDocument, ...]

    @property
    def name(self) -> str:
        """The name of its policy."""
        return str(self.documents[0].object["metadata"]["name"])

    @property
    def short_name(self) -> str:
        """As `gitway.yaml` may call it."""
        return self.name.removesuffix(SUFFIX)

    @property
    def summary(self) -> str:
        """What it is for, in a line; may be empty."""
        return str((self.documents[0].object["metadata"].get("annotations") or {}).get(SUMMARY, ""))

    def examples(self) -> Iterator[Example]:
        """Its examples, those that pass first."""
        for folder, passes in (("pass", True), ("fail", False)):
            for path in sorted((self.folder / folder).glob("*.yaml")):
                if not path.name.endswith(_BEFORE):
                    before = path.with_name(path.stem + _BEFORE)
                    yield Example(path, passes, read(before) if before.exists() else (), read(path))


def shipped() -> Path:
    """The pack's folder: in the installed package, or in the checkout."""
    package = Path(__file__).parents[2]
    inside = package / "policies"
    return inside if inside.is_dir() else package.parent / "policies"


def entries(folder: Path) -> tuple[Entry, ...]:
    """The guardrails of a folder, by name.

    Raises:
        SourceError: a file cannot be read or parsed.
    """
    return tuple(Entry(path.parent, read(path)) for path in sorted(folder.glob(f"*/{_POLICY}")))


def read(path: Path) -> tuple[RawDocument, ...]:
    """The documents of a file; raises `YamlError` or OSError."""
    raws = [raw for raw in load_documents(path.read_bytes()) if raw is not None]
    return tuple(FileDocument(raw, Origin(str(path), index)) for index, raw in enumerate(raws))
