"""From a tree to documents and findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.diagnostics import Origin, Severity
from reconciler.source import codes
from reconciler.source.cache import ParseCache
from reconciler.source.document import Manifests
from reconciler.source.limits import MAX_BYTES
from reconciler.source.read import read
from reconciler.source.repository import Repository, SourceError, open_repository
from reconciler.source.tree import blob_id
from tests.support.repository import GitRepository

Files = dict[str, str | bytes]


def at_head(git_repo: GitRepository, opened: Repository, files: Files, *roots: str) -> Manifests:
    git_repo.commit(files=files)
    return read(opened.tree(opened.commit()), roots)


def objects(manifests: Manifests) -> list[tuple[Origin, Any]]:
    return [(document.origin, document.object) for document in manifests.documents]


def files_of(manifests: Manifests) -> list[str]:
    return [document.origin.file for document in manifests.documents]


def test_documents_in_order_with_origin_and_blob(git_repo: GitRepository, opened: Repository) -> None:
    files: Files = {
        "b.yml": "---\n---\nb: 1\n---\n\nb: 2\n",
        "a/z.yaml": "z: 1",
        "a.json": '{"j": 1}\n{"j": 2}',
        "c.txt": "no manifest",
        "d.yaml.bak": "[",
    }
    found = at_head(git_repo, opened, files)
    assert objects(found) == [
        (Origin("a.json", 0), {"j": 1}),
        (Origin("a.json", 1), {"j": 2}),
        (Origin("a/z.yaml", 0), {"z": 1}),
        (Origin("b.yml", 1), {"b": 1}),
        (Origin("b.yml", 2), {"b": 2}),
    ]
    assert found.diagnostics == ()
    assert [document.blob for document in found.documents][2:4] == [
        blob_id(b"z: 1"),
        blob_id(str(files["b.yml"]).encode()),
    ]


def test_lists(git_repo: GitRepository, opened: Repository) -> None:
    found = at_head(
        git_repo,
        opened,
        {
            "a.yaml": "kind: List\napiVersion: v1\nitems: [{kind: A}, {kind: B}]\n---\nkind: C\n",
            "b.yaml": "kind: HTTPRouteList\napiVersion: g/v1\nitems:\n"
            "- {metadata: {}}\n- {kind: X, apiVersion: x}\n- {kind: Z}\n",
            "c.yaml": "kind: IPAllowList\nspec: {}\n"
            "---\nkind: List\napiVersion: v1\n---\nkind: List\napiVersion: v1\nitems:\n",
        },
    )
    assert objects(found) == [
        (Origin("a.yaml", 0, 0), {"kind": "A"}),
        (Origin("a.yaml", 0, 1), {"kind": "B"}),
        (Origin("a.yaml", 1), {"kind": "C"}),
        (Origin("b.yaml", 0, 0), {"apiVersion": "g/v1", "kind": "HTTPRoute", "metadata": {}}),
        (Origin("b.yaml", 0, 1), {"kind": "X", "apiVersion": "x"}),
        (Origin("b.yaml", 0, 2), {"kind": "Z"}),
        (Origin("c.yaml", 0), {"kind": "IPAllowList", "spec": {}}),
    ]
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("[a]", codes.NOT_AN_OBJECT, ()),
        ("text", codes.NOT_AN_OBJECT, ()),
        ("1", codes.NOT_AN_OBJECT, ()),
        ("{apiVersion: v1, kind: List, items: x}", codes.BAD_LIST, ("items",)),
        ("{apiVersion: v1, kind: List, items: [x]}", codes.NOT_AN_OBJECT, ()),
        ("{apiVersion: v1, kind: List, items: [{kind: List, items: []}]}", codes.BAD_LIST, ()),
    ],
)
def test_what_is_no_object(
    git_repo: GitRepository, opened: Repository, text: str, code: str, path: tuple[str, ...]
) -> None:
    found = at_head(git_repo, opened, {"a.yaml": f"kind: A\n---\n{text}\n---\nkind: B\n"})
    (finding,) = found.diagnostics
    assert (finding.code, finding.severity, finding.path, finding.file) == (code, Severity.ERROR, path, "a.yaml")
    assert [each["kind"] for _, each in objects(found)] == ["A", "B"]


def test_a_broken_file_hurts_no_other(git_repo: GitRepository, opened: Repository) -> None:
    found = at_head(
        git_repo,
        opened,
        {"a.yaml": "kind: A", "b.yaml": "kind: B\n  x: 1\n", "c.yaml": "c: 1\nc: 2\nd: 1\nd: 2", "d.json": "{\n]"},
    )
    assert files_of(found) == ["a.yaml"]
    assert [(each.file, each.line, each.column, each.code, each.source) for each in found.diagnostics] == [
        ("b.yaml", 2, 4, codes.SYNTAX, "  x: 1"),
        ("c.yaml", 2, 1, codes.DUPLICATE_KEY, "c: 2"),
        ("c.yaml", 4, 1, codes.DUPLICATE_KEY, "d: 2"),
        ("d.json", 2, 1, codes.SYNTAX, "]"),
    ]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("a:\n\tb: 1\n", "spaces"),
        ("- *.example.com\n", "quotes"),
        ("a: *example\n", "quotes"),
        ("a: @x\n", "quotes"),
        ("a: %x\n", "quotes"),
        ("a: b: c\n", "quotes"),
        ("{{- if .Values.x }}\na: 1\n{{- end }}\n", "template"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "conflict"),
        (b"a: \xff\n", "UTF-8"),
        ("a: 1\na: 2\n", "Remove one"),
        ("- " * 300, "Split"),
    ],
)
def test_advice(git_repo: GitRepository, opened: Repository, text: str | bytes, advice: str) -> None:
    (finding,) = at_head(git_repo, opened, {"a.yaml": text}).diagnostics
    assert advice in finding.help


def test_configuration_ignored_and_hidden_files_are_no_manifests(git_repo: GitRepository, opened: Repository) -> None:
    found = at_head(
        git_repo,
        opened,
        {
            "gitway.yaml": "paths: []",
            "a/gitway.yaml": "kind: A",
            ".github/workflows/ci.yml": "on: push",
            ".hidden.yaml": "[",
            ".gitwayignore": "charts/\n",
            "charts/templates/x.yaml": "{{",
            "b/.gitwayignore": "*\n!keep.yaml\n",
            "b/x.yaml": "[",
            "b/keep.yaml": "kind: B",
        },
    )
    assert files_of(found) == ["a/gitway.yaml", "b/keep.yaml"]
    assert found.diagnostics == ()


def test_roots(git_repo: GitRepository, opened: Repository) -> None:
    files: Files = {
        "a/x.yaml": "kind: X",
        "a/y.yaml": "kind: Y",
        "ab/z.yaml": "kind: Z",
        "c.yaml": "kind: C",
        ".gitwayignore": "y.yaml",
    }
    git_repo.commit(files=files)
    tree = opened.tree(opened.commit())
    assert files_of(read(tree, ["a/", "./a/x.yaml"])) == ["a/x.yaml"]
    assert files_of(read(tree, ["c.yaml"])) == ["c.yaml"]
    assert files_of(read(tree, ["a", "."])) == ["a/x.yaml", "ab/z.yaml", "c.yaml"]
    (finding,) = read(tree, ["a", "abb"]).diagnostics
    assert (finding.code, finding.severity, finding.help) == (codes.NO_SUCH_PATH, Severity.ERROR, 'Did you mean "ab"?')
    with pytest.raises(SourceError):
        read(tree, ["../x"])


def test_links_and_submodules(git_repo: GitRepository, opened: Repository, tmp_path: Path) -> None:
    library = GitRepository(tmp_path / "library")
    library.commit(files={"x.yaml": "kind: X"})
    git_repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "sub")
    for link, target in {
        "in": "a.yaml",
        "deep/up": "../a.yaml",
        "out": "../a.yaml",
        "abs": "/etc",
        "ignored": "/",
    }.items():
        path = git_repo.path / link
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)
    git_repo.commit(files={"a.yaml": "kind: A", ".gitwayignore": "ignored\n"})
    for tree in (opened.tree(opened.commit()), opened.worktree()):
        found = read(tree)
        assert files_of(found) == ["a.yaml"]
        assert [(each.file, each.code, each.severity) for each in found.diagnostics] == [
            ("sub", codes.SUBMODULE, Severity.WARNING),
            ("abs", codes.SYMLINK, Severity.WARNING),
            ("deep/up", codes.SYMLINK, Severity.NOTICE),
            ("in", codes.SYMLINK, Severity.NOTICE),
            ("out", codes.SYMLINK, Severity.WARNING),
        ]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        (b"a.yaml", b"#" * (MAX_BYTES + 1), "bytes"),
        (b"a.yaml", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"a\nb.yaml", b"kind: A", "control characters"),
        (b"a\x1b[31m.yaml", b"kind: A", "control characters"),
        (b"a\xff.yaml", b"kind: A", "UTF-8"),
    ],
)
def test_unreadable(git_repo: GitRepository, opened: Repository, name: bytes, data: bytes, problem: str) -> None:
    (git_repo.path / name.decode(errors="surrogateescape")).write_bytes(data)
    git_repo.commit()
    for tree in (opened.tree(opened.commit()), opened.worktree()):
        found = read(tree)
        (finding,) = found.diagnostics
        assert (finding.code, finding.severity, found.documents) == (codes.UNREADABLE, Severity.ERROR, ())
        assert problem in finding.message
        assert finding.file.isprintable()


def test_ignore_files_that_are_wrong(git_repo: GitRepository, opened: Repository) -> None:
    found = at_head(git_repo, opened, {".gitwayignore": "x\\\nb.yaml\n", "a.yaml": "kind: A", "b.yaml": "["})
    assert [(each.file, each.line) for each in found.diagnostics] == [(".gitwayignore", 1)]
    assert files_of(found) == ["a.yaml"]


def test_the_work_tree_gives_what_the_commit_gives(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit(files={"a.yaml": "kind: A", "b/c.yaml": "[", "d.json": "{}"})
    assert read(opened.tree(opened.commit())) == read(opened.worktree())


def test_an_empty_tree(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit()
    assert read(opened.tree(opened.commit())) == Manifests((), ())


def test_json_and_yaml_of_the_same_bytes(git_repo: GitRepository, opened: Repository, tmp_path: Path) -> None:
    # The same blob, which is not the same in both languages.
    text = '{"kind": "A", "x": "\\ud83d\\ude00"}'
    git_repo.commit(files={"a.json": text, "b.yaml": text, "c.json": text})
    tree = opened.tree(opened.commit())
    for cache in (None, ParseCache(tmp_path / "cache"), ParseCache(tmp_path / "cache")):
        found = read(tree, cache=cache)
        assert (files_of(found), [each.file for each in found.diagnostics]) == (["a.json", "c.json"], ["b.yaml"])


names = st.text("ab.é-", min_size=1, max_size=4).map(lambda name: f"x{name}")
documents = st.lists(
    st.dictionaries(st.sampled_from(["kind", "spec", "y"]), st.sampled_from(["A", 1, None, ["x"], {"a": 1.5}])),
    max_size=3,
)
broken = st.sampled_from(["[", "a: 1\na: 2", "\t", "text"])
trees = st.dictionaries(
    st.tuples(names, st.sampled_from([".yaml", ".yml", ".json"])).map("".join),
    documents.map(lambda many: "\n---\n".join(json.dumps(one) for one in many)) | broken,
    max_size=5,
)


@given(files=trees)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_warm_is_cold_and_order_is_nothing(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("law")
    repositories = GitRepository(folder / "a"), GitRepository(folder / "b")
    repositories[0].commit(files=dict(files))
    repositories[1].commit()
    for path in reversed(files):
        repositories[1].commit(files={path: files[path]})
    results = []
    for made in repositories:
        with open_repository(made.path) as repository:
            for tree in (repository.tree(repository.commit()), repository.worktree()):
                results += [read(tree), *(read(tree, cache=ParseCache(folder / "cache")) for _ in range(2))]
    assert all(result == results[0] for result in results)
