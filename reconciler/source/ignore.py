"""Which files of a tree are left out: hidden ones, and what `.gitwayignore` files say.

A file or folder whose name begins with a dot is no manifest (`.github`, `.gitlab-ci.yml`, …), unless it is a root
that was asked for or an ignore file takes it back (`!.deploy/`). `.gitwayignore` has the syntax and the meaning of
`.gitignore`, at any level of the tree: deeper files win, and what is in an ignored folder cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.source import codes

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE: Final = ".gitwayignore"


class IgnoreRules:
    """The rules of one tree. `specs` are the ignore files by the folder that they stand in."""

    def __init__(self, specs: Iterable[tuple[str, GitIgnoreSpec]] = ()) -> None:
        self._specs = sorted(((f"{folder}/" if folder else "", spec) for folder, spec in specs), key=lambda one: one[0])
        self._folders: dict[str, bool] = {"": False}

    def ignores(self, path: str, root: str) -> bool:
        """True if the file is left out; `root` is the one that it was found under."""
        folder = path.rpartition("/")[0]
        ignored = self._folders.get(folder)
        if ignored is None:
            ignored = self._folders[folder] = self._ignores_folder(folder, root)
        return ignored or self._matches(path, root, is_folder=False)

    def _ignores_folder(self, folder: str, root: str) -> bool:
        parts = folder.split("/")
        return any(self._matches("/".join(parts[: end + 1]), root, is_folder=True) for end in range(len(parts)))

    def _matches(self, path: str, root: str, *, is_folder: bool) -> bool:
        name = path.rpartition("/")[2]
        is_below_root = len(path) > len(root)
        verdict = is_below_root and name.startswith(".")
        for prefix, spec in self._specs:
            if path.startswith(prefix):
                said = spec.check_file(path[len(prefix) :] + "/" * is_folder).include
                verdict = verdict if said is None else said
        return verdict


def ignore_files_above(roots: Sequence[str]) -> set[str]:
    """The ignore files that bear on roots without being under them."""
    folders = {"/".join(parts[:end]) for parts in (root.split("/") for root in roots) for end in range(len(parts))}
    return {f"{folder}/{IGNORE_FILE}".lstrip("/") for folder in folders}


def parse_ignore_file(path: str, data: bytes) -> tuple[GitIgnoreSpec, list[Diagnostic]]:
    """The rules of an ignore file; patterns that are none are reported and left out."""
    # Few repositories have one, and the import takes 30 ms.
    from pathspec import GitIgnoreSpec

    findings: list[Diagnostic] = []
    valid: list[str] = []
    for number, line in enumerate(data.decode(errors="surrogateescape").splitlines(), 1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            shown = line.encode(errors="backslashreplace").decode()
            findings.append(
                Diagnostic(
                    codes.SYNTAX,
                    Severity.ERROR,
                    "this is not a pattern of .gitignore's syntax",
                    origin=Origin(path),
                    line=number,
                    column=1,
                    source=shown,
                )
            )
        else:
            valid.append(line)
    return GitIgnoreSpec.from_lines(valid), findings
