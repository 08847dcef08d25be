"""How values and paths of manifests are written in messages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import DEFAULT_NAMESPACE
from reconciler.manifests.registry import SERVED

_MAX_SHOWN: Final = 60
_MAX_NUMBER: Final = 10**20


def dotted(path: FieldPath) -> str:
    """A path as people write it: `spec.rules[0].matches`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not step or "." in step or "/" in step:
            text += f"[{shown(step)}]"
        else:
            text += ("." if text else "") + printable(step)
    return text


def shown(value: object) -> str:
    """A value in a few words: scalars as JSON, cut where they are long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) > _MAX_NUMBER:
        return "a very large number"
    if isinstance(value, str) and len(value) > _MAX_SHOWN:
        value = value[: _MAX_SHOWN - 1] + "…"
    if value is None or isinstance(value, str | int | float):
        return printable(json.dumps(value, ensure_ascii=False))
    return f"a {type(value).__name__}"


def printable(text: str) -> str:
    """The text without what cannot be encoded (lone surrogates of JSON) or would upset a terminal."""
    return "".join(
        character if character.isprintable() or character == " " else character.encode("unicode_escape").decode()
        for character in text
    )


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """What the author may have meant by `word`, whatever its letter case."""
    by_lower_case = {candidate.lower(): candidate for candidate in candidates}
    matches = get_close_matches(word[:_MAX_SHOWN].lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[matches[0]] if matches else None


def did_you_mean(word: object, candidates: Iterable[str]) -> str:
    """`Did you mean …?`, or an empty string."""
    match = closest(word, candidates) if isinstance(word, str) else None
    return f'Did you mean "{match}"?' if match is not None else ""


def object_name(raw: object) -> str:
    """`Kind namespace/name` of a raw object, as far as it has them; for an object that may be wrong in any way."""
    if not isinstance(raw, dict):
        return ""
    kind, metadata = raw.get("kind"), raw.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    words = kind if isinstance(kind, str) else ""
    if isinstance(name, str) and name:
        words = f"{words} {_prefix(raw.get('apiVersion'), kind, namespace)}{name}".strip()
    return printable(words)


def _prefix(api_version: object, kind: object, namespace: object) -> str:
    known = SERVED.get((api_version, kind)) if isinstance(api_version, str) and isinstance(kind, str) else None
    if known is not None and not known.namespaced:
        return ""
    if isinstance(namespace, str) and namespace:
        return f"{namespace}/"
    return f"{DEFAULT_NAMESPACE}/" if known is not None else ""
