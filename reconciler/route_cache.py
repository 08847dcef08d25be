"""Translated routes of earlier builds, by git blob id.

What a route becomes is a pure function of the route, of all objects that are not routes, of the options, and of gitway
itself. One file holds all routes that were translated under one digest of the latter three (`environment_digest`);
within it a route is found by its file's blob id and its place in the file. A damaged or missing file is an empty cache.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import reconciler
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.resolve.options import Options
from reconciler.source.document import Document
from reconciler.translate.routes import TranslatedRoute

# Environments that are remembered: the branch at hand, its base, and a few more for changing to and fro.
KEPT = 4


Key = tuple[str, int, int | None]
"""Blob id, number of the document, and of the item where it is a list."""

Packed = tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]
"""What one route document became, as `marshal` takes it: its translated routes, mostly one, and the findings.

Findings have no origin: the same blob may stand under other paths.
"""


def pack(routes: Iterable[TranslatedRoute], findings: Iterable[Diagnostic]) -> Packed:
    """A route's outcome for the cache."""
    return tuple([route.pack() for route in routes]), tuple([_pack(one) for one in findings])


def unpack(packed: Packed) -> tuple[list[TranslatedRoute], list[Diagnostic]]:
    """The inverse of `pack`."""
    routes, findings = packed
    return [TranslatedRoute.unpack(route) for route in routes], [_unpack(one) for one in findings]


def environment_digest(others: Iterable[Document], options: Options) -> str:
    """A digest of everything that a route's translation can depend on apart from the route itself."""
    # marshal's version 2 knows no back references, so that equal objects give equal bytes.
    digests = sorted(sha256(marshal.dumps(document.object, 2)).digest() for document in others)
    return sha256(b"".join((_fingerprint().encode(), repr(options).encode(), *digests))).hexdigest()


class RouteCache:
    """The routes of one environment. `close` writes what the run used, if that is not what was read."""

    def __init__(self, path: Path | None, known: dict[Key, Packed]) -> None:
        self._path = path
        self._known = known
        self._used: dict[Key, Packed] = {}
        self._changed = False

    @classmethod
    def open(cls, directory: Path | None, environment: str) -> RouteCache:
        """The cache of this environment under `directory`; without a directory one that remembers nothing."""
        if directory is None:
            return cls(None, {})
        path = directory / "routes" / environment
        try:
            known = marshal.loads(path.read_bytes())  # noqa: S302  written by this user into his own git directory
        except (OSError, ValueError, EOFError, TypeError):
            return cls(path, {})
        return cls(path, known if isinstance(known, dict) else {})

    def has(self, document: Document) -> bool:
        """Whether the document was translated before."""
        key = _key(document)
        if key not in self._known:
            return False
        self._used[key] = self._known[key]
        return True

    def get(self, document: Document) -> Packed:
        """What the document became, in an earlier build or in this one."""
        return self._used[_key(document)]

    def put(self, document: Document, packed: Packed) -> None:
        """Remember what the document became."""
        self._used[_key(document)] = packed
        self._changed = True

    def close(self) -> None:
        """Write the file, and let go of environments that were not used lately. A cache that fails is no error."""
        if self._path is None:
            return
        with suppress(OSError):
            if self._changed or len(self._used) != len(self._known):
                _write(self._path, marshal.dumps(self._used))
            else:
                os.utime(self._path)
            _prune(self._path.parent)


def _key(document: Document) -> Key:
    return (document.blob, document.origin.document, document.origin.item)


def _pack(finding: Diagnostic) -> tuple[Any, ...]:
    return (
        finding.code,
        finding.severity.value,
        finding.message,
        finding.object,
        finding.path,
        finding.on_key,
        finding.help,
    )


def _unpack(packed: tuple[Any, ...]) -> Diagnostic:
    code, severity, message, about, path, on_key, remedy = packed
    return Diagnostic(code, Severity(severity), message, about, None, path, on_key, remedy)


def _fingerprint() -> str:
    """Gitway's version; in a checkout being worked on also the state of its files."""
    package = Path(reconciler.__file__).parent
    files = sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in package.rglob("*.py"))
    return sha256(repr((reconciler.__version__, files)).encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _prune(directory: Path) -> None:
    files = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in files[KEPT:]:
        old.unlink(missing_ok=True)
