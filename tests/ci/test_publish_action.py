"""The action `publish`: its steps, run as a runner does, against real stores and a real Envoy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.store.keys import make_keys
from tests.ci.jobs import ACTIONS, Jobs
from tests.support.fleet import RunningFleet
from tests.support.ports import free_port
from tests.support.stores import BUCKET


def test_a_push_is_published(jobs: Jobs) -> None:
    jobs.check_out()
    first = jobs.publish()
    assert (first.status, first.log.count("::error")) == (0, 0), first.log
    assert (first.outputs["changed"], first.outputs["serial"]) == ("true", "1")
    assert (jobs.store / "releases" / (first.outputs["release"] + ".json")).is_file()
    assert json.loads(Path(first.outputs["result"]).read_text())["serial"] == 1
    assert "| edge/public |" in first.summary


def test_publishing_a_commit_again_changes_nothing(jobs: Jobs) -> None:
    jobs.check_out()
    first, again = jobs.publish(), jobs.publish()
    assert (again.status, again.outputs["changed"]) == (0, "false"), again.log
    assert again.outputs["release"] == first.outputs["release"]


def test_it_publishes_to_s3(jobs: Jobs, seaweed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweed.items():
        monkeypatch.setenv(name, value)
    jobs.check_out()
    outcome = jobs.publish(store=f"s3://{BUCKET}/publish-action")
    assert (outcome.status, outcome.outputs["changed"]) == (0, "true"), outcome.log


def test_nothing_is_published_from_bad_manifests(jobs: Jobs) -> None:
    jobs.upstream.commit("Break", {"manifests/broken.yaml": "a: [\n"})
    jobs.check_out()
    outcome = jobs.publish()
    assert outcome.status == 1
    assert "manifests/broken.yaml" in outcome.summary
    assert not (jobs.store / "HEAD.json").exists()


def test_what_was_reviewed_is_what_ships(jobs: Jobs) -> None:
    jobs.propose_canary()
    plan = Path(jobs.plan(store=jobs.store.as_uri()).outputs["report"]) / "plan.json"
    assert jobs.publish(plan=str(plan)).status == 0
    jobs.propose_canary(weight=1)
    outcome = jobs.publish(plan=str(plan))
    assert (outcome.status, outcome.outputs["serial"]) == (3, ""), outcome.log


def test_a_release_is_signed_and_the_key_not_left_behind(jobs: Jobs, tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    secret = (tmp_path / "key").read_text()
    jobs.check_out()
    outcome = jobs.publish(sign_key=secret)
    assert outcome.status == 0, outcome.log
    assert json.loads((jobs.store / "HEAD.json").read_text())["signatures"]
    assert secret not in outcome.log
    assert not list(jobs.temp.glob("*key*"))


def test_a_release_that_nobody_takes_yet_is_a_warning(jobs: Jobs) -> None:
    jobs.check_out()
    outcome = jobs.publish(rollout_wait="1")
    assert outcome.status == 0, outcome.log
    assert re.search(r"^::warning title=gitway rollout::.*edge/public", outcome.log, re.MULTILINE)
    assert "| edge/public | ⚪" in outcome.summary


def test_the_rollout_is_followed_to_its_end(jobs: Jobs, tmp_path: Path) -> None:
    manifests = jobs.upstream.path / "manifests"
    files = {file.name: file.read_text() for file in manifests.iterdir()}
    files["edge.yaml"] = files["edge.yaml"].replace("port: 8080", f"port: {free_port()}")
    with RunningFleet(tmp_path / "fleet", "edge/public", files) as fleet:
        fleet.repository.commit("Again", {"shop.yaml": files["shop.yaml"].replace("weight: 95", "weight: 50")})
        inputs = {"store": fleet.store, "repo": str(fleet.repository.path), "rollout_wait": "60"}
        jobs.check_out()
        outcome = jobs.publish(**inputs, path="")
        assert outcome.status == 0, outcome.log
        assert "| edge/public | ✅ 1 of 1 Envoys have acknowledged it |" in outcome.summary
        assert json.loads(Path(outcome.outputs["rollout"]).read_text())["acknowledged"] is True


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        ("acknowledged", 0, "✅"),
        ("refused", 3, "::error title=gitway rollout::edge/a ❌ refused: node-1: a|b%25 ::warning::c"),
        ("pending", 3, "⏳ 1 of 2 Envoys"),
        ("unreported", 0, "::warning title=gitway rollout::no sidecar reports an Envoy of edge/a"),
    ],
)
def test_a_job_fails_where_envoys_refuse_or_are_late(tmp_path: Path, outcome: str, status: int, told: str) -> None:
    refused = [{"node": "node-1", "message": "a|b%\n::warning::c"}] if outcome == "refused" else []
    fleet = {"outcome": outcome, "envoys": 2, "acknowledged": 2 if outcome == "acknowledged" else 1, "refused": refused}
    rollout = {"format": 1, "serial": 4, "acknowledged": status == 0, "fleets": {"edge/a": fleet}}
    summary, result = tmp_path / "summary", tmp_path / "rollout.json"
    summary.write_text("")
    result.write_text(json.dumps(rollout))
    script = ACTIONS / "publish" / "rollout_summary.py"
    done = subprocess.run([sys.executable, script, result, summary], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert told in done.stdout + summary.read_text()
    assert "\n::warning::c" not in done.stdout
    assert "a|b" not in summary.read_text()


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"store": ""}, "store"),
        ({"store": "https://a/b"}, "store"),
        ({"envoy_validate": "yes"}, "envoy-validate"),
        ({"rollout_wait": "1 minute"}, "rollout-wait"),
        ({"allow_plaintext_secrets": "yes"}, "allow-plaintext-secrets"),
        ({"repo": "missing"}, "repo"),
    ],
)
def test_wrong_inputs_are_named(jobs: Jobs, inputs: dict[str, str], named: str) -> None:
    jobs.check_out()
    outcome = jobs.publish(**inputs)
    assert outcome.status == 1
    assert re.search(rf"^::error title=gitway::.*{named}", outcome.log, re.MULTILINE)
