"""Which files are left out."""

from __future__ import annotations

import pytest

from reconciler.source.ignore import IgnoreRules, ignore_files_above, parse_ignore_file
from tests.support.repository import GitRepository

FILES = (
    "a.yaml",
    "b.yaml",
    "keep/a.yaml",
    "keep/b.yaml",
    "keep/deep/a.yaml",
    "keep/deep/b.yaml",
    "build/a.yaml",
    "sub/build/a.yaml",
    "sub/x y.yaml",
    "sub/!a.yaml",
    "sub/#a.yaml",
)
CASES = {
    "a name": {"": "a.yaml\n"},
    "anchored": {"": "/a.yaml\n"},
    "a folder": {"": "build/\n"},
    "an anchored folder": {"": "/build/\n"},
    "wildcards": {"": "**/deep/*\n"},
    "negation": {"": "*.yaml\n!b.yaml\n"},
    "what is in an ignored folder stays ignored": {"": "keep/\n!keep/a.yaml\n"},
    "negated in an unignored folder": {"": "keep/*\n!keep/a.yaml\n!keep/deep/\n"},
    "a deeper file wins": {"": "a.yaml\n", "keep": "!a.yaml\n"},
    "a deeper file is relative to its folder": {"keep": "/a.yaml\n"},
    "a deeper file in an ignored folder": {"": "keep/\n", "keep": "!*\n"},
    "three levels": {"": "b.yaml\n", "keep": "!b.yaml\n*a.yaml\n", "keep/deep": "!a.yaml\n"},
    "the last pattern wins": {"": "a.yaml\n!a.yaml\na.yaml\n"},
    "escapes and comments": {"": "# sub/x y.yaml\n\\!a.yaml\n\\#a.yaml\nb.yaml  \n\n"},
    "classes": {"": "[ab].yaml\n"},
}


def rules(texts: dict[str, str]) -> IgnoreRules:
    parsed = []
    for folder, text in texts.items():
        spec, findings = parse_ignore_file("x", text.encode())
        assert not findings
        parsed.append((folder, spec))
    return IgnoreRules(parsed)


@pytest.mark.parametrize("texts", CASES.values(), ids=CASES)
def test_the_meaning_is_gits(git_repo: GitRepository, texts: dict[str, str]) -> None:
    for path in FILES:
        git_repo.write(path, "")
    for folder, text in texts.items():
        git_repo.write(f"{folder}/.gitignore".lstrip("/"), text)
    listed = git_repo.git("ls-files", "-z", "--others", "--exclude-standard").split("\0")
    by_git = {path for path in listed if path.endswith(".yaml")}
    ours = rules(texts)
    assert {path for path in FILES if not ours.ignores(path, "")} == by_git


@pytest.mark.parametrize(
    ("text", "path", "root", "ignored"),
    [
        ("", ".github/a.yaml", "", True),
        ("", "a/.b/c/d.yaml", "", True),
        ("", "a/.b.yaml", "", True),
        ("", "a.b/c.yaml", "", False),
        ("", ".deploy/a.yaml", ".deploy", False),
        ("", ".deploy/.b/a.yaml", ".deploy", True),
        ("", "a/.b/c.yaml", "a/.b", False),
        ("", "a/.b.yaml", "a/.b.yaml", False),
        ("!.deploy/\n", ".deploy/a.yaml", "", False),
        ("!.deploy/\n", ".github/a.yaml", "", True),
        (".deploy/\n", ".deploy/a.yaml", ".deploy", True),
    ],
)
def test_hidden_files(text: str, path: str, root: str, ignored: bool) -> None:
    assert rules({"": text}).ignores(path, root) is ignored


def test_patterns_that_are_none() -> None:
    spec, findings = parse_ignore_file("a/.gitwayignore", b"*.md\nx\\\n\xff.yaml\n")
    assert [(each.line, each.source) for each in findings] == [(2, "x\\"), (3, "\\udcff.yaml")]
    assert {each.file for each in findings} == {"a/.gitwayignore"}
    assert [spec.check_file(path).include for path in ("a.md", "x")] == [True, None]


def test_ignore_files_above() -> None:
    assert ignore_files_above(["a/b/c", "d"]) == {".gitwayignore", "a/.gitwayignore", "a/b/.gitwayignore"}
