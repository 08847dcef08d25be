"""Whatever is wrong: a diagnostic with its place, the exit code of the table, a store as it was; never a traceback."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.gitway import COMMAND, Done, gitway, succeed
from tests.support.manifests import gateway, repository, route
from tests.support.repository import GitRepository


def publish(repo: GitRepository, store: Path, *options: object) -> Done:
    return gitway("publish", "--repo", repo.path, "--store", f"file://{store}", "--envoy-validate=never", *options)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def with_route(**changes: Any) -> Mapping[str, Any]:
    return {"route.yaml": route(**changes)}


def rule(**parts: Any) -> dict[str, Any]:
    return {"backendRefs": [{"name": "web", "port": 80}], **parts}


REFUSED: dict[str, tuple[Mapping[str, Any], str, int | None]] = {
    "broken yaml": ({"route.yaml": "kind: HTTPRoute\n  metadata: x\n"}, "route.yaml", 2),
    "duplicate key": ({"route.yaml": "kind: A\nkind: B\n"}, "route.yaml", 2),
    "not utf-8": ({"route.yaml": b"a: \xff\xfe\n"}, "route.yaml", 1),
    "wrong type": (with_route(hostnames=(1,)), "route.yaml", 10),
    "unknown field": ({"route.yaml": [{**route(), "specc": {}}]}, "route.yaml", None),
    "duplicate object": ({"route.yaml": [route(), route()]}, "route.yaml", None),
    "unknown version": ({"route.yaml": [{**route(), "apiVersion": "gateway.networking.k8s.io/v9"}]}, "route.yaml", 1),
    "unknown kind": ({"route.yaml": [{**route(), "kind": "HTTPRout"}]}, "route.yaml", 2),
    "secret with data": (
        {
            "secret.yaml": {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "key", "namespace": "shop"},
                "stringData": {"tls.key": "canary-value"},
            }
        },
        "secret.yaml",
        None,
    ),
    "configuration": ({"gitway.yaml": "addreses: []\n"}, "gitway.yaml", 1),
    "alias bomb": (
        {
            "bomb.yaml": "a0: &a0 [x]\n"
            + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(12))
        },
        "bomb.yaml",
        None,
    ),
    "depth": ({"deep.yaml": "a: " + "[" * 50_000 + "]" * 50_000}, "deep.yaml", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, git_repo: GitRepository, tmp_path: Path) -> None:
    files, file, line = REFUSED[name]
    store = tmp_path / "store"
    git_repo.commit("Good", repository())
    succeed("publish", "--repo", git_repo.path, "--store", f"file://{store}", "--envoy-validate=never")
    before = content(store)
    git_repo.commit("Bad", files)

    done = publish(git_repo, store)
    assert done.code == 1
    assert file in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary-value" not in done.stdout + done.stderr
    assert content(store) == before

    planned = gitway("plan", "--repo", git_repo.path, "--store", f"file://{store}", "-o", "json")
    assert planned.code == 1
    if name != "configuration":
        errors = [one for one in planned.json["diagnostics"] if one["severity"] == "error"]
        assert errors[0]["file"] == file
        assert errors[0]["message"]
        if line is not None:
            assert errors[0]["line"] == line


WARNED = {
    "dangling parent": (with_route(parentRefs=[{"name": "edgy"}]), "edge"),
    "dangling backend": ({"route.yaml": route("web", {"backendRefs": [{"name": "wep", "port": 80}]})}, "web"),
    "regex that RE2 refuses": (
        {"route.yaml": route("web", rule(matches=[{"path": {"type": "RegularExpression", "value": "/(?=a)"}}]))},
        "(?=",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_warned(name: str, git_repo: GitRepository, tmp_path: Path) -> None:
    """What an API server would accept is published, with a condition and a warning."""
    files, told = WARNED[name]
    git_repo.commit("Odd", {**repository(), **files})
    done = publish(git_repo, tmp_path / "store", "--allow-empty")
    assert done.code == 0
    assert "warning[GW" in done.stderr
    assert "route.yaml:" in done.stderr
    assert told in done.stderr


def test_control_characters_in_a_header_value(git_repo: GitRepository, tmp_path: Path) -> None:
    filters = [
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-a", "value": "a\u0001\r\nb"}]}}
    ]
    git_repo.commit("Odd", {**repository(), "route.yaml": route("web", rule(filters=filters))})
    done = publish(git_repo, tmp_path / "store")
    assert "route.yaml:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x01" not in done.stderr


def test_an_empty_repository(git_repo: GitRepository) -> None:
    done = gitway("plan", "--repo", git_repo.path)
    assert (done.code, "error:" in done.stderr) == (1, True)


@pytest.mark.parametrize("command", [("publish",), ("publish", "--allow-empty"), ("plan",), ("status",)])
def test_a_repository_without_manifests(command: tuple[str, ...], git_repo: GitRepository) -> None:
    git_repo.commit("Nothing", {"README.md": "nothing"})
    done = gitway(*command, "--repo", git_repo.path)
    assert (done.code, "no manifests" in done.stderr) == (1, True)


def test_what_is_published_can_be_taken_out_on_purpose(git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("Good", repository())
    assert publish(git_repo, tmp_path / "store").code == 0
    for name in ("gateway.yaml", "services.yaml", "route.yaml"):
        git_repo.remove(name)
    git_repo.commit("Gone")
    assert publish(git_repo, tmp_path / "store").code == 1
    done = publish(git_repo, tmp_path / "store", "--allow-empty")
    assert (done.code, "retired" in done.stdout) == (0, True)


def test_only_fleets_that_are_published_are_shown_to_envoy(
    git_repo: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Envoy that refuses everything, which does not matter where no fleet is to be written."""
    envoy = tmp_path / "envoy"
    envoy.write_text("#!/bin/sh\nexit 1\n")
    envoy.chmod(0o755)
    monkeypatch.setenv("GITWAY_ENVOY", str(envoy))
    git_repo.commit("Good", {**repository(), "other.yaml": gateway(name="other", port=10090)})
    store = f"file://{tmp_path / 'store'}"
    succeed("publish", "--repo", git_repo.path, "--store", store, "--envoy-validate=never")
    git_repo.commit("Other", {"other.yaml": gateway(name="other", port=10091)})
    for fleet, code in (("shop/edge", 0), ("shop/o*", 1)):
        assert gitway("publish", "--repo", git_repo.path, "--store", store, "--fleet", fleet).code == code


def test_not_a_repository(tmp_path: Path) -> None:
    done = gitway("plan", "--repo", tmp_path)
    assert (done.code, "Traceback" in done.stderr) == (1, False)


@pytest.mark.parametrize("ref", ["nowhere", "-x", "--upload-pack=x"])
def test_no_such_commit(ref: str, git_repo: GitRepository) -> None:
    git_repo.commit("Good", repository())
    assert gitway("plan", "--repo", git_repo.path, f"--ref={ref}").code == 1


def test_a_shallow_clone_says_how_to_mend_it(git_repo: GitRepository, tmp_path: Path) -> None:
    store = tmp_path / "store"
    git_repo.commit("One", repository())
    assert publish(git_repo, store).code == 0
    git_repo.commit("Two", {"route.yaml": route(hostnames=("two.example.com",))})
    git_repo.commit("Three", {"route.yaml": route(hostnames=("three.example.com",))})
    shallow = git_repo.clone(tmp_path / "shallow", "--depth=1")
    # The clone's own origin differs from the repository that published: that is not what this is about.
    done = gitway("publish", "--repo", shallow, "--store", f"file://{store}", "--envoy-validate=never")
    assert done.code in {1, 3}
    assert "Traceback" not in done.stderr


def test_a_shallow_clone_of_a_branch_has_nothing_to_compare_with(git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("One", repository())
    git_repo.git("switch", "--quiet", "--create", "topic")
    git_repo.commit("Two", {"route.yaml": route(hostnames=("two.example.com",))})
    git_repo.git("switch", "--quiet", "main")
    shallow = git_repo.clone(tmp_path / "shallow", "--depth=1", "--branch=topic")
    done = gitway("plan", "--repo", shallow)
    assert (done.code, "fetch-depth: 0" in done.stderr) == (1, True)
    succeed("plan", "--repo", shallow, "--base", "HEAD")


def test_an_unreadable_store(git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("Good", repository())
    store = tmp_path / "store"
    store.mkdir()
    (store / "HEAD.json").write_text("garbage")
    for command in ("plan", "publish"):
        done = gitway(command, "--repo", git_repo.path, "--store", f"file://{store}")
        assert (done.code, "Traceback" in done.stderr) == (4, False)


@pytest.mark.parametrize("url", ["gopher://x", "file:relative", "s3://"])
@pytest.mark.parametrize("command", ["plan", "publish", "history", "bootstrap", "serve"])
def test_a_store_that_is_none_is_wrong_usage(command: str, url: str, git_repo: GitRepository) -> None:
    git_repo.commit("Good", repository())
    process = [*COMMAND, command, "--store", url]
    done = subprocess.run(process, cwd=git_repo.path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith(f"error: {url!r}")) == (64, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--nonsense"),
        ("publsh",),
        ("plan", "-o", "xml"),
        ("plan", "--worktree", "--ref", "main"),
        ("bootstrap", "--fleet", "Not a name"),
        ("bootstrap", "--fleet", "a/b/c"),
        ("plan", "--address", "bogus"),
        ("plan", "--address", "10.0.0.1/8"),
        ("plan", "--service-domain", "BAD DOMAIN"),
        ("status", "--controller-name", "bad name"),
        ("serve", "--tls-cert", "a.pem"),
    ],
)
def test_wrong_usage_is_64(arguments: tuple[str, ...]) -> None:
    assert gitway(*arguments).code == 64


@pytest.mark.parametrize("out", ["nowhere/plan.txt", "."])
def test_a_plan_that_cannot_be_written(out: str, git_repo: GitRepository, tmp_path: Path) -> None:
    git_repo.commit("Good", repository())
    done = gitway("plan", "--repo", git_repo.path, "--out", tmp_path / out)
    assert (done.code, "--out" in done.stderr) == (64, True)


def test_what_nobody_has_thought_of_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/some/where")

    monkeypatch.setattr("reconciler.cli.main.call", refused)
    done = gitway("plan")
    assert (done.code, done.stderr) == (1, "error: /some/where: Permission denied\n")


def test_what_the_system_refuses_is_told(git_repo: GitRepository, tmp_path: Path) -> None:
    """A store where a file is in the way stands for everything that nobody has thought of."""
    git_repo.commit("Good", repository())
    (tmp_path / "file").write_text("")
    done = publish(git_repo, tmp_path / "file" / "store")
    assert (done.code in {1, 4}, "error:" in done.stderr) == (True, True)


def test_bad_objects_beside_good_ones_are_all_told(git_repo: GitRepository) -> None:
    git_repo.commit(
        "Bad",
        {
            **repository(),
            "a.yaml": "x: [\n",
            "b.yaml": {**route("b"), "specc": 1},
            "c.yaml": gateway(name="c", prot="HTTP"),
        },
    )
    done = gitway("plan", "--repo", git_repo.path, "-o", "json")
    files = {one["file"] for one in json.loads(done.stdout)["diagnostics"] if one["severity"] == "error"}
    assert files == {"a.yaml", "b.yaml", "c.yaml"}
