"""Jobs of GitHub Actions: a checkout of a repository like `examples/github`, what the runner tells, and our actions."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.actions import Outcome, run_action
from tests.support.binaries import ROOT
from tests.support.github import TOKEN, Stub
from tests.support.repository import GitRepository

ACTIONS = ROOT / ".github" / "actions"
EXAMPLE = ROOT / "examples" / "github"
PULL_REQUEST = 7
RUN = "https://github.example/acme/edge/actions/runs/1"


class Jobs:
    """The jobs of one repository, whose upstream is a copy of the example."""

    def __init__(self, directory: Path) -> None:
        self.upstream = GitRepository(directory / "upstream")
        shutil.copytree(EXAMPLE, self.upstream.path, dirs_exist_ok=True)
        self.upstream.commit("First")
        self.workspace = directory / "workspace"
        self.store = directory / "store"
        self.temp = directory / "temp"
        self.temp.mkdir()
        # The actions keep an environment that is already there; its installation is not the tests'.
        (self.temp / "gitway").symlink_to(sys.prefix, target_is_directory=True)

    def propose(self, files: dict[str, Any] | None = None, *options: str) -> str:
        """Commits to a branch, and checks it out in the workspace as for a pull request; gives the commit."""
        if self.upstream.git("branch", "--show-current") == "main":
            self.upstream.git("checkout", "--quiet", "-b", "proposal")
        commit = self.upstream.commit("Propose", files)
        self.check_out("--branch=proposal", *options)
        return commit

    def propose_canary(self, weight: int = 50) -> str:
        """A pull request that gives the canary more weight."""
        shop = (EXAMPLE / "manifests" / "shop.yaml").read_text()
        return self.propose({"manifests/shop.yaml": shop.replace("weight: 95", f"weight: {weight}")})

    def check_out(self, *options: str) -> None:
        """Clones the upstream repository into the workspace, in place of what was there."""
        shutil.rmtree(self.workspace, ignore_errors=True)
        self.upstream.clone(self.workspace, *options)

    def plan(self, **inputs: str) -> Outcome:
        """The action `plan` on a pull request to main."""
        event = {"pull_request": {"number": PULL_REQUEST}}
        env = {"GITHUB_BASE_REF": "main", "GITHUB_REF": f"refs/pull/{PULL_REQUEST}/merge"}
        return self._run("plan", "pull_request", event, env, {"path": "manifests", **inputs})

    def publish(self, **inputs: str) -> Outcome:
        """The action `publish` on a push."""
        inputs = {"store": self.store.as_uri(), "path": "manifests", "rollout_wait": "0", **inputs}
        return self._run("publish", "push", {"ref": "refs/heads/main"}, {"GITHUB_REF": "refs/heads/main"}, inputs)

    def comment(self, stub: Stub, report: str, commit: str, repository: str = "", **inputs: str) -> Outcome:
        """The action `comment` on the end of a plan's run for `commit` of `repository` (default: no fork)."""
        run = {
            "event": "pull_request",
            "head_sha": commit,
            "head_repository": {"full_name": repository or stub.repository},
            "html_url": RUN,
        }
        env = {"GITHUB_API_URL": stub.url, "GITHUB_REPOSITORY": stub.repository, "GITHUB_TOKEN": TOKEN}
        self.workspace.mkdir(exist_ok=True)
        inputs = {"report": report, "python": sys.executable, **inputs}
        return self._run("comment", "workflow_run", {"workflow_run": run}, env, inputs)

    def reviewed(self, stub: Stub, commit: str, **inputs: str) -> Outcome:
        """The action `reviewed` on a push of `commit`."""
        env = {
            "GITHUB_API_URL": stub.url,
            "GITHUB_REPOSITORY": stub.repository,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_SHA": commit,
        }
        return self._run("reviewed", "push", {"ref": "refs/heads/main"}, env, inputs)

    def _run(
        self, action: str, event: str, payload: dict[str, Any], env: dict[str, str], inputs: dict[str, str]
    ) -> Outcome:
        file = self.temp / "event.json"
        file.write_text(json.dumps(payload))
        env = {**env, "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(file)}
        return run_action(ACTIONS / action, workspace=self.workspace, temp=self.temp, env=env, **inputs)
