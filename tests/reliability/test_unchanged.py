"""What has not changed is neither written nor sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.snapshot.model import CLUSTER
from reconciler.store.open import open_store
from tests.sidecar.running import Call, Publisher, Sidecar
from tests.support.gitway import succeed
from tests.support.manifests import repository
from tests.support.repository import GitRepository
from tests.support.wait import eventually

FLEET = "infra/edge"
ONE = {FLEET: {CLUSTER: {"x": b"\x0a\x01x"}}}
TWO = {FLEET: {CLUSTER: {"x": b"\x0a\x01x", "y": b"\x0a\x01y"}}}


@pytest.fixture
def written(url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of all writes to the store, which are made all the same. (S3 tells ages in whole seconds only.)"""
    kind = type(open_store(url).objects)
    keys: list[str] = []
    for name in ("put_immutable", "put", "swap"):
        monkeypatch.setattr(kind, name, _noted(getattr(kind, name), keys))
    return keys


def _noted(write: Callable[..., Any], keys: list[str]) -> Callable[..., Any]:
    def noted(store: object, key: str, *rest: Any) -> Any:
        keys.append(key)
        return write(store, key, *rest)

    return noted


def test_publishing_the_same_commit_makes_no_write(git_repo: GitRepository, url: str, written: list[str]) -> None:
    """On files, a real S3 server and moto's."""
    git_repo.commit("First", repository())
    command = ("publish", "--repo", git_repo.path, "--store", url, "--envoy-validate", "never", "-o", "json")
    succeed(*command)
    assert "HEAD.json" in written
    written.clear()
    before = list(open_store(url).objects.list(""))
    assert succeed(*command).json["changed"] is False
    assert written == []
    assert list(open_store(url).objects.list("")) == before
    git_repo.commit("The same again")
    assert succeed(*command).json["serial"] == 2
    objects = set(written)  # one write may be made by another
    assert sorted(key.partition("/")[0] for key in objects) == ["HEAD.json", "releases"]


@pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])
def test_a_release_with_equal_snapshots_sends_no_envoy_anything(tmp_path: Path, delta: bool) -> None:
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish(ONE)
    with Sidecar(tmp_path / "sidecar", publisher.url) as sidecar, Call(sidecar.xds, delta=delta) as call:
        call.ask(CLUSTER, fleet=FLEET)
        first = call.next()
        call.ask(CLUSTER, response_nonce=first.nonce)
        for serial in (2, 3, 4):
            assert publisher.publish(ONE).serial == serial
            eventually(lambda serial=serial: sidecar.admin("/").json["serial"] == serial)  # type: ignore[misc]
        assert publisher.publish(TWO).serial == 5
        second = call.next()
        version = second.system_version_info if delta else second.version_info
        assert version.startswith("5."), "the next thing that was sent is of the next change"
