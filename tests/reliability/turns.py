"""Two pieces of work on one store, interleaved operation by operation, the same way every time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from reconciler.store.model import digest_of
from reconciler.store.objects import Missing, ObjectStore, Stored, Unchanged


class Memory:
    """Objects in memory, with the age that they are given: for thousands of runs."""

    url = "memory://store"

    def __init__(self, objects: dict[str, tuple[bytes, datetime]] | None = None) -> None:
        self.objects = dict(objects or {})

    def get(self, key: str) -> bytes:
        if key not in self.objects:
            raise Missing(key)
        return self.objects[key][0]

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        data = self.get(key)
        return Unchanged() if etag == digest_of(data) else (data, digest_of(data))

    def stat(self, key: str) -> Stored | None:
        found = self.objects.get(key)
        return Stored(key, len(found[0]), found[1]) if found else None

    def put_immutable(self, key: str, data: bytes) -> None:
        if key not in self.objects:
            self.put(key, data)

    def put(self, key: str, data: bytes) -> None:
        self.objects[key] = (data, datetime.now(UTC))

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        found = self.objects.get(key)
        if (digest_of(found[0]) if found else None) != expected_etag:
            return None
        self.put(key, data)
        return digest_of(data)

    def list(self, prefix: str) -> Iterator[Stored]:
        found = [self.stat(key) for key in sorted(self.objects) if key.startswith(prefix)]
        return (each for each in found if each)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)


class Paused:
    """Objects whose every operation waits until it is let through."""

    def __init__(self, objects: ObjectStore, turn: Callable[[], None]) -> None:
        self._objects = objects
        self._turn = turn

    @property
    def url(self) -> str:
        return self._objects.url

    def get(self, key: str) -> bytes:
        self._turn()
        return self._objects.get(key)

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        self._turn()
        return self._objects.get_if_changed(key, etag)

    def stat(self, key: str) -> Stored | None:
        self._turn()
        return self._objects.stat(key)

    def put_immutable(self, key: str, data: bytes) -> None:
        self._turn()
        self._objects.put_immutable(key, data)

    def put(self, key: str, data: bytes) -> None:
        self._turn()
        self._objects.put(key, data)

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:
        self._turn()
        return self._objects.swap(key, data, expected_etag)

    def list(self, prefix: str) -> Iterator[Stored]:
        self._turn()
        return self._objects.list(prefix)

    def delete(self, key: str) -> None:
        self._turn()
        self._objects.delete(key)


class Worker:
    """Work in a thread that does its operations only as they are let through; a context manager."""

    def __init__(self, objects: ObjectStore, work: Callable[[Paused], Any]) -> None:
        self._permits = threading.Semaphore(0)
        self._waiting = threading.Semaphore(0)
        self._free = False
        self._ended = False
        self._error: BaseException | None = None
        self.outcome: Any = None

        def run() -> None:
            try:
                self.outcome = work(Paused(objects, self._turn))
            except BaseException as error:  # noqa: BLE001  raised again by `finish`
                self._error = error
            self._ended = True
            self._waiting.release()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        self._waiting.acquire()

    def step(self, operations: int) -> int:
        """Lets so many operations through; how many there were before it ended."""
        for done in range(operations):
            if self._ended:
                return done
            self._permits.release()
            self._waiting.acquire()
        return operations

    def finish(self) -> None:
        """Lets everything through; raises what the work raised."""
        self._free = True
        self._permits.release()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _turn(self) -> None:
        if not self._free:
            self._waiting.release()
            self._permits.acquire()
