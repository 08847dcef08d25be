"""What every provider of secrets is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from reconciler.snapshot.model import Resource


class Provider(Protocol):
    """A place with secrets. `read` is called again and again, in a thread, one call at a time."""

    def read(self) -> Mapping[str, Resource]:
        """All usable secrets by name (`namespace/name`), encoded for SDS.

        A provider that cannot be read gives what it had, and says so in the log.
        """
        ...

    @property
    def problems(self) -> Mapping[str, str]:
        """The secrets that cannot be used as they are now, with what is wrong; names only, never content."""
        ...

    @property
    def errors(self) -> int:
        """How many secrets, or whole reads, could not be used since the start."""
        ...
