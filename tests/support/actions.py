"""Runs the steps of a composite GitHub action as a runner does: bash, `env`, outputs and `if`, without GitHub."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{(.+?)\}\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of an action ended; `log` is what its steps printed."""

    status: int
    outputs: dict[str, str]
    summary: str
    log: str


@dataclass
class _State:
    inputs: dict[str, str] = field(default_factory=dict)
    token: str = ""
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    def evaluate(self, expression: str) -> str:
        """The few expressions that our action uses: names, string literals, `!=` and `||`."""
        if " || " in expression:
            return next(filter(None, map(self.evaluate, expression.split(" || "))), "")
        if " != " in expression:
            left, right = expression.split(" != ")
            return "true" if self.evaluate(left) != self.evaluate(right) else ""
        match expression.strip().split("."):
            case ["inputs", name]:
                return self.inputs[name]
            case ["github", "token"]:
                return self.token
            case ["steps", step, "outputs", name]:
                return self.steps.get(step, {}).get(name, "")
            case [literal] if literal.startswith("'"):
                return literal.strip("'")
        raise ValueError(f"not an expression of this runner: {expression}")

    def fill(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.evaluate(found[1]), text)


def run_action(action: Path, *, workspace: Path, temp: Path, env: Mapping[str, str], **inputs: str) -> Outcome:
    """Runs a composite action with `inputs` (underscores for hyphens) in `workspace`.

    Args:
        temp: the runner's directory for temporary files.
        env: what GitHub would set, e.g. `GITHUB_EVENT_NAME`.
    """
    described = yaml.safe_load((action / "action.yml").read_text())
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert given.keys() <= described["inputs"].keys()
    state = _State(token=env.get("GITHUB_TOKEN", ""))
    for name, entry in described["inputs"].items():
        state.inputs[name] = given.get(name, state.fill(entry["default"]))
    summary = temp / "summary.md"
    summary.write_text("")
    exported = temp / "env"
    exported.write_text("")
    status, log = 0, ""
    for step in described["runs"]["steps"]:
        if status or ("if" in step and not state.evaluate(step["if"])):
            continue
        output = temp / "output"
        output.write_text("")
        given_to_step = {name: state.fill(value) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": output, "GITHUB_ENV": exported, "GITHUB_STEP_SUMMARY": summary}
        status, printed = _run(
            step["run"],
            workspace,
            {
                **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
                **{name: str(path) for name, path in files.items()},
                "GITHUB_ACTION_PATH": str(action),
                "RUNNER_TEMP": str(temp),
                "CI": "true",
                **{name: value for name, value in env.items() if name != "GITHUB_TOKEN"},  # which steps are not given
                **_assignments(exported),
                **given_to_step,
            },
        )
        log += printed
        if "id" in step:
            state.steps[step["id"]] = _assignments(output)
    outputs = {name: state.fill(entry["value"]) for name, entry in described["outputs"].items()}
    return Outcome(status, outputs, summary.read_text(), log)


def steps_of(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All steps of a parsed workflow or composite action."""
    if "runs" in described:
        return list(described["runs"]["steps"])
    return [step for job in described["jobs"].values() for step in job.get("steps", [])]


def _assignments(file: Path) -> dict[str, str]:
    """`NAME=VALUE`, or `NAME<<END`, lines, `END`."""
    found = {}
    lines = iter(file.read_text().splitlines())
    for line in lines:
        name, heredoc, end = line.partition("<<")
        if heredoc and "=" not in name:
            found[name] = "\n".join(iter(lambda: next(lines), end))
        else:
            name, _, found[name] = line.partition("=")
    return found


def _run(script: str, workspace: Path, env: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=workspace,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
