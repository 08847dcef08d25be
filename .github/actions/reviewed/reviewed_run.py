"""The id of the run that planned what a commit has merged; needs GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_SHA.

    reviewed_run.py ARTIFACT

Ends with 3, and the reason on stdout, where there is none. Of several runs the newest counts. The artifact is of the
pull request's own workflow: it can keep a publish from happening, but not have anything published.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import quote

from reconciler.review.github.api import ApiError, GitHub, persistently

NONE = 3


def main(artifact: str) -> int:
    """Tell it, and give the exit code."""
    api = GitHub(os.environ.get("GITHUB_API_URL") or "https://api.github.com", os.environ["GITHUB_TOKEN"])
    repository, commit = f"/repos/{os.environ['GITHUB_REPOSITORY']}", os.environ["GITHUB_SHA"]
    try:
        found = persistently(lambda: _find(api, repository, commit, artifact))
    except (ApiError, KeyError, TypeError) as error:
        print(f"GitHub: {error}", file=sys.stderr)
        return 1
    print(found)
    return 0 if isinstance(found, int) else NONE


def _find(api: GitHub, repository: str, commit: str, artifact: str) -> int | str:
    """The run's id, or why there is none."""
    pulls = api.call("GET", f"{repository}/commits/{commit}/pulls")
    merged = [pull for pull in pulls if pull["merged_at"] and pull["merge_commit_sha"] == commit]
    if not merged:
        return f"no pull request was merged as {commit[:12]}"
    head = merged[0]["head"]["sha"]
    query = f"head_sha={head}&event=pull_request&status=success&per_page=100"
    runs = api.call("GET", f"{repository}/actions/runs?{query}")["workflow_runs"]
    for run in sorted(runs, key=lambda one: int(one["id"]), reverse=True):
        if _has(api, repository, run, artifact):
            return int(run["id"])
    return f"no run of pull request {int(merged[0]['number'])} at {head[:12]} succeeded and still has one"


def _has(api: GitHub, repository: str, run: dict[str, Any], artifact: str) -> bool:
    told = api.call("GET", f"{repository}/actions/runs/{int(run['id'])}/artifacts?name={quote(artifact, safe='')}")
    return any(one["name"] == artifact and not one["expired"] for one in told["artifacts"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
