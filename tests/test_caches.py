"""What earlier builds left behind never changes a build, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.build import Build, Request, build
from reconciler.resolve.options import Options
from reconciler.snapshot.model import ROUTE_CONFIGURATION
from reconciler.snapshot.wire import pack
from reconciler.source.tree import Content, Entry, blob_id, within
from tests.support.manifests import CLASS, gateway, route, service
from tests.traffic.policies.objects import envoy_gateway

Objects = list[dict[str, Any]]


class Files:
    """A tree in memory."""

    def __init__(self, contents: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        self._data = {path: yaml.safe_dump_all(objects).encode() for path, objects in contents.items()}

    def files(self, roots: Sequence[str] = ()) -> Iterator[Entry]:
        for path, data in self._data.items():
            if within(path, roots) is not None:
                yield Entry(path, blob_id(data), len(data), 0o100644)

    def read(self, path: str) -> bytes:
        if path not in self._data:
            raise FileNotFoundError(path)
        return self._data[path]

    def read_all(self, entries: Sequence[Entry], limit: int) -> Iterator[Content]:
        return (Content(entry, entry.blob, self._data[entry.path]) for entry in entries)


def grpc_route(name: str) -> dict[str, Any]:
    made = route(name, hostnames=("a.example.com",))
    made["kind"] = "GRPCRoute"
    return made


def patch_policy(name: str) -> dict[str, Any]:
    """Changes the route configuration of this name, if there is one."""
    operation = {"op": "add", "path": "/ignore_port_in_host_matching", "value": True}
    patch = {"type": ROUTE_CONFIGURATION, "name": name, "operation": operation}
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
    return envoy_gateway("EnvoyPatchPolicy", name, type="JSONPatch", targetRef=target, jsonPatches=[patch])


ROUTES = (
    route("one"),
    route("one", hostnames=("a.example.com",)),
    route("two", hostnames=("a.example.com", "b.example.com")),
    route("two", parentRefs=[{"name": "edge"}, {"name": "inner"}]),
    route("three", {"backendRefs": [{"name": "nobody", "port": 80}]}),
    route("three", parentRefs=[{"name": "inner"}]),
    grpc_route("calls"),
    {**route("wrong"), "specc": {}},
)
OTHERS: tuple[Objects, ...] = (
    [CLASS, gateway()],
    [gateway(name="inner", port=10081)],
    [gateway(name="inner", port=10081, hostname="*.example.com")],
    service("web", 9001),
    service("web", 9002),
    [{"apiVersion": "v1", "kind": "Surprise", "metadata": {"name": "x"}}],
    [patch_policy("http-10080")],
    [patch_policy("nothing")],
)
OPTIONS = Options(allow_envoy_patch_policy=True)
PATHS = ("a.yaml", "b.yaml", "c/d.yaml")

contents = st.dictionaries(
    st.sampled_from(PATHS),
    st.tuples(st.lists(st.sampled_from(OTHERS), max_size=3), st.lists(st.sampled_from(ROUTES), max_size=5)).map(
        lambda both: [CLASS, gateway(), *(one for objects in both[0] for one in objects), *both[1]]
    ),
    min_size=1,
)
damage = st.none() | st.tuples(st.integers(0, 9), st.floats(0, 1, exclude_max=True), st.integers(0, 255))
"""Which of the files, where in it, and what is changed there; or to what length it is cut, where nothing is."""


def outcome(made: Build) -> object:
    content = {name: (pack(snapshot), snapshot) for name, snapshot in made.snapshots.items()}
    return content, made.diagnostics, made.routes, [document.object for document in made.documents]


def harm(cache: Path, damaged: tuple[int, float, int]) -> None:
    number, position, change = damaged
    files = sorted(path for path in cache.rglob("*") if path.is_file())
    if files:
        file = files[number % len(files)]
        data = bytearray(file.read_bytes())
        at = int(position * len(data))
        data[at] ^= change
        file.write_bytes(data if change else data[:at])


@settings(max_examples=60)
@given(steps=st.lists(st.tuples(contents, damage), min_size=2, max_size=5))
def test_a_build_is_the_same_with_and_without(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Mapping[str, Objects], Any]]
) -> None:
    cache = tmp_path_factory.mktemp("caches")
    for written, damaged in steps:
        tree = Files(written)
        assert outcome(build(Request(tree, (), OPTIONS, cache))) == outcome(build(Request(tree, (), OPTIONS)))
        if damaged:
            harm(cache, damaged)


MANIFESTS = {"edge.yaml": [CLASS, gateway(), *service("web", 9001)], "routes.yaml": [route("one"), route("two")]}


def test_what_is_unchanged_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build(Request(Files(MANIFESTS), cache_dir=tmp_path))
    monkeypatch.delattr("reconciler.build._translate_route")
    monkeypatch.delattr("reconciler.build._assembled")
    again = build(Request(Files({**MANIFESTS, "routes.yaml": [route("two"), route("one")]}), cache_dir=tmp_path))
    assert again.snapshots == first.snapshots


def test_a_patched_fleet_that_is_unchanged_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Files({**MANIFESTS, "patch.yaml": [patch_policy("http-10080")]})
    first = build(Request(tree, (), OPTIONS, tmp_path))
    assert first.snapshots != build(Request(Files(MANIFESTS))).snapshots
    monkeypatch.delattr("reconciler.build._patched")
    assert build(Request(tree, (), OPTIONS, tmp_path)).snapshots == first.snapshots


@pytest.mark.parametrize("name", ["reconciler.__version__", "reconciler.route_cache._FORMAT"])
def test_another_versions_results_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    build(Request(Files(MANIFESTS), cache_dir=tmp_path))
    monkeypatch.setattr(name, "another")
    monkeypatch.delattr("reconciler.build._translate_route")
    with pytest.raises(NameError):
        build(Request(Files(MANIFESTS), cache_dir=tmp_path))


def test_caches_do_not_grow_without_bound(tmp_path: Path) -> None:
    for port in range(9001, 9016):
        manifests = {**MANIFESTS, "edge.yaml": [CLASS, gateway(), *service("web", port)]}
        build(Request(Files(manifests), cache_dir=tmp_path))
    assert len([*(tmp_path / "routes").iterdir()]) <= 4
    assert len([*(tmp_path / "snapshots").iterdir()]) <= 4


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (
        build(Request(Files(MANIFESTS), cache_dir=tmp_path / "file")).snapshots
        == build(Request(Files(MANIFESTS))).snapshots
    )
