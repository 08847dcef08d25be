"""`# gitway: ignore CODE reason`."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.source.suppressions import Comment, Rule, Suppressions, comments, sift

FOUND = Diagnostic(
    "GW211", Severity.WARNING, "no endpoints", "HTTPRoute shop/web", Origin("a.yaml"), line=3, column=1, source="x"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1  # gitway: ignore GW211 they come later", [Comment(1, 7, 1, ("GW211",), "they come later")]),
        ("a: 1\n  # gitway: ignore GW211 soon\nb: 2", [Comment(2, 3, 3, ("GW211",), "soon")]),
        ("a: 1 #gitway: ignore GW211, GW207 soon", [Comment(1, 6, 1, ("GW211", "GW207"), "soon")]),
        ("a: 1 # gitway: ignore GW211", [Comment(1, 6, 1, ("GW211",), "")]),
        ("a: 1 # gitway: ignore", [Comment(1, 6, 1, (), "")]),
        ("a: 1 # gitway ignores nothing", []),
    ],
)
def test_comments(text: str, expected: list[Comment]) -> None:
    assert list(comments(text.encode())) == expected


def sifted(found: Diagnostic, *written: Comment, rules: tuple[Rule, ...] = ()) -> tuple[int, list[str], list[str]]:
    """How many are reported, the reasons of those that are not, and the codes of what is said about ignores."""
    outcome = sift([found], Suppressions(tuple(("a.yaml", one) for one in written), rules))
    about = [f"{one.code}:{one.line}" for one in outcome.about_suppressions]
    return len(outcome.reported), [one.reason for one in outcome.suppressed], about


def error(found: Diagnostic) -> Diagnostic:
    return Diagnostic(found.code, Severity.ERROR, found.message, found.object, found.origin, line=found.line)


@pytest.mark.parametrize(
    ("found", "comment", "expected"),
    [
        (FOUND, Comment(3, 9, 3, ("GW211",), "why"), (0, ["why"], [])),
        (FOUND, Comment(2, 1, 3, ("GW207", "GW211"), "why"), (0, ["why"], ["GW120:2"])),
        (FOUND, Comment(4, 9, 4, ("GW211",), "why"), (1, [], ["GW120:4"])),
        (FOUND, Comment(3, 9, 3, ("GW207",), "why"), (1, [], ["GW120:3"])),
        (FOUND, Comment(3, 9, 3, ("GW211",), ""), (1, [], ["GW121:3"])),
        (FOUND, Comment(3, 9, 3, (), "why"), (1, [], ["GW121:3"])),
        (error(FOUND), Comment(3, 9, 3, ("GW211",), "why"), (1, [], ["GW121:3"])),
        # A build cannot know what a comparison will find.
        (FOUND, Comment(3, 9, 3, ("GW602",), "why"), (1, [], [])),
    ],
)
def test_comments_suppress(found: Diagnostic, comment: Comment, expected: tuple[int, list[str], list[str]]) -> None:
    assert sifted(found, comment) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("GW211", "why", index=0), (0, ["why"], [])),
        (Rule("GW211", "why", path="*.yaml", object="HTTPRoute shop/*", index=0), (0, ["why"], [])),
        (Rule("GW211", "why", path="b/*", index=0), (1, [], ["GW120:0"])),
        (Rule("GW211", "why", object="HTTPRoute other/*", index=0), (1, [], ["GW120:0"])),
        (Rule("GW207", "why", index=0), (1, [], ["GW120:0"])),
        # The command line's are said for many repositories.
        (Rule("GW207", "why"), (1, [], [])),
    ],
)
def test_rules_suppress(rule: Rule, expected: tuple[int, list[str], list[str]]) -> None:
    assert sifted(FOUND, rules=(rule,)) == expected


def test_errors_cannot_be_suppressed() -> None:
    assert sifted(error(FOUND), rules=(Rule("GW211", "why", index=0),)) == (1, [], ["GW121:0"])


def test_without_suppressions_nothing_is_looked_at() -> None:
    assert sift([FOUND], Suppressions()).reported == (FOUND,)
