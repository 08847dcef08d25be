"""The pipeline for GitLab: its script lines, run with the variables that GitLab gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import yaml

from tests.ci.jobs import Jobs
from tests.support.binaries import ROOT

PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "gitlab" / ".gitlab-ci.yml").read_text())


def script(job: str, workspace: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A job's script, in one shell that ends at the first failure, as GitLab's runner does."""
    env = {**os.environ, **variables, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    lines = "\n".join(PIPELINE[job]["script"]).replace("--wait 120", "--wait 0")
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", lines]
    return subprocess.run(command, cwd=workspace, env=env, capture_output=True, text=True, check=False)


def test_every_line_is_bash() -> None:
    for lines in (PIPELINE["default"]["before_script"], PIPELINE["plan"]["script"], PIPELINE["publish"]["script"]):
        checked = subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, capture_output=True, check=False)
        assert checked.stderr == ""


def test_jobs_have_the_keys_that_gitlab_knows() -> None:
    jobs = {name: job for name, job in PIPELINE.items() if name not in {"stages", "default", "variables"}}
    assert jobs.keys() == {"plan", "publish"}
    known = {"stage", "rules", "script", "artifacts", "environment", "resource_group", "interruptible", "id_tokens"}
    for job in jobs.values():
        assert job.keys() <= known
        assert job["stage"] in PIPELINE["stages"]


def test_gitway_is_installed_as_locked() -> None:
    """And, with hashes, nothing else; a commit, not a branch."""
    lines = PIPELINE["default"]["before_script"]
    assert [line for line in lines if "--require-hashes" in line and "requirements.lock" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in lines if " install " in line)
    assert (ROOT / "requirements.lock").is_file()


def test_a_merge_request_has_a_plan_and_a_report(jobs: Jobs) -> None:
    base = jobs.upstream.head()
    jobs.propose_canary()
    done = script("plan", jobs.workspace, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert done.returncode == 0, done.stderr
    for name in PIPELINE["plan"]["artifacts"]["paths"]:
        assert "shop" in (jobs.workspace / name).read_text()
    report = PIPELINE["plan"]["artifacts"]["reports"]["junit"]
    assert ET.fromstring((jobs.workspace / report).read_text()).tag == "testsuites"


def test_what_is_merged_is_published_and_then_looked_for_at_its_envoys(jobs: Jobs) -> None:
    jobs.check_out()
    done = script("publish", jobs.workspace, GITWAY_STORE=jobs.store.as_uri(), GITWAY_AWS_TOKEN="token")
    assert (jobs.store / "HEAD.json").is_file(), done.stderr
    # No Envoy is there, and nobody waits for one in a test.
    assert done.returncode == 3
    assert "edge/public: unreported" in done.stdout
