"""A publish that is killed, raced or cut off leaves a whole store, with the old release or the new one current."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from reconciler.store.history import Entry, history
from reconciler.store.open import open_store
from reconciler.store.store import HEAD
from reconciler.store.verify import verify_store
from tests.reliability.killed import Publishers
from tests.support.gitway import COMMAND, gitway, succeed
from tests.support.manifests import gateway, repository, route
from tests.support.ports import free_port
from tests.support.repository import GitRepository
from tests.support.stores import BUCKET

PROCESSES = 16
JOBS = 8
ROUTE = {"route.yaml": route(hostnames=("second.example.com",))}


@pytest.fixture(params=["files", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty store on disk, and on a real S3 server."""
    if request.param == "files":
        return (tmp_path / "store").as_uri()
    for name, value in request.getfixturevalue("seaweed").items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4().hex}"


@pytest.fixture(scope="module")
def publishers() -> Iterator[Publishers]:
    """Processes that can be killed."""
    with Publishers() as running:
        yield running


@pytest.fixture
def repo(git_repo: GitRepository) -> GitRepository:
    """A repository with one commit."""
    git_repo.commit("First", repository())
    return git_repo


def options(repo: GitRepository, url: str) -> tuple[object, ...]:
    """The options of every publish here."""
    return ("--repo", repo.path, "--store", url, "--envoy-validate", "never")


def whole(url: str) -> int:
    """Ascertains that a store is whole; the serial that is current, 0 in an empty one."""
    store = open_store(url)
    found = verify_store(store) if store.read_head() else None
    assert found is None or found.damage == []
    return found.serial or 0 if found else 0


# Killed


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_killed_before_any_change_of_a_file(
    publishers: Publishers, repo: GitRepository, tmp_path: Path, first: bool
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    before = 0
    if not first:
        succeed("publish", *options(repo, base.as_uri()))
        repo.commit("Second", ROUTE)
        before = 1
    seen = set()
    number = 0
    while True:
        number += 1
        store = tmp_path / "store"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(base, store)
        killed = publishers.killed("file", number, store, *options(repo, store.as_uri()))
        seen.add(whole(store.as_uri()))
        assert succeed("publish", *options(repo, store.as_uri()), "-o", "json").json["serial"] == before + 1
        assert whole(store.as_uri()) == before + 1
        if not killed:
            break
    assert number > 8
    assert seen == {before, before + 1}


@pytest.mark.parametrize("moment", ["request", "answer"])
def test_killed_at_any_request_to_a_real_server(
    repo: GitRepository, tmp_path: Path, seaweed: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    for name, value in seaweed.items():
        monkeypatch.setenv(name, value)
    with Publishers() as publishers:  # in this environment
        _kill_at_requests(publishers, repo, tmp_path, moment)


def _kill_at_requests(publishers: Publishers, repo: GitRepository, tmp_path: Path, moment: str) -> None:
    url = f"s3://{BUCKET}/{uuid4().hex}"
    succeed("publish", *options(repo, url))
    number = serial = 1
    while True:
        repo.commit(f"Commit {number}", {"route.yaml": route(hostnames=(f"n{number}.example.com",))})
        killed = publishers.killed(moment, number, tmp_path, *options(repo, url))
        assert whole(url) in {serial, serial + 1}
        told = succeed("publish", *options(repo, url), "-o", "json").json
        assert told["serial"] == serial + 1, "nothing was published twice, and nothing lost"
        assert whole(url) == serial + 1
        serial += 1
        number += 1
        if not killed:
            break
    assert number > 5


def test_killed_at_random(repo: GitRepository, place: str) -> None:
    started = time.monotonic()
    subprocess.run([*COMMAND, "publish", *map(str, options(repo, place))], check=True, capture_output=True)
    took = time.monotonic() - started
    chance = random.SystemRandom()
    serial = 1
    for number in range(4):
        repo.commit(f"Commit {number}", {"route.yaml": route(hostnames=(f"n{number}.example.com",))})
        command = [*COMMAND, "publish", *map(str, options(repo, place))]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(chance.uniform(took / 3, took))
            except subprocess.TimeoutExpired:
                process.kill()
        assert whole(place) in {serial, serial + 1}
        assert succeed("publish", *options(repo, place), "-o", "json").json["serial"] == serial + 1
        serial += 1
        assert whole(place) == serial


# Many at once


def _at_once(commands: Sequence[Sequence[object]]) -> Iterator[tuple[int, Any, str]]:
    """Runs all of them at the same time: exit code, JSON (None where there is none) and stderr of each."""

    def run(arguments: Sequence[object]) -> tuple[int, Any, str]:
        command = [*COMMAND, "publish", *map(str, arguments), "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    with ThreadPoolExecutor(len(commands)) as pool:
        yield from pool.map(run, commands)


def _commits(url: str) -> list[str]:
    """Of all releases, the newest first; their serials are consecutive."""
    found = list(history(open_store(url)))
    releases = [each.release for each in found if isinstance(each, Entry)]
    assert len(releases) == len(found)
    assert [each.serial for each in releases] == list(range(len(releases), 0, -1))
    return [each.commit.sha for each in releases]


def test_many_publishers_of_several_commits_make_one_history(repo: GitRepository, place: str) -> None:
    """A loser finds its work done (0), is stale (3), or goes again."""
    shas = [repo.head()]
    for number in range(3):
        shas.append(repo.commit(f"Commit {number}", {"route.yaml": route(hostnames=(f"n{number}.example.com",))}))
    commands = [(*options(repo, place), "--ref", sha) for sha in shas * (PROCESSES // 4)]
    outcomes = list(_at_once(commands))
    for (code, _, stderr), command in zip(outcomes, commands, strict=True):
        assert code in {0, 3}, stderr
        if code == 3:
            assert f"stale: commit {command[-1]} is not a descendant of " in stderr
    told = [one for code, one, _ in outcomes if code == 0]
    published = [one["serial"] for one in told if one["changed"]]
    history_shas = _commits(place)
    assert sorted(published) == list(range(1, len(history_shas) + 1)), "each serial was given once"
    assert history_shas[0] == shas[-1], "the newest commit is what stays"
    assert [shas.index(sha) for sha in reversed(history_shas)] == sorted({shas.index(sha) for sha in history_shas})
    assert all(code == 0 for (code, _, _), command in zip(outcomes, commands, strict=True) if command[-1] == shas[-1])
    assert whole(place) == len(history_shas)


def test_a_matrix_of_jobs_publishes_every_fleet_once(git_repo: GitRepository, place: str) -> None:
    """`publish --fleet`, as a CI matrix runs it: each swaps HEAD in turn, none loses what another has written."""
    git_repo.commit("First", {**repository(), **_gateways("first")})
    succeed("publish", *options(git_repo, place))
    sha = git_repo.commit("Second", _gateways("second"))
    names = [f"shop/edge-{number:02}" for number in range(JOBS)]
    outcomes = list(_at_once([(*options(git_repo, place), "--fleet", name) for name in names]))
    assert [code for code, _, _ in outcomes] == [0] * JOBS, outcomes
    assert sorted(one["serial"] for _, one, _ in outcomes) == list(range(2, JOBS + 2))
    assert all(one["fleets"][name]["commit"] == sha for (_, one, _), name in zip(outcomes, names, strict=True))
    release = open_store(place).current()
    assert release
    alone = succeed("publish", *options(git_repo, place + "-alone"), "-o", "json").json["fleets"]
    assert {name: release.fleets[name].snapshot for name in names} == {name: alone[name]["snapshot"] for name in names}
    assert release.fleets["shop/edge"].commit != sha, "it was in no job"
    assert len(_commits(place)) == JOBS + 1
    assert whole(place) == JOBS + 1


def _gateways(label: str) -> dict[str, Any]:
    names = [f"edge-{number:02}" for number in range(JOBS)]
    return {
        f"{name}.yaml": [
            gateway(port=11000 + number, name=name),
            route(name, hostnames=(f"{label}.example.com",), parentRefs=[{"name": name}]),
        ]
        for number, name in enumerate(names)
    }


# Unreachable


def test_a_store_that_cannot_be_reached_is_told_with_4(
    repo: GitRepository, seaweed: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweed.items():
        monkeypatch.setenv(name, value)
    url = f"s3://{BUCKET}/{uuid4().hex}"
    succeed("publish", *options(repo, url))
    before = open_store(url).objects.get(HEAD)
    repo.commit("Second", ROUTE)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        done = gitway("publish", *options(repo, url))
    assert (done.code, "AWS_ENDPOINT_URL_S3" in done.stderr) == (4, True)
    assert open_store(url).objects.get(HEAD) == before
    assert succeed("publish", *options(repo, url), "-o", "json").json["serial"] == 2


def test_a_folder_that_cannot_be_written_is_told_with_4(repo: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    done = gitway("publish", *options(repo, (tmp_path / "file" / "store").as_uri()))
    assert (done.code, "is a file" in done.stderr) == (4, True)
    assert (tmp_path / "file").read_text() == "precious"


# Stale


def test_a_stale_commit_is_told_with_both(repo: GitRepository, place: str) -> None:
    old = repo.head()
    new = repo.commit("Second", ROUTE)
    succeed("publish", *options(repo, place))
    done = gitway("publish", *options(repo, place), "--ref", old)
    assert done.code == 3
    assert f"commit {old} is not a descendant of {new}" in done.stderr
    assert succeed("publish", *options(repo, place), "--ref", old, "--force", "-o", "json").json["serial"] == 2


def test_a_shallow_clone_that_cannot_tell_says_how_to_mend_it(repo: GitRepository, tmp_path: Path) -> None:
    url = (tmp_path / "store").as_uri()
    succeed("publish", *options(repo, url))
    for number in range(3):
        repo.commit(f"Commit {number}", {"route.yaml": route(hostnames=(f"n{number}.example.com",))})
    clone = repo.clone(tmp_path / "clone", "--depth=1")
    command = ("publish", "--repo", clone, "--store", url, "--envoy-validate", "never")
    done = gitway(*command)
    assert done.code == 1
    assert repo.head()[:12] in done.stderr
    for told in ("the clone is shallow", "fetch-depth: 0", "git fetch --unshallow"):
        assert told in done.stderr
    assert whole(url) == 1
    subprocess.run(["git", "fetch", "--quiet", "--unshallow"], cwd=clone, check=True)
    assert succeed(*command, "-o", "json").json["serial"] == 2


def test_a_revert_publishes_the_old_snapshot_under_a_new_serial(repo: GitRepository, place: str) -> None:
    def publish() -> tuple[int, str]:
        told = succeed("publish", *options(repo, place), "-o", "json").json
        return told["serial"], told["fleets"]["shop/edge"]["snapshot"]

    first = publish()
    repo.commit("Second", ROUTE)
    second = publish()
    repo.revert()
    third = publish()
    assert (first[0], second[0], third[0]) == (1, 2, 3)
    assert first[1] == third[1] != second[1]
