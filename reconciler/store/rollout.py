"""Who serves and has acknowledged what: the current release against the reports of sidecars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from reconciler.records import dataclass
from reconciler.store.errors import Damaged
from reconciler.store.model import FleetEntry, Release
from reconciler.store.status import EnvoyStatus, Refused, Report, read_reports
from reconciler.store.store import Store

if TYPE_CHECKING:
    from reconciler.store.keys import PublicKey


class Outcome(StrEnum):
    """How far a fleet is. `UNREPORTED`: no sidecar with an Envoy of this fleet has a report that has not expired."""

    ACKNOWLEDGED = "acknowledged"
    PENDING = "pending"
    REFUSED = "refused"
    UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True)
class FleetRollout:
    """One fleet of the current release. `refused`: each message once; `expired`: reports that are too old to count."""

    fleet: str
    outcome: Outcome
    envoys: int
    acknowledged: int
    refused: tuple[Refused, ...]
    reports: tuple[Report, ...]
    expired: int

    def to_json(self) -> dict[str, Any]:
        """An entry of `fleets` in `rollout status -o json`."""
        return {
            "outcome": self.outcome.value,
            "envoys": self.envoys,
            "acknowledged": self.acknowledged,
            "refused": [each.to_json() for each in self.refused],
            "reports": [each.to_json() for each in self.reports],
            "expired": self.expired,
        }


@dataclass(frozen=True, slots=True)
class Rollout:
    """The current release (serial 0: there is none) and how far its fleets are; `damaged`: what could not be read."""

    serial: int
    release: str
    fleets: tuple[FleetRollout, ...]
    damaged: tuple[Damaged, ...] = ()

    @property
    def acknowledged(self) -> bool:
        """Whether every fleet is done."""
        return bool(self.fleets) and all(each.outcome is Outcome.ACKNOWLEDGED for each in self.fleets)

    @property
    def refused(self) -> bool:
        """Whether waiting is of no use."""
        return any(each.outcome is Outcome.REFUSED for each in self.fleets)

    def to_json(self) -> dict[str, Any]:
        """The output of `rollout status -o json`."""
        return {
            "format": 1,
            "serial": self.serial,
            "release": self.release,
            "acknowledged": self.acknowledged,
            "fleets": {each.fleet: each.to_json() for each in self.fleets},
        }


def rollout(
    store: Store,
    globs: Iterable[str],
    now: datetime,
    keys: Sequence[PublicKey] = (),
    store_name: str | None = None,
) -> Rollout:
    """Looks at a store once.

    Args:
        store: with reports of sidecars.
        globs: which fleets.
        now: what reports expire by.
        keys: of which one has to have signed HEAD; none: signatures make no difference.
        store_name: what it has to be signed for; None: the store's URL.

    Raises:
        StoreError: it cannot be read.
        Untrusted: HEAD is not signed as it has to be.
    """
    found = store.read_head()
    if found is None:
        return Rollout(0, "", ())
    head, _ = found
    if keys:
        from reconciler.store.signatures import verify

        verify(head, keys, store_name or store.url)
    release = store.release(head.release)
    reports: dict[str, list[Report]] = {}
    damaged: list[Damaged] = []
    for each in read_reports(store):
        if isinstance(each, Damaged):
            damaged.append(each)
        else:
            reports.setdefault(each.fleet, []).append(each)
    patterns = tuple(globs)
    fleets = tuple(
        judge(name, release, entry, reports.get(name, ()), now)
        for name, entry in release.fleets.items()
        if any(fnmatchcase(name, glob) for glob in patterns)
    )
    return Rollout(head.serial, head.release, fleets, tuple(damaged))


def judge(fleet: str, release: Release, entry: FleetEntry, reports: Iterable[Report], now: datetime) -> FleetRollout:
    """How far one fleet is.

    An Envoy has acknowledged the release when it says so of this serial or a later one: the sidecar follows every
    serial, also one that changes nothing for its fleet.
    """
    known = tuple(reports)
    valid = tuple(each for each in known if each.expires > now)
    envoys = [envoy for report in valid for envoy in report.envoys]
    current = {(url, each.version) for url, each in entry.types.items()}
    told = [*(each for report in valid for each in report.quarantined), *_complaints(envoys)]
    refused = tuple({(each.node, each.message): each for each in told if _about(each, current)}.values())
    acknowledged = sum(envoy.serial >= release.serial for envoy in envoys)
    if refused:
        outcome = Outcome.REFUSED
    elif not envoys:
        outcome = Outcome.UNREPORTED
    else:
        outcome = Outcome.ACKNOWLEDGED if acknowledged == len(envoys) else Outcome.PENDING
    return FleetRollout(fleet, outcome, len(envoys), acknowledged, refused, valid, len(known) - len(valid))


def _complaints(envoys: Iterable[EnvoyStatus]) -> list[Refused]:
    return [envoy.refused for envoy in envoys if envoy.refused is not None]


def _about(refused: Refused, current: set[tuple[str, str]]) -> bool:
    """Whether a refusal is of what is current. A `+` in the version: of the sidecar's own secrets, in any release."""
    return (refused.type_url, refused.version) in current or "+" in refused.version
