"""Where findings stand: line and column of a field, looked up only for what is reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.diagnostics import Diagnostic, FieldPath, Origin
from reconciler.records import dataclass
from reconciler.source import codes
from reconciler.source.collector import no_cyclic_gc
from reconciler.source.confidential import mentions_secret, secret_rows
from reconciler.source.errors import SourceError, YamlError
from reconciler.source.json_loader import yaml_equivalent
from reconciler.source.limits import MAX_BYTES
from reconciler.source.tree import Tree
from reconciler.source.yaml_loader import key_of_node
from reconciler.source.yaml_nodes import compose_guarded, lines
from reconciler.source.yaml_scalars import MERGE

_ABOUT_WHOLE_FILES: Final = frozenset((codes.SYMLINK, codes.SUBMODULE, codes.UNREADABLE))


def locate(diagnostics: Iterable[Diagnostic], tree: Tree) -> list[Diagnostic]:
    """The diagnostics in their order, with line, column and source line of what they are about.

    Each file that has a finding is read and parsed once, as far as its last finding. A field that is not there has the
    place of the nearest one around it. What has no place, or is in a file that cannot be read, stays as it is. Lines
    of Secrets are not repeated.
    """
    found = list(diagnostics)
    by_file: dict[str, list[int]] = {}
    for index, diagnostic in enumerate(found):
        if diagnostic.origin is not None and not diagnostic.source and diagnostic.code not in _ABOUT_WHOLE_FILES:
            by_file.setdefault(diagnostic.origin.file, []).append(index)
    for path, indexes in by_file.items():
        try:
            data = tree.read(path)
        except (FileNotFoundError, SourceError):
            continue
        with no_cyclic_gc():
            located = _locate_in_file(path, data, [found[index] for index in indexes])
        for index, diagnostic in zip(indexes, located, strict=True):
            found[index] = diagnostic
    return found


def _locate_in_file(path: str, data: bytes, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    if len(data) > MAX_BYTES:
        return diagnostics
    text = data.decode(errors="replace")
    rows = lines(text)
    if path.endswith(".json"):
        data = yaml_equivalent(text.removeprefix("\ufeff")).encode()
    wanted = {each.origin.document for each in diagnostics if each.origin is not None and not each.line}
    roots = _roots(data, wanted)
    located: list[Diagnostic] = []
    for each in diagnostics:
        line, column, length = each.line, each.column, each.length
        if not line and each.origin is not None:
            root = roots.get(each.origin.document)
            line, column, length = _position(root, each.origin, each.path, on_key=each.on_key)
        source = rows[line - 1] if 0 < line <= len(rows) else ""
        if source and (_is_confidential(each, line, source, roots) if not each.line else mentions_secret(text)):
            source, length = "", 0  # which would tell how long a password is
        located.append(replace(each, line=line, column=column, source=source, length=length))
    return located


def _is_confidential(found: Diagnostic, line: int, source: str, roots: Mapping[int, Node]) -> bool:
    """Whether a line may have a Secret's values on it."""
    root = roots.get(found.origin.document) if found.origin is not None else None
    return (
        found.object.partition(" ")[0] == "Secret"
        or mentions_secret(source)
        or any(line in rows for rows in secret_rows(root))
    )


def _roots(data: bytes, wanted: set[int]) -> dict[int, Node]:
    """The wanted documents of a file, as far as it is well-formed."""
    roots: dict[int, Node] = {}
    last = max(wanted, default=-1)
    try:
        for number, root in enumerate(compose_guarded(data) if wanted else ()):
            if number in wanted:
                roots[number] = root
            if number >= last:
                break
    except YamlError:
        pass
    return roots


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, and the key that it is the value of."""

    node: Node
    key: Node | None = None


def _position(root: Node | None, origin: Origin, path: FieldPath, *, on_key: bool) -> tuple[int, int, int]:
    """Line and column (1-based) and length of a field, or the place of the nearest one around it; zeros for none."""
    if root is None:
        return 0, 0, 0
    place = _Place(root)
    for step in (*(() if origin.item is None else ("items", origin.item)), *path):
        below = _step(place.node, step)
        if below is None:
            return (*_extent(place, on_key=False)[:2], 0)
        place = below
    return _extent(place, on_key=on_key)


def _extent(place: _Place, *, on_key: bool) -> tuple[int, int, int]:
    """A value's place; its key's where the value begins on another line, or is not written at all.

    The length is that of a scalar on one line.
    """
    node: Any = place.node
    key: Any = place.key
    if key is not None:
        is_empty = isinstance(node, ScalarNode) and not node.value and not node.style
        if on_key or is_empty or node.start_mark.line != key.start_mark.line:
            node = key
    start, end = node.start_mark, node.end_mark
    whole = isinstance(node, ScalarNode) and start.line == end.line
    return start.line + 1, start.column + 1, end.column - start.column if whole else 0


def _step(node: Node, step: str | int) -> _Place | None:
    """The value of a key or index. Of equal keys the mapping's own wins over merged ones, as when loading."""
    if isinstance(node, SequenceNode):
        is_index = isinstance(step, int) and 0 <= step < len(node.value)
        return _Place(node.value[step]) if is_index else None
    if not isinstance(node, MappingNode):
        return None
    merged: list[Node] = []
    for key_node, value_node in node.value:
        key = key_of_node(key_node)
        if key is MERGE:
            merged.append(value_node)
        elif key == step:
            return _Place(value_node, key_node)
    return next(_steps_in_merged(merged, step), None)


def _steps_in_merged(sources: Iterable[Node], step: str | int) -> Iterator[_Place]:
    for source in sources:
        for mapping in source.value if isinstance(source, SequenceNode) else [source]:
            found = _step(mapping, step)
            if found is not None:
                yield found
