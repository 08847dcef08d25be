"""Which HEADs a sidecar accepts: signed by a key that it was given, and never older than what it has accepted before.

A state machine without I/O. In the manner of TUF, a serial is remembered only after its signature was verified, and
then at once: a release that turns out to be damaged still bars the way back. Without keys anybody could write a high
serial, so that it counts only from when its release is served.

A serial that was accepted with one release is not accepted with another: the publisher never gives one twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.records import dataclass
from reconciler.store.errors import Untrusted
from reconciler.store.model import Head

if TYPE_CHECKING:
    from reconciler.store.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Highest:
    """The newest HEAD that was accepted."""

    serial: int
    release: str


@dataclass(slots=True, eq=False)
class Trust:
    """What this sidecar trusts.

    Attributes:
        store_name: what HEAD has to be signed for.
        keys: of which one has to have signed it; none: signatures make no difference.
        min_serial: nothing older is accepted.
        highest: what was accepted last, also by a process before this one.
    """

    store_name: str
    keys: Sequence[PublicKey] = ()
    min_serial: int = 1
    highest: Highest | None = None

    def check(self, head: Head) -> None:
        """Ascertains that HEAD is signed, and new enough to be served.

        Raises:
            Untrusted: it is not.
        """
        if self.keys:
            from reconciler.store.signatures import verify

            verify(head, self.keys, self.store_name)
        if head.serial < self.min_serial:
            raise Untrusted(f"HEAD has serial {head.serial}, and --min-serial is {self.min_serial}", self._remedy)

    def accept(self, head: Head) -> None:
        """Ascertains that a HEAD of the store is signed, and no older than what was accepted before.

        Raises:
            Untrusted: it is not; nothing has changed.
        """
        self.check(head)
        highest = self.highest
        if highest is not None and head.serial < highest.serial:
            raise Untrusted(f"HEAD has serial {head.serial}, after {highest.serial} was accepted", self._remedy)
        if highest is not None and head.serial == highest.serial and head.release != highest.release:
            raise Untrusted(f"HEAD has another release of serial {head.serial} than was accepted before", self._remedy)
        if self.keys:
            self.remember(head)

    def remember(self, head: Head) -> None:
        """From now on, nothing older than this is accepted."""
        if self.highest is None or head.serial > self.highest.serial:
            self.highest = Highest(head.serial, head.release)

    @property
    def _remedy(self) -> str:
        return f"serials only grow: the store was replaced or rolled back. {_SIGNED if self.keys else _UNSIGNED}"


_SIGNED = "`gitway publish --min-serial N --force` goes on above what was accepted"
_UNSIGNED = "Restart the sidecar to accept it"
