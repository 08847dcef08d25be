"""The files around the code: locks, workflows, the GitHub action and the repository to copy."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.actions import Outcome, run_action, steps_of
from tests.support.binaries import ROOT
from tests.support.repository import GitRepository

ACTION = ROOT / ".github" / "actions" / "gitway"
EXAMPLE = ROOT / "examples" / "github"
WORKFLOWS = sorted([*ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("examples/*/.github/workflows/*.yml")])
GITHUB_FILES = [*WORKFLOWS, ACTION / "action.yml"]
LOCKS = ["requirements.lock", "dev.lock", "tools.lock"]


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _parsed(path: Path) -> dict[str, Any]:
    # BaseLoader: GitHub reads `on` as a string, YAML 1.1 as a boolean.
    described = yaml.load(path.read_text(), yaml.BaseLoader)
    assert isinstance(described, dict)
    return described


def _pins(lock: str) -> dict[str, str]:
    lines = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(lines)


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_have_hashes_and_name_no_server(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:])


def test_the_environments_agree() -> None:
    assert _pins("requirements.lock").items() <= _pins("dev.lock").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def names(requirements: list[Any]) -> set[str]:
        return {re.split(r"[\[<>=]", entry)[0] for entry in requirements if isinstance(entry, str)}

    groups = project["dependency-groups"]
    assert names(project["project"]["dependencies"] + groups["build"]) <= _pins("requirements.lock").keys()
    assert names(groups["dev"]) <= _pins("dev.lock").keys()
    assert names(groups["tools"]) == _pins("tools.lock").keys()


def test_every_room_is_under_a_contract() -> None:
    """A new module of the top level says who may import it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {name for contract in contracts for name in contract.get("protected_modules", [])}
    modules = [path for path in (ROOT / "reconciler").iterdir() if path.suffix in {"", ".py"}]
    rooms = {f"reconciler.{path.stem}" for path in modules if not path.name.startswith("_")}
    assert rooms == {name for name in named if name.startswith("reconciler.")}


@pytest.mark.parametrize("path", GITHUB_FILES, ids=_id)
def test_nothing_is_interpolated_into_scripts(path: Path) -> None:
    scripts = [step["run"] for step in steps_of(_parsed(path)) if "run" in step]
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", GITHUB_FILES, ids=_id)
def test_scripts_are_bash(path: Path) -> None:
    for step in steps_of(_parsed(path)):
        checked = subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, capture_output=True, check=False)
        assert checked.stderr == ""


@pytest.mark.parametrize("path", GITHUB_FILES, ids=_id)
def test_other_peoples_actions_are_pinned_to_commits(path: Path) -> None:
    used = re.findall(r"uses:\s*(.+)", path.read_text())
    assert len(used) == len([step for step in steps_of(_parsed(path)) if "uses" in step])
    assert [entry for entry in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # \S.*", entry)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=_id)
def test_workflows_grant_nothing_but_per_job(path: Path) -> None:
    described = _parsed(path)
    assert described["permissions"] == {}
    assert all("permissions" in job and "timeout-minutes" in job for job in described["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=_id)
def test_checkouts_leave_no_credentials_behind(path: Path) -> None:
    checkouts = [s for s in steps_of(_parsed(path)) if s.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_the_example_uses_the_actions_own_inputs() -> None:
    inputs = _parsed(ACTION / "action.yml")["inputs"]
    workflow = _parsed(EXAMPLE / ".github" / "workflows" / "gitway.yml")
    ours = [step for step in steps_of(workflow) if "/gitway/.github/actions/gitway@" in step.get("uses", "")]
    assert len(ours) == 2
    assert all(step["with"].keys() <= inputs.keys() for step in ours)


class Job:
    """A job of GitHub Actions: a checkout of a repository like `examples/github`, and the action."""

    def __init__(self, directory: Path) -> None:
        self.upstream = GitRepository(directory / "upstream")
        shutil.copytree(EXAMPLE, self.upstream.path, dirs_exist_ok=True)
        self.upstream.commit("First")
        self.workspace = directory / "workspace"
        self.store = directory / "store"
        self._temp = directory / "temp"
        self._temp.mkdir()
        # The action keeps an environment that is already there; its installation is not this test's.
        (self._temp / "gitway").symlink_to(sys.prefix, target_is_directory=True)

    def check_out(self, *options: str) -> None:
        """Clones the upstream repository into the workspace."""
        self.upstream.clone(self.workspace, *options)

    def publish(self, **inputs: str) -> Outcome:
        """The action on a push."""
        inputs = {"store": self.store.as_uri(), "path": "manifests", **inputs}
        return self.run({"GITHUB_EVENT_NAME": "push"}, **inputs)

    def plan(self, **inputs: str) -> Outcome:
        """The action on a pull request to main."""
        return self.run({"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}, **inputs)

    def run(self, env: dict[str, str], **inputs: str) -> Outcome:
        """The action."""
        return run_action(ACTION, workspace=self.workspace, temp=self._temp, env=env, **inputs)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def test_the_action_publishes_on_push(job: Job) -> None:
    job.check_out()
    first = job.publish()
    assert (first.status, first.log.count("::error")) == (0, 0), first.log
    assert (first.outputs["changed"], first.outputs["serial"]) == ("true", "1")
    assert (job.store / "releases" / (first.outputs["release"] + ".json")).is_file()
    assert "| edge/public |" in first.summary


def test_publishing_a_commit_again_changes_nothing(job: Job) -> None:
    job.check_out()
    first, again = job.publish(), job.publish()
    assert (again.status, again.outputs["changed"]) == (0, "false"), again.log
    assert again.outputs["release"] == first.outputs["release"]


def test_the_action_publishes_nothing_from_bad_manifests(job: Job) -> None:
    job.upstream.commit("Break", {"manifests/broken.yaml": "a: [\n"})
    job.check_out()
    outcome = job.publish()
    assert outcome.status == 1
    assert "manifests/broken.yaml" in outcome.summary
    assert not (job.store / "HEAD.json").exists()


def test_the_action_plans_a_pull_request_against_its_base(job: Job) -> None:
    shop = (job.upstream.path / "manifests" / "shop.yaml").read_text()
    job.upstream.git("checkout", "--quiet", "-b", "canary")
    job.upstream.commit("More", {"manifests/shop.yaml": shop.replace("weight: 95", "weight: 50")})
    job.check_out("--branch=canary")
    outcome = job.plan(path="manifests")
    assert (outcome.status, outcome.outputs["changed"]) == (0, "true"), outcome.log
    assert "shop" in outcome.summary
    assert Path(outcome.outputs["result"]).is_file()
    assert outcome.outputs["serial"] == ""


def test_a_plan_without_changes_says_so(job: Job) -> None:
    job.check_out()
    outcome = job.plan()
    assert (outcome.status, outcome.outputs["changed"]) == (0, "false"), outcome.log


def test_a_plan_of_bad_manifests_fails_and_shows_them_as_text(job: Job) -> None:
    job.upstream.git("checkout", "--quiet", "-b", "bad")
    bad = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "</pre><img src=x>", "metadata": {"name": "bad"}}
    job.upstream.commit("Break", {"manifests/bad.yaml": bad})
    job.check_out("--branch=bad")
    outcome = job.plan()
    assert outcome.status == 1
    assert "manifests/bad.yaml" in outcome.summary
    assert "<img" not in outcome.summary


def test_a_shallow_checkout_is_told_what_to_do(job: Job) -> None:
    job.upstream.commit("Second")
    job.upstream.git("checkout", "--quiet", "-b", "canary")
    job.upstream.commit("Third")
    job.check_out("--depth=1", "--branch=canary")
    outcome = job.plan()
    assert outcome.status == 1
    assert "in this shallow clone" in outcome.summary
    assert "fetch-depth: 0" in outcome.summary


def test_paths_are_lines_and_never_code(job: Job) -> None:
    job.check_out()
    outcome = job.publish(path='$(touch pwned)\n`touch pwned`\n"; touch pwned; "\nmanifests')
    assert not list(job.workspace.glob("**/pwned"))
    assert "pwned" in outcome.log or outcome.status == 0


@pytest.mark.parametrize(
    ("event", "inputs", "named"),
    [
        ("push", {"command": "apply", "store": "s3://a/b"}, "command"),
        ("push", {}, "store"),
        ("push", {"store": "https://a/b"}, "store"),
        ("push", {"store": "s3://a/b", "envoy_validate": "yes"}, "envoy-validate"),
        ("push", {"store": "s3://a/b", "allow_plaintext_secrets": "yes"}, "allow-plaintext-secrets"),
        ("push", {"store": "s3://a/b", "repo": "missing"}, "repo"),
        ("issue_comment", {"store": "s3://a/b"}, "command"),
    ],
)
def test_the_action_refuses_what_it_cannot_do(job: Job, event: str, inputs: dict[str, str], named: str) -> None:
    job.check_out()
    outcome = job.run({"GITHUB_EVENT_NAME": event}, **inputs)
    assert outcome.status == 1
    assert re.search(rf"^::error title=gitway::.*{named}", outcome.log, re.MULTILINE)
