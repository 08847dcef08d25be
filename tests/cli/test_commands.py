"""The commands and their JSON, as the README promises them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.exits import USAGE
from tests.support.gitway import COMMAND, gitway, succeed
from tests.support.manifests import CLASS, repository, route
from tests.support.manifests import gateway as a_gateway
from tests.support.repository import GitRepository

FLEET = "shop/edge"


@pytest.fixture
def repo(git_repo: GitRepository) -> GitRepository:
    git_repo.commit("First", repository())
    return git_repo


def test_every_command_works_without_options(repo: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    assert "Plan: 5 to add" in succeed("plan").stdout
    assert "published release 1" in succeed("publish").stdout
    assert "Plan: no changes." in succeed("plan").stdout
    assert "First" in succeed("history").stdout
    assert "Programmed: True" in succeed("status").stdout
    told = yaml.safe_load(succeed("bootstrap").stdout)
    assert told["node"]["cluster"] == FLEET
    assert (repo.path / ".git" / "gitway" / "store" / "HEAD.json").exists()


def test_plan_json(repo: GitRepository) -> None:
    succeed("publish", "--repo", repo.path)
    repo.commit("Second", {"route.yaml": route(hostnames=("shop.example.com",))})
    told = succeed("plan", "--repo", repo.path, "-o", "json").json
    assert told["format"] == 1
    assert told["diagnostics"] == []
    (change,) = told["changes"]
    assert (change["action"], change["object"], change["file"]) == ("change", "HTTPRoute shop/web", "route.yaml")
    assert change["fields"] == [{"path": "spec.hostnames", "before": None, "after": "shop.example.com"}]
    assert [one["action"] for one in told["fleets"][FLEET]] == ["change"]
    assert told["summary"]["changed"] is True


@pytest.mark.parametrize(("change", "code"), [(False, 0), (True, 2)])
def test_detailed_exitcode(change: bool, code: int, repo: GitRepository) -> None:
    succeed("publish", "--repo", repo.path)
    if change:
        repo.commit("Second", {"route.yaml": route(hostnames=("a.example.com",))})
    assert gitway("plan", "--repo", repo.path, "--detailed-exitcode").code == code
    assert gitway("plan", "--repo", repo.path).code == 0


def test_plan_against_the_merge_base(repo: GitRepository) -> None:
    """What landed on main after the branch left it is not part of the branch's plan."""
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit("Topic", {"route.yaml": route(hostnames=("topic.example.com",))})
    repo.git("switch", "--quiet", "main")
    repo.commit("Meanwhile", {"other.yaml": route("other")})
    repo.git("switch", "--quiet", "topic")
    told = succeed("plan", "--repo", repo.path, "-o", "json").json
    assert [change["object"] for change in told["changes"]] == ["HTTPRoute shop/web"]


def test_plan_of_the_work_tree(repo: GitRepository) -> None:
    succeed("publish", "--repo", repo.path)
    repo.write("route.yaml", route(hostnames=("draft.example.com",)))
    assert "no changes" in succeed("plan", "--repo", repo.path).stdout
    assert "draft.example.com" in succeed("plan", "--repo", repo.path, "--worktree").stdout


def test_plan_into_a_file(repo: GitRepository, tmp_path: Path) -> None:
    done = succeed("plan", "--repo", repo.path, "--out", tmp_path / "plan.txt")
    assert done.stdout == ""
    assert "Plan:" in (tmp_path / "plan.txt").read_text()


def test_plan_in_several_formats_at_once(repo: GitRepository, tmp_path: Path) -> None:
    json_file, sarif_file = tmp_path / "plan.json", tmp_path / "plan.sarif"
    done = succeed("plan", "--repo", repo.path, "--report", f"json={json_file}", "--report", f"sarif={sarif_file}")
    assert done.stdout == succeed("plan", "--repo", repo.path).stdout
    assert json_file.read_text() == succeed("plan", "--repo", repo.path, "-o", "json").stdout
    assert json.loads(sarif_file.read_text())["version"] == "2.1.0"


@pytest.mark.parametrize("report", ["sarif", "sarif=", "pdf=x", "json=/no/such/folder/x"])
def test_a_report_that_cannot_be_written_is_named(repo: GitRepository, report: str) -> None:
    done = gitway("plan", "--repo", repo.path, "--report", report)
    assert done.code == USAGE
    assert report.rpartition("=")[2] in done.stderr


def test_publish_and_history_json(repo: GitRepository, tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"
    first = succeed("publish", "--repo", repo.path, "--store", store, "-o", "json").json
    again = succeed("publish", "--repo", repo.path, "--store", store, "-o", "json").json
    assert (first["format"], first["changed"], first["serial"]) == (1, True, 1)
    assert (again["changed"], again["serial"], again["release"]) == (False, 1, first["release"])
    fleet = first["fleets"][FLEET]
    assert fleet["commit"] == repo.head()
    listeners = fleet["types"]["type.googleapis.com/envoy.config.listener.v3.Listener"]
    assert listeners["count"] == 1
    assert re.fullmatch(r"1\.[0-9a-f]+", listeners["version"])
    (entry,) = succeed("history", "--store", store, "-o", "json").json["releases"]
    assert entry["commit"]["sha"] == repo.head()
    assert (entry["serial"], entry["digest"], entry["current"]) == (1, first["release"], True)


def test_revert_publishes_the_very_snapshot_under_a_new_serial(repo: GitRepository, tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"

    def publish() -> dict[str, object]:
        told: dict[str, object] = succeed("publish", "--repo", repo.path, "--store", store, "-o", "json").json
        return told

    first = publish()
    repo.commit("Second", {"route.yaml": route(hostnames=("a.example.com",))})
    second = publish()
    repo.revert()
    third = publish()
    digests = [told["fleets"][FLEET]["snapshot"] for told in (first, second, third)]  # type: ignore[index]
    assert digests[0] == digests[2] != digests[1]
    assert [told["serial"] for told in (first, second, third)] == [1, 2, 3]


def test_a_stale_commit_is_refused_with_3(repo: GitRepository, tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"
    old = repo.head()
    new = repo.commit("Second", {"route.yaml": route(hostnames=("a.example.com",))})
    succeed("publish", "--repo", repo.path, "--store", store)
    stale = gitway("publish", "--repo", repo.path, "--store", store, "--ref", old)
    assert stale.code == 3
    assert old[:7] in stale.stderr
    assert new[:7] in stale.stderr
    succeed("publish", "--repo", repo.path, "--store", store, "--ref", old, "--force")


def test_emptying_a_fleet_needs_a_flag(repo: GitRepository, tmp_path: Path) -> None:
    store = f"file://{tmp_path / 'store'}"
    succeed("publish", "--repo", repo.path, "--store", store)
    repo.remove("gateway.yaml")
    repo.commit("Oops")
    assert gitway("publish", "--repo", repo.path, "--store", store).code == 3
    succeed("publish", "--repo", repo.path, "--store", store, "--allow-empty")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_status_has_every_resource(form: str, repo: GitRepository) -> None:
    told = yaml.safe_load(succeed("status", "--repo", repo.path, "-o", form).stdout)
    kinds = {item["kind"]: item for item in told["items"]}
    assert set(kinds) == {"GatewayClass", "Gateway", "Service", "EndpointSlice", "HTTPRoute"}
    conditions = {one["type"]: one["status"] for one in kinds["HTTPRoute"]["status"]["parents"][0]["conditions"]}
    assert conditions["Accepted"] == conditions["ResolvedRefs"] == "True"


def test_status_masks_secrets(repo: GitRepository) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "s",
            "namespace": "shop",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"x":"canary-value"}}'},
        },
        "stringData": {"token": "canary-value"},
        "data": {"other": "Y2FuYXJ5LXZhbHVl"},
    }
    repo.commit("Secret", {"secret.yaml": secret})
    for command in (("status", "-o", "json"), ("status", "-o", "yaml"), ("plan",), ("plan", "-o", "json")):
        done = gitway(*command, "--repo", repo.path, "--allow-plaintext-secrets")
        assert done.code == 0
        assert "canary-value" not in done.stdout + done.stderr
        assert "Y2FuYXJ5LXZhbHVl" not in done.stdout + done.stderr


def test_the_same_commit_gives_the_same_digests_anywhere(repo: GitRepository, tmp_path: Path) -> None:
    """On any machine: another locale, hash seed, time zone, folder, and with or without a cache."""

    def release(folder: str, **environment: str) -> str:
        store = f"file://{tmp_path / folder}"
        command = [*COMMAND, "publish", "--repo", str(repo.path), "--store", store, "-o", "json"]
        environ = {**os.environ, **environment}
        done = subprocess.run(command, capture_output=True, env=environ, check=True)
        told: dict[str, object] = yaml.safe_load(done.stdout)
        return str(told["release"])

    one = release("one", PYTHONHASHSEED="1", LC_ALL="C", TZ="UTC")
    two = release("two", PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="Asia/Tokyo")
    assert one == two


def test_a_route_that_another_leaves_nothing_to_is_told_of(repo: GitRepository) -> None:
    def tcp_route(name: str, created: str) -> dict[str, Any]:
        return {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "TCPRoute",
            "metadata": {"name": name, "namespace": "shop", "creationTimestamp": created},
            "spec": {
                "parentRefs": [{"name": "edge"}],
                "rules": [{"backendRefs": [{"name": "web", "port": 80}]}],
            },
        }

    edge = a_gateway()
    edge["spec"]["listeners"].append({"name": "db", "protocol": "TCP", "port": 10099})
    files: dict[str, Any] = {"gateway.yaml": [CLASS, edge], "new.yaml": tcp_route("new", "2026-02-01T00:00:00Z")}
    repo.commit("Routes", {**files, "old.yaml": tcp_route("old", "2026-01-01T00:00:00Z")})
    shadowed = [("GW361", "new.yaml", "TCPRoute shop/new")]
    for _ in range(2):  # the second time routes come from the cache
        found = succeed("plan", "--repo", repo.path, "-o", "json").json["diagnostics"]
        assert [(one["code"], one["file"], one["object"]) for one in found] == shadowed
    assert "listener db of Gateway shop/edge: TCPRoute shop/old was there first" in found[0]["message"]
    assert "GW361" in succeed("status", "--repo", repo.path, "-o", "json").stderr


def test_a_reader_that_has_seen_enough_is_no_error(repo: GitRepository) -> None:
    succeed("publish", "--repo", repo.path)
    read, write = os.pipe()
    os.close(read)
    try:
        command = [*COMMAND, "history", "--repo", str(repo.path)]
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_bootstrap_needs_one_published_fleet(repo: GitRepository) -> None:
    assert gitway("bootstrap", "--repo", repo.path).code == 1
    repo.commit("Two", {"other.yaml": a_gateway(name="other", port=10090)})
    succeed("publish", "--repo", repo.path)
    done = gitway("bootstrap", "--repo", repo.path)
    assert (done.code, "shop/edge, shop/other" in done.stderr) == (64, True)


def test_bootstrap_of_a_named_fleet_needs_no_repository(tmp_path: Path) -> None:
    code = (
        "import sys; from reconciler.cli.main import run; run(sys.argv[1:]); "
        "assert not {'git', 'reconciler.cli.inputs', 'reconciler.store.open'} & {*sys.modules}"
    )
    command = [sys.executable, "-c", code, "bootstrap", "--fleet", FLEET]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert yaml.safe_load(done.stdout)["node"]["cluster"] == FLEET


def test_version() -> None:
    assert re.fullmatch(r"gitway \d+\.\d+\.\d+\n", succeed("--version").stdout)
