"""A real git repository to write manifests into."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
"""Environment in which git reads no configuration but the repository's."""

AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
FIRST_COMMIT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class GitRepository:
    """A repository with the branch `main`; commits are a minute apart, so that the same history has the same ids."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits = 0
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *args: str) -> str:
        """Runs git in the repository and returns its output without the last newline."""
        when = (FIRST_COMMIT + timedelta(minutes=self._commits)).isoformat()
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=inherited | ISOLATED | AUTHOR | dates,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ChildProcessError(f"git {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout.removesuffix("\n")

    def write(self, path: str, content: str | bytes | Mapping[str, Any] | list[Any]) -> Path:
        """Writes a file of the work tree: text, bytes, one object, or a list of objects as YAML documents."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Mapping):
            content = [content]
        if isinstance(content, list):
            content = yaml.safe_dump_all(content, sort_keys=False)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return target

    def remove(self, path: str) -> None:
        """Removes a file of the work tree."""
        (self.path / path).unlink()

    def commit(
        self, subject: str = "Change", files: Mapping[str, str | bytes | Mapping[str, Any] | list[Any]] | None = None
    ) -> str:
        """Writes `files`, commits the whole work tree (also if nothing changed) and returns the commit's id."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self._commits += 1
        self.git("commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", subject)
        return self.head()

    def revert(self, ref: str = "HEAD") -> str:
        """Reverts a commit by a new one and returns that one's id."""
        self._commits += 1
        self.git("revert", "--no-edit", "--no-gpg-sign", ref)
        return self.head()

    def head(self) -> str:
        """The id of the newest commit."""
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> Path:
        """Clones the repository over `file://` (where `--depth` works) into `path`."""
        self.git("clone", "--quiet", *options, self.path.as_uri(), str(path))
        return path
