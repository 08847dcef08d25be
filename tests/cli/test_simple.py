"""A command line that is read without typer means what typer reads in it, and typer has the last word on all others."""

from __future__ import annotations

import inspect
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.application import _translated
from reconciler.cli.main import SIMPLE
from reconciler.cli.parameters import Declared
from reconciler.cli.simple import Command, call

VALUES = ("", "text", "json", "yaml", "never", "1", "0", "-1", "2.5", "nan", "1_0", "a b", "/x/../y", "-", "--force")


def command_of(name: str) -> Command:
    command: Command = import_module(f"reconciler.cli.{name}").COMMAND
    return command


def parameters_of(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(command_of(name), eval_str=True).parameters)


def spellings(name: str) -> list[str]:
    declared = [one for given in parameters_of(name).values() for one in get_args(given.annotation)]
    names = [spelled for one in declared if isinstance(one, Declared) for spelled in one.names]
    return [part for spelled in names for part in spelled.split("/")]


@cache
def typers(name: str) -> tuple[Any, dict[str, Any]]:
    """The command as typer has it, and where it puts what it was called with."""
    told: dict[str, Any] = {}

    def note(**values: Any) -> None:
        told.update(values)

    note.__signature__ = inspect.Signature(list(parameters_of(name).values()))  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(_translated(note))
    return typer.main.get_command(app), told


def read_by_typer(name: str, words: list[str]) -> dict[str, Any] | None:
    command, told = typers(name)
    told.clear()
    with pytest.raises(SystemExit):
        command.main(words)
    return dict(told) if told else None


def lines(name: str) -> st.SearchStrategy[list[str]]:
    option, value = st.sampled_from([*spellings(name), "--no-such", "--help", "--re"]), st.sampled_from(VALUES)
    word = st.one_of(
        option.map(lambda one: [one]),
        value.map(lambda one: [one]),
        st.tuples(option, value).map(list),
        st.tuples(option, value).map(lambda both: ["=".join(both)]),
    )
    return st.lists(word, max_size=4).map(lambda words: [each for one in words for each in one])


@pytest.mark.parametrize("name", SIMPLE)
@given(data=st.data())
def test_means_what_typer_reads(name: str, data: st.DataObject) -> None:
    words = data.draw(lines(name))
    called = call(command_of(name), words)
    if called is None:
        return
    assert isinstance(called, partial)
    assert repr(called.keywords) == repr(read_by_typer(name, words))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("publish", []),
        ("publish", ["--repo", "x", "--store=file:///s", "--fleet", "a/*", "--fleet", "b", "-o", "json", "--force"]),
        ("publish", ["--min-serial", "3", "--envoy-validate=never", "--no-allow-external-name"]),
        ("plan", ["--worktree", "--path", "a", "--path=b", "--output", "text"]),
        ("status", ["-o", "yaml", "--ref", "main~1"]),
        ("serve", ["--store", "s3://b/p", "--poll", "0.5", "--secrets", "a", "--secrets", "b", "--cache=c"]),
    ],
)
def test_reads_what_is_common(name: str, words: list[str]) -> None:
    assert call(command_of(name), words) is not None


@pytest.mark.parametrize(
    "words",
    [
        ["--help"], ["-h"], ["--bogus"], ["--poll", "0.01"], ["--poll", "x"], ["--poll"], ["--listen", "--poll"],
        ["--listen", "a", "--listen", "b"], ["here"], ["--"], ["--list", "a"], ["--min-serial", "0"],
    ],
)  # fmt: skip
def test_leaves_the_rest_to_typer(words: list[str]) -> None:
    assert call(command_of("serve"), words) is None


def test_paths_are_paths() -> None:
    called = call(command_of("serve"), ["--cache", "c"])
    assert isinstance(called, partial)
    assert called.keywords["cache"] == Path("c")
