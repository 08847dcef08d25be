"""The README is true: what it shows is run here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from reconciler.config_file import ConfigFile
from reconciler.review.catalogue.table import as_markdown
from tests.support.gitway import gitway, succeed
from tests.support.repository import GitRepository

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(name: str) -> str:
    """The code block behind `<!-- tested: NAME -->`."""
    found = re.search(rf"<!-- tested: {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def quickstart(git_repo: GitRepository) -> GitRepository:
    files = {file.name: file.read_bytes() for file in (ROOT / "examples" / "quickstart").glob("*.yaml")}
    git_repo.commit("Quickstart", files)
    return git_repo


def test_the_round_works_as_shown(quickstart: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(quickstart.path)
    for line in block("round").splitlines():
        prompt, command, *arguments = shlex.split(line)
        assert (prompt, command) == ("$", "gitway")
        assert succeed(*arguments).stdout


def test_the_diagnostic_looks_as_shown(quickstart: GitRepository) -> None:
    route = (quickstart.path / "route.yaml").read_text().replace("  hostnames:", "  hostname:")
    quickstart.commit("Misspelt", {"route.yaml": route})
    assert block("diagnostic").strip() in gitway("plan", "--repo", quickstart.path).stdout


def test_the_configuration_is_valid_and_complete() -> None:
    shown = yaml.safe_load(block("config"))
    ConfigFile.model_validate(shown)
    assert set(shown) == {field.alias for field in ConfigFile.model_fields.values()}


def test_the_table_of_codes_is_the_catalogues() -> None:
    """To write it anew: replace what is between the two comments by `as_markdown()`."""
    found = re.search(r"<!-- generated: codes -->\n(.*?)\n<!-- end -->", README, re.DOTALL)
    assert found
    assert found[1] == as_markdown()


def test_every_option_of_the_configuration_has_a_flag() -> None:
    flags = succeed("publish", "--help").stdout
    for name in yaml.safe_load(block("config")):
        flag = re.sub(r"([A-Z])", r"-\1", re.sub(r"(es|s)$", "", name) if name != "addresses" else "address").lower()
        assert f"--{flag}" in flags, name


def test_every_command_is_listed() -> None:
    listed = set(re.findall(r"^\| `gitway ([a-z-]+)` \|", README, re.MULTILINE))
    shown = set(re.findall(r"^  ([a-z-]+)  +\S", succeed("--help").stdout.partition("Commands:")[2], re.MULTILINE))
    assert listed == shown


def test_linked_files_are_there() -> None:
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|\$ )make ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
