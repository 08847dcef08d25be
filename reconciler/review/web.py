"""Addresses on the web of what a plan is about, where the run of a forge that makes it says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

_SERVER: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9_./-]+)?")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


class Web(NamedTuple):
    """`files` is what a file's path is put behind, `run` the page with the run's summary; empty where unknown."""

    files: str = ""
    run: str = ""

    def file(self, path: str, line: int = 0) -> str:
        """The address of a file, or of a line of it; empty where unknown."""
        return f"{self.files}{quote(path)}" + (f"#L{line}" if line else "") if self.files and path else ""


def web_of(environ: Mapping[str, str], commit: str) -> Web:
    """What the variables of GitHub's or GitLab's runner say of a commit.

    Nothing where it is not the run's own: another repository may be checked out. The commit of a pull request's run is
    that of its merge, whose lines are those that the plan names.
    """
    if not commit or commit not in {environ.get("GITHUB_SHA"), environ.get("CI_COMMIT_SHA")}:
        return Web()
    server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    if _SERVER.fullmatch(server) and _REPOSITORY.fullmatch(repository):
        run = environ.get("GITHUB_RUN_ID", "")
        page = f"{server}/{repository}/actions/runs/{run}" if run.isdecimal() else ""
        return Web(f"{server}/{repository}/blob/{commit}/", page)
    project, job = environ.get("CI_PROJECT_URL", ""), environ.get("CI_JOB_URL", "")
    if _SERVER.fullmatch(project):
        return Web(f"{project}/-/blob/{commit}/", job if _SERVER.fullmatch(job) else "")
    return Web()
