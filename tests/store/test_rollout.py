"""Reports of sidecars, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.store.errors import Damaged
from reconciler.store.model import FleetEntry, Release, TypeEntry
from reconciler.store.open import open_store
from reconciler.store.rollout import Outcome, judge, rollout
from reconciler.store.status import (
    EnvoyStatus,
    Refused,
    Report,
    read_reports,
    sidecar_id,
    status_key,
    withdraw_report,
    write_report,
)
from tests.sidecar.releases import CDS, FLEET, LDS, SDS
from tests.sidecar.running import Publisher
from tests.store.examples import commit

COMMIT = commit(1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY = FleetEntry("a" * 64, COMMIT.sha, {CDS: TypeEntry("5.c", 1), LDS: TypeEntry("7.l", 1)})
RELEASE = Release(7, None, COMMIT, "0", "test", (), {FLEET: ENTRY})


def envoy(serial: int, refused: Refused | None = None) -> EnvoyStatus:
    return EnvoyStatus("envoy-1", serial, {CDS: "5.c"}, refused)


def report(*envoys: EnvoyStatus, quarantined: tuple[Refused, ...] = (), age: int = 0, serial: int = 7) -> Report:
    """One that expires after three minutes."""
    at = NOW - timedelta(seconds=age)
    return Report(FLEET, "host-1", "0", at, at + timedelta(minutes=3), serial, "b" * 64, envoys, quarantined)


BAD = Refused(LDS, "7.l", "envoy-1", "no such filter")
OLD = Refused(LDS, "6.l", "envoy-1", "no such filter")
SECRET = Refused(SDS, "0+abc", "envoy-1", "bad key")


@pytest.mark.parametrize(
    ("reports", "outcome"),
    [
        ([], Outcome.UNREPORTED),
        ([report()], Outcome.UNREPORTED),
        ([report(envoy(7), age=180)], Outcome.UNREPORTED),
        ([report(envoy(7))], Outcome.ACKNOWLEDGED),
        ([report(envoy(8), serial=8)], Outcome.ACKNOWLEDGED),
        ([report(envoy(7), envoy(6))], Outcome.PENDING),
        ([report(envoy(7)), report(envoy(6), age=60)], Outcome.PENDING),
        ([report(envoy(6, refused=BAD))], Outcome.REFUSED),
        ([report(envoy(6, refused=SECRET))], Outcome.REFUSED),
        ([report(envoy(7), quarantined=(BAD,))], Outcome.REFUSED),
        ([report(envoy(7), quarantined=(OLD,))], Outcome.ACKNOWLEDGED),
        ([report(envoy(6, refused=OLD))], Outcome.PENDING),
    ],
)
def test_how_far_a_fleet_is(reports: list[Report], outcome: Outcome) -> None:
    assert judge(FLEET, RELEASE, ENTRY, reports, NOW).outcome is outcome


def test_a_message_is_told_once() -> None:
    told = judge(FLEET, RELEASE, ENTRY, [report(envoy(6, refused=BAD), quarantined=(BAD,))], NOW)
    assert told.refused == (BAD,)


def test_reports_are_read_as_written(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    written = report(envoy(6, refused=BAD), quarantined=(BAD,))
    write_report(store, written)
    assert list(read_reports(store)) == [written]
    withdraw_report(store, FLEET, "host-1")
    assert list(read_reports(store)) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"time": "2026-01-01T00:00:00"}', "[" * 100_000])
def test_a_report_that_is_none_hurts_no_other(tmp_path: Path, content: str) -> None:
    store = open_store(tmp_path.as_uri())
    write_report(store, report(envoy(7)))
    store.objects.put(status_key(FLEET, "other"), content.encode())
    told = {type(each) for each in read_reports(store)}
    assert told == {Report, Damaged}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "...", "host\n", "x" * 500])
def test_a_sidecar_with_any_name_has_a_key(tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path.as_uri())
    store.objects.put(status_key(FLEET, name), b"{}")
    [stored] = store.objects.list("status/")
    assert stored.key == f"status/{FLEET}/{sidecar_id(name)}.json"


def test_only_the_fleets_of_the_current_release_are_judged(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path.as_uri())
    store = open_store(publisher.url)
    assert not rollout(store, ["*"], NOW).acknowledged
    publisher.publish({FLEET: {CDS: {"x": b"\x0a\x01x"}}, "shop/edge": {CDS: {"x": b"\x0a\x01x"}}})
    write_report(store, report(envoy(1)))
    found = rollout(store, ["*"], NOW)
    assert {each.fleet: each.outcome for each in found.fleets} == {
        FLEET: Outcome.ACKNOWLEDGED,
        "shop/edge": Outcome.UNREPORTED,
    }
    assert not found.acknowledged
    assert rollout(store, ["infra/*"], NOW).acknowledged
    assert json.dumps(found.to_json())


@pytest.mark.parametrize("spoil", [lambda data: data.update(envoys=3), lambda data: data.pop("expires")])
def test_a_field_of_another_kind_is_told(spoil: Callable[[dict[str, object]], object]) -> None:
    data = report(envoy(7)).to_json()
    spoil(data)
    with pytest.raises(Damaged, match="damaged report"):
        Report.from_bytes(json.dumps(data).encode(), "x")
