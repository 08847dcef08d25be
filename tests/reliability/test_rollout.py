"""`gitway rollout status`: what CI learns of the Envoys, from the reports of their sidecars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.store.keys import make_keys, read_signing_key
from reconciler.store.open import open_store
from reconciler.store.signatures import sign
from tests.sidecar.envoys import listener, resources, route
from tests.sidecar.releases import CDS, FLEET
from tests.sidecar.running import Call, Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.gitway import Done, gitway
from tests.support.ports import free_port
from tests.support.wait import eventually

ONE = {FLEET: {CDS: {"x": b"\x0a\x01x"}}}
TWO = {FLEET: {CDS: {"x": b"\x0a\x01x", "y": b"\x0a\x01y"}}}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher((tmp_path / "store").as_uri())


def rollout(publisher: Publisher, *options: object) -> Done:
    """The command."""
    return gitway("rollout", "status", "--store", publisher.url, *options)


def reports(tmp_path: Path) -> list[Path]:
    """The reports in the store."""
    return list((tmp_path / "store").glob("status/**/*.json"))


def test_a_release_that_all_envoys_have_acknowledged(tmp_path: Path, publisher: Publisher, backends: Backends) -> None:
    port = free_port()
    backend = backends.start("blue").port
    made = resources({"web": listener(port, "table")}, {"table": route("blue")}, {"blue": backend})
    publisher.publish({FLEET: made})
    assert rollout(publisher).code == 3
    with Sidecar(tmp_path, publisher.url, id="edge 1") as sidecar:
        with connected(tmp_path / "a", sidecar), connected(tmp_path / "b", sidecar, node="envoy-2"):
            done = rollout(publisher, "--wait", 30)
            assert (done.code, done.stderr) == (0, "")
            assert "edge 1: serial 1" in done.stdout
            eventually(lambda: f"{FLEET}: acknowledged: 2 of 2" in rollout(publisher).stdout)
            publisher.publish({FLEET: {**made, CDS: {**made[CDS]}}})
            assert rollout(publisher, "--wait", 30, "-o", "json").json["fleets"][FLEET]["acknowledged"] == 2
        eventually(lambda: reports(tmp_path) == [])
        assert "no report of a connected Envoy" in rollout(publisher, "--fleet", FLEET).stdout


def test_a_release_that_an_envoy_refuses_is_told_with_its_words(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        call.ask(CDS, response_nonce=call.next().nonce)
        assert rollout(publisher, "--wait", 30).code == 0
        publisher.publish(TWO)
        call.ask(CDS, response_nonce=call.next().nonce, error_detail={"message": "no such thing"})
        refused = rollout(publisher, "--wait", 30)
        assert refused.code == 3
        assert "test refused Cluster 2." in refused.stdout
        assert "no such thing" in refused.stdout
        call.ask(CDS, response_nonce=call.next().nonce)  # the one before it
        assert rollout(publisher).code == 3


def test_an_envoy_that_does_not_answer_is_waited_for(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        call.next()
        eventually(lambda: reports(tmp_path))
        done = rollout(publisher, "--wait", 0.1)
        assert done.code == 3
        assert "pending: 0 of 1" in done.stdout


def test_a_sidecar_that_ends_takes_its_reports_back(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        eventually(lambda: reports(tmp_path))
        assert sidecar.stop() == 0
        assert reports(tmp_path) == []


def test_reports_are_written_when_there_is_news_not_at_every_look(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        call.ask(CDS, response_nonce=call.next().nonce)
        assert rollout(publisher, "--wait", 30).code == 0
        [report] = reports(tmp_path)
        written = report.stat().st_ino
        polls = sidecar.admin("/").json["store"]["polls"]
        eventually(lambda: sidecar.admin("/").json["store"]["polls"] > polls + 10)
        assert report.stat().st_ino == written


def test_a_store_that_cannot_be_written_to_is_told_once(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    (tmp_path / "store" / "status").write_text("in the way")
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        assert len(call.next().resources) == 1
        eventually(lambda: "no status is reported" in sidecar.output())
        polls = sidecar.admin("/").json["store"]["polls"]
        eventually(lambda: sidecar.admin("/").json["store"]["polls"] > polls + 10)
        assert sidecar.output().count("no status is reported") == 1
        publisher.publish(TWO)
        assert len(call.next().resources) == 1


def test_a_store_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    assert gitway("rollout", "status", "--store", (tmp_path / "store").as_uri()).code == 4


def test_a_head_that_is_not_signed_by_a_given_key_tells_nothing(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    for name in ("key", "other"):
        make_keys(tmp_path / name)
    unsigned = rollout(publisher, "--verify-key", tmp_path / "key.pub")
    assert (unsigned.code, "sign" in unsigned.stderr) == (4, True)
    found = open_store(publisher.url).read_head()
    assert found is not None
    signed = sign(found[0], read_signing_key(str(tmp_path / "key")), "edge")
    (tmp_path / "store" / "HEAD.json").write_text(json.dumps(signed.to_json()))
    named = ("--store-name", "edge", "--verify-key")
    assert "no report" in rollout(publisher, *named, tmp_path / "key.pub").stdout
    assert rollout(publisher, *named, tmp_path / "other.pub").code == 4
    assert rollout(publisher, "--verify-key", tmp_path / "key.pub").code == 4
