"""What routes and fleets became in earlier builds.

What a route becomes is a pure function of the route, of all objects that are not routes, of the options, and of gitway
itself; `environment_digest` stands for the latter three. What a fleet's snapshot is, is one of the same and of its
routes. Hence:

- `RouteCache` holds all routes of one environment in a file. A route is found by its file's blob id and its place
  there; in a file that was changed, by its content.
- `SnapshotCache` holds each fleet's snapshot in a file named by a digest of all that it is made of.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import reconciler
from reconciler import cache_file
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.resolve.options import Options
from reconciler.snapshot.model import Resource, Snapshot, TypeSet
from reconciler.source.document import Document
from reconciler.translate.claims import Claim
from reconciler.translate.precedence import Age
from reconciler.translate.routes import TranslatedRoute

ENVIRONMENTS_KEPT: Final = 4
"""The branch at hand, its base, and a few more for changing to and fro."""
RELEASES_KEPT: Final = 4
"""So many snapshots of each fleet, on average."""

_UNWRITTEN: Final = 0.005
"""The share of an environment's routes that is made again faster than a file with all of them is written."""

_FORMAT: Final = 1
"""To be raised whenever the files are to be read as something else."""

Key = tuple[str, int, int | None]
"""Blob id, number of the document, and of the item where it is a list."""

Packed = tuple[tuple[tuple[Any, ...], ...], tuple[tuple[Any, ...], ...]]
"""What one route document became, as `marshal` takes it: its translated routes (`RouteRecord`), and the findings.

Findings have no origin: the same blob may stand under other paths.
"""


class RouteRecord(NamedTuple):
    """A translated route as it is remembered: what is needed of every route in every build, and the rest unread.

    Attributes:
        hosts: by fleet and route configuration.
        digest: of all of the route.
        body: the route, to be unpacked where its fleet is assembled.
    """

    age: Age
    hosts: tuple[tuple[str, str, tuple[str, ...]], ...]
    claims: tuple[Claim, ...]
    digest: bytes
    body: bytes

    @property
    def fleets(self) -> frozenset[str]:
        """The names of the fleets that it is part of."""
        return frozenset([fleet for fleet, _, _ in (*self.hosts, *self.claims)])

    def route(self) -> TranslatedRoute:
        """All of it."""
        return TranslatedRoute.unpack(marshal.loads(self.body))  # noqa: S302  the file's digest is right: this wrote it


def pack(routes: Iterable[TranslatedRoute], findings: Iterable[Diagnostic]) -> Packed:
    """A route's outcome for the cache."""
    return tuple([_record(route) for route in routes]), tuple([_pack(one) for one in findings])


def unpack(packed: Packed) -> tuple[list[RouteRecord], list[Diagnostic]]:
    """The inverse of `pack`."""
    routes, findings = packed
    return [RouteRecord._make(route) for route in routes], [_unpack(one) for one in findings]


def _record(route: TranslatedRoute) -> tuple[Any, ...]:
    body = marshal.dumps(route.pack())
    hosts = tuple([(fleet, table, tuple([host for host, _ in entries])) for fleet, table, entries in route.tables])
    return (route.age, hosts, route.claims, sha256(body).digest(), body)


def environment_digest(others: Iterable[Document], options: Options) -> str:
    """A digest of everything that a route's translation can depend on apart from the route itself."""
    digests = sorted(map(_content, others))
    return sha256(b"".join((_fingerprint().encode(), repr(options).encode(), *digests))).hexdigest()


def _content(document: Document) -> bytes:
    # marshal's version 2 knows no back references, so that equal objects give equal bytes.
    return sha256(marshal.dumps(document.object, 2)).digest()


class RouteCache:
    """The routes of one environment. `close` writes what the run used, if that is worth the time."""

    def __init__(self, path: Path | None, known: Mapping[Key, tuple[bytes, Packed]]) -> None:
        self._path = path
        self._known = known
        self._by_content: dict[bytes, Packed] | None = None
        self._used: dict[Key, tuple[bytes, Packed]] = {}
        self._made = 0

    @classmethod
    def open(cls, directory: Path | None, environment: str) -> RouteCache:
        """The cache of this environment under `directory`; without a directory one that remembers nothing."""
        if directory is None:
            return cls(None, {})
        path = directory / "routes" / environment
        known = cache_file.read(path, _FORMAT)
        return cls(path, known if isinstance(known, dict) else {})

    def has(self, document: Document) -> bool:
        """Whether the document was translated before, in whatever file."""
        key = _key(document)
        if key in self._known:
            self._used[key] = self._known[key]
            return True
        if not self._known:
            return False
        if self._by_content is None:
            self._by_content = dict(self._known.values())
        content = _content(document)
        if content not in self._by_content:
            return False
        self._used[key] = (content, self._by_content[content])
        return True

    def get(self, document: Document) -> Packed:
        """What the document became, in an earlier build or in this one."""
        return self._used[_key(document)][1]

    def put(self, document: Document, packed: Packed) -> None:
        """Remember what the document became."""
        self._used[_key(document)] = (b"" if self._path is None else _content(document), packed)
        self._made += 1

    def close(self) -> None:
        """Write the file, and let go of environments that were not used lately."""
        if self._path is None:
            return
        used = len(self._used)
        moved = len(self._used.keys() - self._known.keys())
        if self._made > _UNWRITTEN * used or 4 * moved > used or len(self._known) > 2 * used:
            cache_file.write(self._path, _FORMAT, self._used)
        else:
            cache_file.touch(self._path)
        cache_file.prune(self._path.parent, ENVIRONMENTS_KEPT)


class SnapshotCache:
    """The snapshots of one environment's fleets."""

    def __init__(self, directory: Path | None, environment: str) -> None:
        self._directory = directory / "snapshots" if directory is not None else None
        self._environment = environment
        self._fleets = 0

    def get(self, fleet: str, routes: Iterable[RouteRecord]) -> Snapshot | None:
        """The consistent snapshot of a fleet with these routes, in whatever order, if it was made before."""
        self._fleets += 1
        if self._directory is None:
            return None
        path = self._path(fleet, routes)
        found = cache_file.read(path, _FORMAT)
        if found is None:
            return None
        cache_file.touch(path)
        types, digest = found
        return Snapshot(tuple([_type_set(*packed) for packed in types]), digest)

    def put(self, fleet: str, routes: Iterable[RouteRecord], snapshot: Snapshot) -> None:
        """Remember a consistent snapshot."""
        if self._directory is not None:
            cache_file.write(self._path(fleet, routes), _FORMAT, (tuple(_packed_types(snapshot)), snapshot.digest))

    def close(self) -> None:
        """Let go of snapshots that were not used lately."""
        if self._directory is not None:
            cache_file.prune(self._directory, RELEASES_KEPT * self._fleets)

    def _path(self, fleet: str, routes: Iterable[RouteRecord]) -> Path:
        assert self._directory is not None  # noqa: S101  asked before
        parts = (self._environment.encode(), sha256(fleet.encode()).digest(), *sorted(one.digest for one in routes))
        return self._directory / sha256(b"".join(parts)).hexdigest()


def _packed_types(snapshot: Snapshot) -> Iterator[tuple[Any, ...]]:
    for one in snapshot.types:
        yield one.type_url, one.digest, tuple([(each.name, each.version, each.value) for each in one.resources])


def _type_set(type_url: str, digest: str, resources: Iterable[tuple[str, str, bytes]]) -> TypeSet:
    return TypeSet(type_url, tuple([Resource(*each) for each in resources]), digest)


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
    return sha256(
        repr((reconciler.__version__, sorted(_sources(Path(reconciler.__file__).parent)))).encode()
    ).hexdigest()


def _sources(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of every module below a folder."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                state = entry.stat()
                yield entry.path, state.st_size, state.st_mtime_ns
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _sources(entry.path)
