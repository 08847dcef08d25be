"""`# gitway: ignore CODE reason`: findings that somebody has looked at and accepts.

A comment stands on the line of the finding, or alone on the line above. `gitway.yaml` says the same for files that have
no comments (JSON) and for what has no line. An ignore needs a reason, and never silences an error: what an API server
would refuse cannot be published, whatever a comment says. One that nothing was found for is itself reported, so that
none outlives what it was written for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.records import dataclass
from reconciler.source import codes
from reconciler.source.select import CONFIG_FILE
from reconciler.source.yaml_nodes import lines

MARK: Final = b"gitway: ignore"
"""What a file has to contain for it to be looked through."""

CODE: Final = re.compile(r"[A-Z]{2}\d+")
_COMMENT: Final = re.compile(r"#\s*gitway: ignore\b\s*(?P<codes>[A-Z]{2}\d+(?:\s*,\s*[A-Z]{2}\d+)*)?\s*(?P<reason>.*)$")
_LATER: Final = ("GW503", "GW6", "GW7")
"""Codes of what only a comparison finds: a build cannot tell that an ignore of one is unused."""


class Comment(NamedTuple):
    """An ignore in a file: plain data, for the cache. `target` is the line (1-based) that it is about."""

    line: int
    column: int
    target: int
    codes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """An ignore of one code in gitway.yaml, or of the command line.

    Attributes:
        path, object: globs of the finding's file and of its `Kind namespace/name`; empty: any.
        index: its position in `ignore` of gitway.yaml; None: it is the command line's.
    """

    code: str
    reason: str
    path: str = ""
    object: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All ignores of a tree: comments with their files, and the rules of its gitway.yaml."""

    comments: tuple[tuple[str, Comment], ...] = ()
    rules: tuple[Rule, ...] = ()


NOTHING_SUPPRESSED: Final = Suppressions()


class Suppressed(NamedTuple):
    """A finding that is not reported, and why."""

    found: Diagnostic
    reason: str


class Sifted(NamedTuple):
    """What is left to be reported, what is suppressed, and what there is to say about ignores (not located)."""

    reported: tuple[Diagnostic, ...]
    suppressed: tuple[Suppressed, ...] = ()
    about_suppressions: tuple[Diagnostic, ...] = ()


def comments(data: bytes) -> tuple[Comment, ...]:
    """The ignores of a YAML file."""
    found = []
    for number, line in enumerate(lines(data.decode(errors="replace")), start=1):
        match = _COMMENT.search(line)
        if match:
            alone = not line[: match.start()].strip()
            named = tuple(code.strip() for code in (match["codes"] or "").split(",") if code.strip())
            found.append(Comment(number, match.start() + 1, number + alone, named, match["reason"].strip()))
    return tuple(found)


def sift(diagnostics: Iterable[Diagnostic], given: Suppressions, *, complete: bool = True) -> Sifted:
    """Take out what is ignored.

    Args:
        diagnostics: located.
        given: of the tree that they are about.
        complete: these are all that a build finds, so that what is left of the ignores is unused.
    """
    if not given.comments and not given.rules:
        return Sifted(tuple(diagnostics))
    here = {(file, comment.target, code): comment for file, comment in given.comments for code in comment.codes}
    reported: list[Diagnostic] = []
    suppressed: list[Suppressed] = []
    used: set[tuple[str, int, str] | Rule] = set()
    for found in diagnostics:
        place = (found.file, found.line, found.code)
        comment = here.get(place)
        rules = [rule for rule in given.rules if _applies(rule, found)]
        reason = comment.reason if comment else rules[0].reason if rules else ""
        if reason and found.severity is not Severity.ERROR:
            suppressed.append(Suppressed(found, reason))
            used.update([place] if comment else [], rules)
        else:
            reported.append(found)
    about: list[Diagnostic] = []
    if complete:
        errors = {(found.file, found.line, found.code) for found in reported if found.severity is Severity.ERROR}
        about += _about_comments(given.comments, used, errors)
        about += _about_rules(given.rules, used, reported)
    return Sifted(tuple(reported), tuple(suppressed), tuple(about))


def _applies(rule: Rule, found: Diagnostic) -> bool:
    return (
        rule.code == found.code
        and (not rule.path or fnmatchcase(found.file, rule.path))
        and (not rule.object or fnmatchcase(found.object, rule.object))
    )


def _about_comments(
    written: Sequence[tuple[str, Comment]], used: set[tuple[str, int, str] | Rule], errors: set[tuple[str, int, str]]
) -> Iterator[Diagnostic]:
    for file, comment in written:
        if not comment.codes or not comment.reason:
            message = "this ignores nothing: it needs a code and a reason"
            yield _finding(codes.BAD_IGNORE, message, file, comment, "Write `# gitway: ignore CODE reason`.")
            continue
        for code in comment.codes:
            place = (file, comment.target, code)
            if place in errors:
                message = f"{code} is an error here: errors cannot be ignored"
                yield _finding(codes.BAD_IGNORE, message, file, comment, "Mend the error, and remove this comment.")
            elif place not in used and not code.startswith(_LATER):
                message = f"nothing to ignore: there is no {code} on line {comment.target}"
                yield _finding(codes.UNUSED_IGNORE, message, file, comment, "Remove this comment.")


def _about_rules(
    rules: Sequence[Rule], used: set[tuple[str, int, str] | Rule], reported: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    for rule in rules:
        if rule in used or rule.index is None or rule.code.startswith(_LATER):
            continue
        refused = any(found.severity is Severity.ERROR and _applies(rule, found) for found in reported)
        yield Diagnostic(
            codes.BAD_IGNORE if refused else codes.UNUSED_IGNORE,
            Severity.WARNING,
            f"{rule.code} is an error here: errors cannot be ignored"
            if refused
            else f"nothing to ignore: there is no {rule.code} that this is about",
            origin=Origin(CONFIG_FILE),
            path=("ignore", rule.index, "code"),
            help="Mend the error, and remove this entry." if refused else "Remove this entry.",
        )


def _finding(code: str, message: str, file: str, comment: Comment, remedy: str) -> Diagnostic:
    return Diagnostic(
        code,
        Severity.WARNING,
        message,
        origin=Origin(file),
        line=comment.line,
        column=comment.column,
        help=remedy,
    )
