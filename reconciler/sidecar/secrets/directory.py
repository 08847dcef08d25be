"""Secrets in files: `DIR/NAMESPACE/NAME/KEY`, the layout of mounted Secrets.

Kubernetes keeps a volume's files in a directory that `..data` points to, and swaps that link when they change, so that
certificate and key are read from one and the same directory. Other writers replace file after file: a pair that does
not fit (yet) is held back, and the one before stays.

`NAMESPACE/NAME` is the certificate with its key (`tls.crt`, `tls.key`), `NAMESPACE/NAME/ca.crt` whom to trust; a Secret
that has nothing but the latter is that under both names. `NAMESPACE/NAME/KEY` is any other value.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.records import dataclass
from reconciler.sidecar.secrets.material import Content, Unusable, contents
from reconciler.snapshot.model import Resource, resource_version

_SWAPPED = "..data"
_MAX_BYTES = 1024 * 1024

_log = logging.getLogger(__name__)

Signature = tuple[tuple[str, int, int, int, int], ...]
"""What tells whether files have changed: path, inode, size, times of modification and change."""


@dataclass(frozen=True, slots=True)
class _Known:
    signature: Signature
    resource: Resource | None
    problem: str = ""


def _is_none(content: Content, signature: Signature) -> bool:
    """Issuers that have no authority of their own write an empty one beside the certificate."""
    return bool(content.suffix) and not any(size for _, _, size, _, _ in signature)


class DirectoryProvider:
    """The secrets under a directory. Hidden names are not looked at; what a client asks for never becomes a path."""

    def __init__(self, root: Path) -> None:
        self.errors = 0
        self._root = root
        self._known: dict[str, _Known] = {}
        self._readable = True

    def read(self) -> Mapping[str, Resource]:
        """All usable secrets by name. Files that are as they were are not read again."""
        try:
            found = dict(self._scan())
        except OSError as error:
            if self._readable:
                self._readable = False
                self.errors += 1
                _log.error("cannot read the secrets in %s: %s", self._root, error.strerror or error)
            found = self._known
        else:
            self._readable = True
        self._known = found
        return {name: known.resource for name, known in found.items() if known.resource is not None}

    @property
    def problems(self) -> Mapping[str, str]:
        """See `Provider`."""
        return {name: known.problem for name, known in self._known.items() if known.problem}

    def _scan(self) -> Iterator[tuple[str, _Known]]:
        for namespace in _directories(self._root):
            for directory in _directories(namespace):
                for content in contents(_keys(directory)):
                    name = f"{namespace.name}/{directory.name}{content.suffix}"
                    known = self._look(name, directory, content)
                    if known is not None:
                        yield name, known

    def _look(self, name: str, directory: Path, content: Content) -> _Known | None:
        """One secret: None where there is none; what it was before where its files do not make one."""
        before = self._known.get(name, _Known((), None))
        signature: Signature = ()
        try:
            files = (directory / _SWAPPED).resolve() if (directory / _SWAPPED).is_dir() else directory
            signature = _signature(files, content.files)
            if not signature or _is_none(content, signature):
                return None
            if before.signature == signature:
                return before
            value = content.encode(name, {each: _content(files / each) for each in content.files})
            if _signature(files, content.files) != signature:
                return replace(before, signature=())  # it is being written: again next time
        except OSError as error:
            return self._hold_back(name, before, error.strerror or str(error), ())
        except Unusable as error:
            return self._hold_back(name, before, str(error), signature)
        _log.info("secret %s was read from %s", name, directory)
        return _Known(signature, Resource(name, resource_version(value), value))

    def _hold_back(self, name: str, before: _Known, problem: str, signature: Signature) -> _Known:
        self.errors += 1
        if before.problem != problem:
            outcome = "the one before stays" if before.resource is not None else "it is not served"
            _log.error("secret %s in %s cannot be used: %s; %s", name, self._root, problem, outcome)
        return _Known(signature, before.resource, problem)


def _directories(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if not path.name.startswith(".") and path.is_dir())


def _keys(directory: Path) -> list[str]:
    """The files of a Secret, without what Kubernetes keeps beside them."""
    swapped = directory / _SWAPPED
    files = swapped if swapped.is_dir() else directory
    return [path.name for path in files.iterdir() if not path.name.startswith("..") and not path.is_dir()]


def _signature(files: Path, names: tuple[str, ...]) -> Signature:
    found = []
    for name in names:
        try:
            stat = (files / name).stat()
        except FileNotFoundError:
            continue
        found.append((str(files / name), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
    return tuple(found)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return b""
    if len(data) > _MAX_BYTES:
        raise Unusable(f"{path.name} has more than {_MAX_BYTES} bytes")
    return data
