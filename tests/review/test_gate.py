"""What is made of the answer of an Envoy, or of what takes its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.review.gate import NoEnvoyError, refused_by_envoy
from reconciler.review.modes import EnvoyValidate
from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, Snapshot

REFUSAL = "[critical][main] error initializing configuration '/tmp/x/bootstrap.pb': no such cluster"


def ask(snapshot: Snapshot | None = None) -> list[str]:
    """The messages about one fleet."""
    snapshots = {"shop/edge": snapshot or build({CLUSTER: {"a": b""}})}
    return [found.message for found in refused_by_envoy(snapshots, {}, EnvoyValidate.AUTO)]


@pytest.fixture
def envoy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "envoy"
    monkeypatch.setenv("GITWAY_ENVOY", str(path))
    return path


def install(path: Path, script: str, mode: int = 0o755) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)


def test_a_verdict_for_it(envoy: Path) -> None:
    install(envoy, "echo \"configuration '$4' OK\"")
    assert ask() == []


def test_a_verdict_against_it(envoy: Path) -> None:
    install(envoy, f'echo "{REFUSAL}" >&2; exit 1')
    assert ask() == ["Envoy refuses the configuration of fleet shop/edge: no such cluster"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", "ended with exit code 0 without a verdict"),
        ("echo fine", "ended with exit code 0 without a verdict: fine"),
        ("exit 3", "ended with exit code 3 without a verdict"),
        ("echo broken >&2; exit 127", "exit code 127 without a verdict: broken"),
        ("kill -SEGV $$", "crashed (SIGSEGV)"),
        (f'echo "{REFUSAL}" >&2; kill -ABRT $$', "crashed (SIGABRT)"),
        ("printf '\\377' >&2; exit 1", "exit code 1 without a verdict"),
    ],
)
def test_what_gives_no_verdict_says_nothing_about_the_manifests(envoy: Path, script: str, told: str) -> None:
    install(envoy, script)
    with pytest.raises(NoEnvoyError) as raised:
        ask()
    assert told in str(raised.value)
    assert "GITWAY_ENVOY" in raised.value.help


@pytest.mark.parametrize("mode", [None, 0o644])
def test_what_cannot_be_started(envoy: Path, mode: int | None) -> None:
    if mode is not None:
        install(envoy, "exit 0", mode)
    with pytest.raises(NoEnvoyError, match="cannot be started"):
        ask()


def test_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support import binaries

    monkeypatch.setenv("GITWAY_ENVOY", str(binaries.envoy()))
    (refusal,) = ask(build({CLUSTER: {"": b""}}))
    assert "value length must be at least 1" in refusal
