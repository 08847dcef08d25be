"""Which entries of a tree are manifests, and what is said about those that cannot be read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.records import dataclass
from reconciler.source import codes
from reconciler.source.ignore import IGNORE_FILE, IgnoreRules, ignore_files_above, parse_ignore_file
from reconciler.source.tree import REGULAR, SUBMODULE, SYMLINK, Entry, Tree, normal_roots, within
from reconciler.source.wording import UNPRINTABLE, printable

CONFIG_FILE: Final = "gitway.yaml"
SUFFIXES: Final = (".yaml", ".yml", ".json")

_MAX_IGNORE_FILE: Final = 1 << 20
_MAX_LINK: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class Selection:
    """Manifest files sorted by path, and findings about what is none."""

    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]


def select(tree: Tree, roots: Sequence[str] = ()) -> Selection:
    """The manifest files under the roots (files or folders; none: the whole tree).

    Raises:
        SourceError: a root is not in the repository.
    """
    wanted = normal_roots(roots)
    above = ignore_files_above(wanted)
    listed = sorted(tree.files((*wanted, *above) if wanted else ()), key=lambda entry: entry.path)
    rules, findings = _ignore_rules(tree, listed)
    findings += _missing_roots(tree, wanted, listed)
    entries: list[Entry] = []
    links: list[Entry] = []
    for entry in listed:
        kind = entry.kind
        if kind == REGULAR and (not entry.path.endswith(SUFFIXES) or entry.path == CONFIG_FILE):
            continue
        root = within(entry.path, wanted)
        if root is None or rules.ignores(entry.path, root):
            continue
        if UNPRINTABLE.search(entry.path):
            findings.append(_bad_name(entry.path))
        elif kind == SUBMODULE:
            findings.append(_submodule(entry.path))
        else:
            (links if kind == SYMLINK else entries).append(entry)
    return Selection(tuple(entries), (*findings, *_links(tree, links)))


def _ignore_rules(tree: Tree, listed: Sequence[Entry]) -> tuple[IgnoreRules, list[Diagnostic]]:
    files = [entry for entry in listed if entry.path.rpartition("/")[2] == IGNORE_FILE and entry.kind == REGULAR]
    specs = []
    findings: list[Diagnostic] = []
    for content in tree.read_all(files, _MAX_IGNORE_FILE):
        path = content.entry.path
        if content.problem:
            findings.append(unreadable(path, content.problem))
            continue
        spec, problems = parse_ignore_file(path, content.data)
        specs.append((path.rpartition("/")[0], spec))
        findings += problems
    return IgnoreRules(specs), findings


def _missing_roots(tree: Tree, roots: Sequence[str], listed: Sequence[Entry]) -> Iterator[Diagnostic]:
    missing = [root for root in roots if not any(within(entry.path, [root]) is not None for entry in listed)]
    if not missing:
        return
    folders = {parent for entry in tree.files() for parent in _folders(entry.path)}
    for root in missing:
        close = get_close_matches(root, folders, n=1)
        yield Diagnostic(
            codes.NO_SUCH_PATH,
            Severity.ERROR,
            f'there is nothing under the path "{printable(root)}"',
            help=f'Did you mean "{printable(close[0])}"?' if close else "",
        )


def _folders(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _links(tree: Tree, links: Sequence[Entry]) -> Iterator[Diagnostic]:
    for content in tree.read_all(links, _MAX_LINK):
        path = content.entry.path
        target = content.data.decode(errors="surrogateescape")
        resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        leaves = content.problem or resolved.startswith(("/", "../")) or resolved == ".."
        yield Diagnostic(
            codes.SYMLINK,
            Severity.WARNING if leaves else Severity.NOTICE,
            f"this symlink to {printable(target)} is not followed{' out of the repository' if leaves else ''}",
            origin=Origin(path),
            help=f"Put the file itself here, or list the link in {IGNORE_FILE}.",
        )


def _submodule(path: str) -> Diagnostic:
    return Diagnostic(
        codes.SUBMODULE,
        Severity.WARNING,
        "this is another repository, of which nothing is read",
        origin=Origin(path),
        help=f"Publish it on its own, or list it in {IGNORE_FILE}.",
    )


def _bad_name(path: str) -> Diagnostic:
    return unreadable(printable(path), "its name has control characters or bytes that are not UTF-8")


def unreadable(path: str, problem: str) -> Diagnostic:
    """The finding about a file that cannot be read."""
    return Diagnostic(codes.UNREADABLE, Severity.ERROR, f"this file was not read: {problem}", origin=Origin(path))
