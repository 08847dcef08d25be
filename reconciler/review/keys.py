"""What tells the items of a list apart, so that lists are compared by what their items are and never by position.

Listeners have names, rules a name or else their matches, backends and parents are references. What comes here is not
validated: anything may be in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

Key = Callable[[Any], str | None]
"""A short name for an item, for people too; None where it has none."""

_LONGEST: Final = 80


class Pair(NamedTuple):
    """An item of both lists, or of one: then the other is None."""

    key: str
    before: Any
    after: Any


def pairs(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Pair]:
    """The items of two lists by their keys, in the order of the first, then of the second list."""
    key = next((one for one in _KEYS if _tells_apart(one, before) and _tells_apart(one, after)), None)
    if key is None:
        yield from _by_content(before, after)
        return
    old = {str(key(item)): item for item in before}
    new = {str(key(item)): item for item in after}
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    renamed = dict(_alike(gone, come, old, new))
    for name in old:
        yield Pair(renamed.get(name, name), old[name], new.get(renamed.get(name, name)))
    for name in come:
        if name not in renamed.values():
            yield Pair(name, None, new[name])


def _tells_apart(key: Key, items: Sequence[Any]) -> bool:
    names = [key(item) for item in items]
    return None not in names and len(set(names)) == len(names)


def _alike(gone: list[str], come: list[str], old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Items whose key has changed and nothing else: a rule with another match is still that rule."""
    left = list(come)
    for name in gone:
        same = [other for other in left if _rest(old[name]) and _rest(old[name]) == _rest(new[other])]
        if len(same) == 1:
            left.remove(same[0])
            yield name, same[0]


def _rest(item: Any) -> Any:
    return {name: value for name, value in item.items() if name not in {"name", "matches"}} if _is_rule(item) else None


def _by_content(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Pair]:
    """Equal items are the same one; what is left over is removed or added."""
    left = [(_content(item), item) for item in after]
    for item in before:
        content = _content(item)
        same = next((entry for entry in left if entry[0] == content), None)
        if same is not None:
            left.remove(same)
        else:
            yield Pair(_short(content), item, None)
    for content, item in left:
        yield Pair(_short(content), None, item)


def _scalar(item: Any) -> str | None:
    return None if isinstance(item, dict | list) or item is None else str(item)


def _named(item: Any) -> str | None:
    return _of(item, "name")


def _rule(item: Any) -> str | None:
    if not _is_rule(item):
        return None
    matches = item.get("matches")
    if not item.get("name") and isinstance(matches, list | None):
        return " or ".join(match_text(match) for match in matches or ()) or "/"
    return _of(item, "name")


def _is_rule(item: Any) -> bool:
    return isinstance(item, dict) and ("matches" in item or "backendRefs" in item or "filters" in item)


def _reference(item: Any) -> str | None:
    """`Kind namespace/name:port`, leaving out what is not said; a listener behind a slash."""
    name = _of(item, "name")
    if name is None or isinstance(item.get("value"), dict):
        return None
    kind, namespace, port, section = (item.get(part) for part in ("kind", "namespace", "port", "sectionName"))
    text = f"{kind} " if kind else ""
    text += f"{namespace}/{name}" if namespace else name
    return text + (f":{port}" if port else "") + (f" {section}" if section else "")


def _match(item: Any) -> str | None:
    return match_text(item) if isinstance(item, dict) and item.keys() & {"path", "headers", "queryParams"} else None


def _typed(item: Any) -> str | None:
    return _of(item, "type")


def _valued(item: Any) -> str | None:
    return _of(item, "value")


def _ported(item: Any) -> str | None:
    return _of(item, "port")


def _addressed(item: Any) -> str | None:
    addresses = item.get("addresses") if isinstance(item, dict) else None
    return ", ".join(map(str, addresses)) if isinstance(addresses, list) and addresses else None


_KEYS: Final[tuple[Key, ...]] = (
    _scalar,
    _rule,
    _named,
    _reference,
    _match,
    _typed,
    _valued,
    _addressed,
    _ported,
)


def match_text(match: Any) -> str:
    """A match as people write requests: `GET /cart x-canary: 1`; `~` before a regular expression, `=` an exact path."""
    if not isinstance(match, dict):
        return _short(_content(match))
    path, method = match.get("path"), match.get("method")
    parts = [
        method if isinstance(method, str) else "",
        _path_text(path, method),
        *(f"{_of(header, 'name')}: {_value_text(header)}" for header in _items(match, "headers")),
        *(f"?{_of(parameter, 'name')}={_value_text(parameter)}" for parameter in _items(match, "queryParams")),
    ]
    return _short(" ".join(part for part in parts if part))


def _items(match: dict[str, Any], name: str) -> list[Any]:
    items = match.get(name)
    return items if isinstance(items, list) else []


def _path_text(path: Any, method: Any) -> str:
    if isinstance(method, dict):  # a gRPC call
        return f"{_of(method, 'service') or '*'}/{_of(method, 'method') or '*'}"
    value = (_of(path, "value") or "/") if isinstance(path, dict) else "/"
    sign = {"Exact": "=", "RegularExpression": "~"}.get(str(path.get("type"))) if isinstance(path, dict) else None
    return f"{sign or ''}{value}"


def _value_text(item: Any) -> str:
    sign = "~" if isinstance(item, dict) and item.get("type") == "RegularExpression" else ""
    return f"{sign}{_of(item, 'value') or ''}"


def _of(item: Any, name: str) -> str | None:
    value = item.get(name) if isinstance(item, dict) else None
    return None if value is None or isinstance(value, dict | list) else str(value)


def _content(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
