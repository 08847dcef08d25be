"""What to do about a file that does not parse: the mistakes that people make most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.source import codes
from reconciler.source.errors import YamlError

_CONFLICT: Final = "<<<<<<< "
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"


def advice(error: YamlError, text: Sequence[str]) -> str:
    """What to do about an error in these lines; empty where there is nothing particular to say."""
    if error.code == codes.DUPLICATE_KEY:
        return "Remove one of them: which one counts would depend on who reads the file."
    if error.code == codes.LIMIT:
        return "Split the file, or write out what aliases stand for."
    if any(line.startswith(_CONFLICT) for line in text):
        return "This has a conflict of a merge in it: resolve it."
    line = text[error.line - 1] if error.line <= len(text) else ""
    return _about_line(line, line[error.column - 1 :]) or _about_message(error.message)


def _about_line(line: str, rest: str) -> str:
    if "{{" in line:
        return "This looks like a template: render it first, or list its folder in .gitwayignore."
    if rest[:1] in ("@", "`", "%"):
        return f"A value that begins with {rest[0]} must be in quotes."
    if "\t" in line[: len(line) - len(line.lstrip())] or rest.startswith("\t"):
        return "YAML is indented by spaces, not tabs."
    return ""


def _about_message(message: str) -> str:
    if "scanning an alias" in message or "has no anchor" in message:
        return 'A value that begins with * must be in quotes, for example "*.example.com".'
    if "mapping values are not allowed" in message:
        return "A value with a colon and a space in it must be in quotes; or the indentation is wrong."
    if "UTF-8" in message:
        return "Save the file as UTF-8."
    return ""
