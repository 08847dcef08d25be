"""YAML as Kubernetes reads it: documents of plain JSON types.

Unlike Kubernetes' reader, which takes the last of equal keys and ignores tags that it does not know, this one refuses
both. Of the keys that `<<` merges, those that the mapping has itself win wherever they stand, as YAML's merge key says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from yaml.composer import ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.source import codes
from reconciler.source.collector import no_cyclic_gc
from reconciler.source.errors import YamlError
from reconciler.source.limits import MAX_DEPTH
from reconciler.source.wording import shown
from reconciler.source.yaml_nodes import UNTAGGED, at, compose, compose_guarded, too_deep
from reconciler.source.yaml_scalars import (
    MERGE,
    Key,
    Merge,
    PlainKeys,
    PlainScalars,
    ScalarError,
    json_float,
    key_of,
    resolve,
)

__all__ = ["YamlError", "YamlLoader", "load_documents"]

_YAML: Final = "tag:yaml.org,2002:"
_PLAIN: Final = ""
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def load_documents(data: bytes) -> list[Any]:
    """The documents of a YAML file in order, as plain JSON types; None for an empty one.

    Raises:
        YamlError: it is not what Kubernetes would read, or exceeds the limits.
    """
    return YamlLoader().load(data)


class YamlLoader:
    """Loads any number of files, and remembers what scalars they share."""

    def __init__(self) -> None:
        self._scalars = PlainScalars()
        self._keys = PlainKeys()

    def load(self, data: bytes) -> list[Any]:
        """As `load_documents`."""
        with no_cyclic_gc():
            try:
                return self._build(compose(data))
            except ComposerError:
                # Anchors that are defined anew, which C's composer refuses and Kubernetes' reader does not.
                return self._build(compose_guarded(data))

    def _build(self, nodes: Iterable[Node]) -> list[Any]:
        builder = _Builder(self._scalars, self._keys)
        documents = [builder.value(node, 1) for node in nodes]
        if builder.duplicates:
            first, *others = builder.duplicates
            first.others = tuple(others)
            raise first
        return documents


class _Builder:
    """Nodes → JSON types. An aliased node is built anew wherever it stands; how often is limited when composing."""

    def __init__(self, scalars: PlainScalars, keys: PlainKeys) -> None:
        self.duplicates: list[YamlError] = []
        self._scalars = scalars
        self._keys = keys

    def value(self, node: Node, depth: int) -> Any:
        """The value of any node; `depth` is 1 for a root."""
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        return self._mapping(node, depth) if isinstance(node, MappingNode) else self._sequence(node, depth)

    def _mapping(self, node: Node, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH or node.tag is not UNTAGGED:
            _check_collection(node, depth, "map")
        scalars, keys = self._scalars, self._keys
        merged: list[Node] = []
        result: dict[str, Any] = {}
        # This loop is where the time goes: it is written out for what nearly all keys and values are.
        try:
            for key_node, value_node in node.value:
                if key_node.__class__ is ScalarNode and key_node.style == _PLAIN and key_node.tag is UNTAGGED:
                    key = keys[key_node.value]
                else:
                    key = key_of_node(key_node)
                if key.__class__ is not str:
                    merged.append(_merge_source(key, key_node, value_node))
                elif value_node.__class__ is not ScalarNode or value_node.tag is not UNTAGGED:
                    result[key] = self.value(value_node, depth + 1)
                elif value_node.style == _PLAIN:
                    result[key] = scalars[value_node.value]
                else:
                    result[key] = value_node.value
        except ScalarError as error:
            raise at(value_node.start_mark, str(error), quoted=shown(error.text)) from None
        if len(result) + len(merged) != len(node.value):
            self._find_duplicates(node)
        return self._with_merged(result, merged, depth) if merged else result

    def _sequence(self, node: Node, depth: int) -> list[Any]:
        if depth > MAX_DEPTH or node.tag is not UNTAGGED:
            _check_collection(node, depth, "seq")
        mapping, below = self._mapping, depth + 1
        return [
            mapping(item, below) if item.__class__ is MappingNode else self.value(item, below) for item in node.value
        ]

    def _scalar(self, node: ScalarNode) -> Any:
        try:
            if node.tag is not UNTAGGED:
                value = _tagged(node)
                return json_float(value, node.value) if isinstance(value, float) else value
            return self._scalars[node.value] if node.style == _PLAIN else node.value
        except ScalarError as error:
            raise at(node.start_mark, str(error), quoted=shown(error.text)) from None

    def _with_merged(self, own: dict[str, Any], sources: list[Node], depth: int) -> dict[str, Any]:
        """`own` with what it has not itself from the mappings that are merged into it, of which earlier ones win."""
        result: dict[str, Any] = {}
        for source in sources:
            for mapping in source.value if isinstance(source, SequenceNode) else [source]:
                if not isinstance(mapping, MappingNode):
                    raise at(mapping.start_mark, "what `<<` merges must be a mapping or a list of mappings")
                for key, value in self._mapping(mapping, depth + 1).items():
                    result.setdefault(key, value)
        return result | own

    def _find_duplicates(self, node: Node) -> None:
        first: dict[str, Node] = {}
        for key_node, _ in node.value:
            key = key_of_node(key_node)
            if not isinstance(key, str):
                continue
            known = first.setdefault(key, key_node)
            if known is not key_node:
                mark = known.start_mark
                message = f'the key "{shown(key)}" is already set on line {mark.line + 1}, column {mark.column + 1}'
                mark = key_node.start_mark
                self.duplicates.append(at(mark, message, codes.DUPLICATE_KEY, quoted=shown(key), quotes_key=True))


def _check_collection(node: Node, depth: int, tag: str) -> None:
    if depth > MAX_DEPTH:
        raise too_deep(node.start_mark)
    if node.tag is not UNTAGGED and node.tag != _YAML + tag:
        raise _unknown_tag(node)


def _merge_source(key: object, key_node: Node, value_node: Node) -> Node:
    if isinstance(key, Merge):
        return value_node
    raise at(key_node.start_mark, "null cannot be a key")


def key_of_node(node: Node) -> Key:
    """What a node is as a key.

    Raises:
        YamlError: it is a mapping or a list.
    """
    if not isinstance(node, ScalarNode):
        raise at(node.start_mark, "a mapping or a list cannot be a key")
    if node.tag is UNTAGGED and node.style != _PLAIN:
        return str(node.value)
    if node.value == "<<" and node.tag in (UNTAGGED, _YAML + "merge"):
        return MERGE
    try:
        return key_of(resolve(node.value) if node.tag is UNTAGGED else _tagged(node))
    except ScalarError as error:
        raise at(node.start_mark, str(error), quoted=shown(error.text)) from None


def _tagged(node: Node) -> str | int | float | bool | None:
    """The value of a scalar with a tag.

    Raises:
        ScalarError: it is not what the tag says.
        YamlError: Kubernetes has no such tag.
    """
    tag = node.tag.removeprefix(_YAML)
    text = str(node.value)
    if node.tag.startswith(_YAML) and tag in ("str", "timestamp"):
        return text
    if not node.tag.startswith(_YAML) or tag not in _TYPES:
        raise _unknown_tag(node)
    value = resolve(text)
    if not isinstance(value, _TYPES[tag]) or (isinstance(value, bool) and tag != "bool"):
        raise ScalarError(text, f"is not a !!{tag}")
    return value


def _unknown_tag(node: Node) -> YamlError:
    tag = node.tag.replace(_YAML, "!!", 1)
    return at(node.start_mark, f"the tag {shown(tag)} means nothing in a manifest", quoted=shown(tag))
