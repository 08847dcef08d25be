"""The documents of a store, `HEAD.json` and `releases/<digest>.json`, and their canonical JSON.

A release is named by the SHA-256 of its bytes, so the same content must always give the same bytes: keys sorted, no
white space, UTF-8. Reading tolerates fields that a newer gitway has added, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from hashlib import sha256
from typing import Any, TypeVar

from reconciler.records import dataclass
from reconciler.store.errors import Damaged, StoreError

FORMAT = 1

MAX_SERIAL = 2**53 - 1
"""Beyond it, not every reader of JSON tells one number from the next."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_T = TypeVar("_T")


class Malformed(ValueError):
    """JSON that is not the document it should be."""


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A git commit: `author` as `Name <mail>`, `time` in RFC 3339 (UTC), `subject` the message's first line."""

    sha: str
    author: str
    time: str
    subject: str

    def to_json(self) -> dict[str, Any]:
        """The object `commit` of a release."""
        return {"sha": self.sha, "author": self.author, "time": self.time, "subject": self.subject}

    @classmethod
    def from_json(cls, data: Any) -> CommitInfo:
        """Reads what `to_json` wrote; raises Malformed."""
        return cls(*(_text(data, name) for name in ("sha", "author", "time", "subject")))


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One resource type of a fleet: `version` is `<serial when it last changed>.<digest>`, `count` its resources."""

    version: str
    count: int

    @property
    def digest(self) -> str:
        """The digest of the resources, without the serial."""
        return self.version.partition(".")[2]

    def to_json(self) -> dict[str, Any]:
        """The value of a type URL in a release's `types`."""
        return {"version": self.version, "count": self.count}

    @classmethod
    def from_json(cls, data: Any) -> TypeEntry:
        """Reads what `to_json` wrote; raises Malformed."""
        return cls(_text(data, "version"), _number(data, "count", least=0))


@dataclass(frozen=True, slots=True)
class FleetEntry:
    """One fleet of a release.

    Attributes:
        snapshot: the digest of its snapshot.
        commit: the SHA of the commit it was published from, which is not the release's where only some fleets were.
        types: by type URL. A type whose last resource went away stays, with a count of 0, so that it keeps a version.
        routes: how many routes were attached to it; None where the publisher did not say.
    """

    snapshot: str
    commit: str
    types: Mapping[str, TypeEntry]
    routes: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The value of a fleet's name in a release's `fleets`."""
        types = {url: entry.to_json() for url, entry in self.types.items()}
        data = {"snapshot": self.snapshot, "commit": self.commit, "types": types}
        return data if self.routes is None else {**data, "routes": self.routes}

    @classmethod
    def from_json(cls, data: Any) -> FleetEntry:
        """Reads what `to_json` wrote; raises Malformed."""
        types = _mapping(data, "types", TypeEntry.from_json)
        routes = _number(data, "routes", least=0) if _object(data).get("routes") is not None else None
        return cls(_digest(data, "snapshot"), _text(data, "commit"), types, routes)


@dataclass(frozen=True, slots=True)
class Retired:
    """A fleet that has left: the commit and the serial of the release that no longer had it."""

    commit: str
    serial: int

    def to_json(self) -> dict[str, Any]:
        """The value of a fleet's name in a release's `retired`."""
        return {"commit": self.commit, "serial": self.serial}

    @classmethod
    def from_json(cls, data: Any) -> Retired:
        """Reads what `to_json` wrote; raises Malformed."""
        return cls(_text(data, "commit"), _number(data, "serial", least=1))


@dataclass(frozen=True, slots=True)
class Release:
    """One state of all fleets. `parent` is the digest of the release before it, None for the first.

    Attributes:
        gitway: the version that translated it.
        repository: the repository's name, without credentials.
        paths: the roots that were read, empty for the whole tree.
        retired: fleets that an earlier release had; kept so that an old commit does not bring one back unnoticed.
    """

    serial: int
    parent: str | None
    commit: CommitInfo
    gitway: str
    repository: str
    paths: tuple[str, ...]
    fleets: Mapping[str, FleetEntry]
    retired: Mapping[str, Retired] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The content of `releases/<digest>.json`."""
        return {
            "format": FORMAT,
            "serial": self.serial,
            "parent": self.parent,
            "commit": self.commit.to_json(),
            "gitway": self.gitway,
            "repository": self.repository,
            "paths": list(self.paths),
            "fleets": {name: entry.to_json() for name, entry in self.fleets.items()},
            "retired": {name: entry.to_json() for name, entry in self.retired.items()},
        }

    @classmethod
    def from_json(cls, data: Any) -> Release:
        """Reads what `to_json` wrote; raises Malformed."""
        paths = _object(data).get("paths")
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise Malformed("paths is no list of strings")
        return cls(
            serial=_serial(data),
            parent=_digest(data, "parent") if data.get("parent") is not None else None,
            commit=CommitInfo.from_json(data.get("commit")),
            gitway=_text(data, "gitway"),
            repository=_text(data, "repository"),
            paths=tuple(paths),
            fleets=_mapping(data, "fleets", FleetEntry.from_json),
            retired=_mapping(data, "retired", Retired.from_json) if "retired" in data else {},
        )

    def to_bytes(self) -> bytes:
        """The canonical bytes, whose SHA-256 names the release."""
        return canonical(self.to_json())

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Release:
        """Reads `to_bytes`; `name` is for the message of the error."""
        return _read(content, cls.from_json, f"damaged release {name}")


@dataclass(frozen=True, slots=True)
class Head:
    """The only document that changes: which release is current. `signatures` are opaque here."""

    serial: int
    release: str
    signatures: tuple[Any, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The content of `HEAD.json`."""
        signatures = list(self.signatures)
        return {"format": FORMAT, "serial": self.serial, "release": self.release, "signatures": signatures}

    @classmethod
    def from_json(cls, data: Any) -> Head:
        """Reads what `to_json` wrote; raises Malformed."""
        signatures = _object(data).get("signatures", [])
        if not isinstance(signatures, list):
            raise Malformed("signatures is no list")
        return cls(_serial(data), _digest(data, "release"), tuple(signatures))

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return canonical(self.to_json())

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Head:
        """Reads `to_bytes`; `name` is for the message of the error."""
        return _read(content, cls.from_json, f"damaged {name}")


def canonical(data: Any) -> bytes:
    """JSON with sorted keys and no white space, as UTF-8.

    Lone surrogates, as git gives them for an author's name in another encoding, become JSON escapes.
    """
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )


def digest_of(content: bytes) -> str:
    """The hex SHA-256 that names an object."""
    return sha256(content).hexdigest()


def is_digest(name: str) -> bool:
    """Whether a name can be that of a release or a snapshot."""
    return _DIGEST.fullmatch(name) is not None


def _read(content: bytes, read: Callable[[Any], _T], problem: str) -> _T:
    try:
        data = json.loads(content)
        written = _number(data, "format", least=1)
        if written > FORMAT:
            raise StoreError(
                f"{problem}: format {written} is newer than this gitway understands ({FORMAT})",
                "update gitway: a newer one publishes into this store",
            )
        return read(data)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{problem}: {error}") from error


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Malformed(f"an object was expected, not {type(data).__name__}")
    return data


def _text(data: Any, name: str) -> str:
    value = _object(data).get(name)
    if not isinstance(value, str):
        raise Malformed(f"{name} is no string")
    return value


def _digest(data: Any, name: str) -> str:
    value = _text(data, name)
    if not is_digest(value):
        raise Malformed(f"{name} is no SHA-256")
    return value


def _number(data: Any, name: str, least: int) -> int:
    value = _object(data).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Malformed(f"{name} is no number of at least {least}")
    return value


def _serial(data: Any) -> int:
    value = _number(data, "serial", least=1)
    if value > MAX_SERIAL:
        raise Malformed(f"serial is beyond {MAX_SERIAL}")
    return value


def _mapping(data: Any, name: str, read: Callable[[Any], _T]) -> dict[str, _T]:
    values = _object(_object(data).get(name))
    return {key: read(value) for key, value in values.items()}
