"""`--help` says what every option is for, in words."""

from __future__ import annotations

import re

import pytest
import typer

from reconciler.cli.application import application
from tests.support.gitway import succeed

OPTION = re.compile(r"^  (?:-\w, )?--[a-z].*$", re.MULTILINE)


def commands_of(told: str) -> list[str]:
    """The names that a help lists."""
    return re.findall(r"^  ([a-z][a-z-]*) ", told.partition("Commands:")[2], re.MULTILINE)


def commands(*group: str) -> list[str]:
    """All commands, those of groups as `group command`."""
    listed = commands_of(succeed(*group, "--help").stdout)
    return [" ".join((*group, name)) for name in listed] + [one for name in listed for one in commands(*group, name)]


def test_the_overview_lists_what_there_is() -> None:
    whole = typer.main.get_command(application())
    assert isinstance(whole, typer.core.TyperGroup)
    assert sorted(commands_of(succeed("--help").stdout)) == sorted(whole.commands)


def test_every_command_is_listed() -> None:
    assert {"plan", "publish", "status", "serve", "history", "bootstrap", "features", "demo"} <= set(commands())


@pytest.mark.parametrize("command", commands())
def test_every_option_says_what_it_takes_and_what_for(command: str) -> None:
    options = succeed(*command.split(), "--help").stdout.partition("Options:")[2]
    found = list(OPTION.finditer(options))
    assert found
    for number, option in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(options)
        # Of values, only those of a choice are named by typer's words.
        assert not re.search(r"<[a-z\[\] ]+>", option[0]), option[0]
        assert re.search(r"\s{2,}\S*[A-Z].*[.\]]", options[option.start() + 2 : end], re.DOTALL), option[0]


@pytest.mark.parametrize("command", ["plan", "publish", "status"])
def test_what_reads_manifests_has_the_same_options_for_it(command: str) -> None:
    told = succeed(command, "--help").stdout
    positions = [told.index(f"--{name}") for name in ("repo", "ref", "path", "output", "address", "cache-dir")]
    assert positions == sorted(positions)
