"""What sidecars say of themselves: `status/<fleet>/<sidecar>.json`, replaced in place, true until it expires.

A report speaks of one fleet on one sidecar. Nothing in the store depends on it: it may be missing, old or made up, and
whoever reads it goes by the releases.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.records import dataclass
from reconciler.store.errors import Damaged
from reconciler.store.model import FORMAT, canonical
from reconciler.store.objects import Missing
from reconciler.store.store import Store

STATUS = "status/"

MAX_REPORT_BYTES = 16 * 1024 * 1024
"""More is not read."""

_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Refused:
    """A NACK: the version of a type that an Envoy (`node`) refused, and what it said."""

    type_url: str
    version: str
    node: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """An entry of `quarantined`, or `refused` of an Envoy."""
        return {"type": self.type_url, "version": self.version, "node": self.node, "message": self.message}

    @classmethod
    def from_json(cls, data: Any) -> Refused:
        """Reads what `to_json` wrote."""
        return cls(*(str(data[name]) for name in ("type", "version", "node", "message")))


@dataclass(frozen=True, slots=True)
class EnvoyStatus:
    """One Envoy. `serial`: of the newest release that it has acknowledged as a whole; `types`: URL → acknowledged."""

    node: str
    serial: int
    types: Mapping[str, str]
    refused: Refused | None = None

    def to_json(self) -> dict[str, Any]:
        """An entry of `envoys`."""
        refused = self.refused.to_json() if self.refused is not None else None
        return {"node": self.node, "serial": self.serial, "types": dict(self.types), "refused": refused}

    @classmethod
    def from_json(cls, data: Any) -> EnvoyStatus:
        """Reads what `to_json` wrote."""
        types = {str(url): str(version) for url, version in data["types"].items()}
        refused = Refused.from_json(data["refused"]) if data["refused"] is not None else None
        return cls(str(data["node"]), int(data["serial"]), types, refused)


@dataclass(frozen=True, slots=True)
class Report:
    """A fleet on a sidecar.

    Attributes:
        time, expires: when it was written, and until when it may be believed.
        serial, release: what the sidecar serves as the newest.
        quarantined: what it does not give to further Envoys.
    """

    fleet: str
    sidecar: str
    gitway: str
    time: datetime
    expires: datetime
    serial: int
    release: str
    envoys: tuple[EnvoyStatus, ...]
    quarantined: tuple[Refused, ...]

    def to_json(self) -> dict[str, Any]:
        """The content of its object."""
        return {
            "format": FORMAT,
            "fleet": self.fleet,
            "sidecar": self.sidecar,
            "gitway": self.gitway,
            "time": _written(self.time),
            "expires": _written(self.expires),
            "serial": self.serial,
            "release": self.release,
            "envoys": [envoy.to_json() for envoy in self.envoys],
            "quarantined": [each.to_json() for each in self.quarantined],
        }

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Report:
        """Reads canonical JSON; raises `Damaged`."""
        try:
            data = json.loads(content)
            return cls(
                str(data["fleet"]),
                str(data["sidecar"]),
                str(data["gitway"]),
                _time(data["time"]),
                _time(data["expires"]),
                int(data["serial"]),
                str(data["release"]),
                tuple(EnvoyStatus.from_json(each) for each in data["envoys"]),
                tuple(Refused.from_json(each) for each in data["quarantined"]),
            )
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise Damaged(
                f"damaged report {name}: {error!r}", "its sidecar writes it anew; remove it if not"
            ) from error


def status_key(fleet: str, sidecar: str) -> str:
    """Where a sidecar's report about a fleet is kept."""
    return f"{STATUS}{fleet}/{sidecar_id(sidecar)}.json"


def sidecar_id(name: str) -> str:
    """A name as it may stand in a key."""
    return _UNFIT.sub("-", name).strip(".-")[:100] or "sidecar"


def write_report(store: Store, report: Report) -> None:
    """Puts a report in the place of the one before; raises `StoreError`."""
    store.objects.put(status_key(report.fleet, report.sidecar), canonical(report.to_json()))


def withdraw_report(store: Store, fleet: str, sidecar: str) -> None:
    """Removes a report; raises `StoreError`."""
    store.objects.delete(status_key(fleet, sidecar))


def read_reports(store: Store) -> Iterator[Report | Damaged]:
    """All reports, expired ones too; raises `StoreError`."""
    for stored in store.objects.list(STATUS):
        name = f"{stored.key} of {store.url}"
        if stored.size > MAX_REPORT_BYTES:
            yield Damaged(f"{name} has {stored.size} bytes", "it is not gitway's: remove it")
            continue
        try:
            yield Report.from_bytes(store.objects.get(stored.key), name)
        except Missing:  # removed meanwhile
            continue
        except Damaged as error:
            yield error


def timestamp(seconds: float) -> str:
    """Seconds of the epoch in RFC 3339."""
    return _written(datetime.fromtimestamp(seconds, UTC))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _time(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment
