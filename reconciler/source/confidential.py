"""What must not be repeated in messages: the lines of Secrets, and what messages quote of them."""

from __future__ import annotations

import re
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.source.errors import YamlError

# Misspelt ones too, such as `secret` or `Secrets`; and what wraps Secrets often has some of its own.
_MENTION: Final = re.compile(r"""\bkind["']?\s*:\s*(?:[!&]\S*\s+)*["']?[\w.-]*secret|\bstringData\b""", re.IGNORECASE)
_HARMLESS_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,60}")


def mentions_secret(text: str) -> bool:
    """Whether YAML or JSON, which may be broken, seems to have a Secret in it."""
    return _MENTION.search(text.replace("\0", "")) is not None


def without_quotes(error: YamlError) -> str:
    """The message of an error without what it repeats of the file, save for names of keys."""
    if not error.quoted or (error.quotes_key and _HARMLESS_KEY.fullmatch(error.quoted)):
        return error.message
    return error.message.replace(error.quoted, "…")


def secret_rows(root: Node | None) -> list[range]:
    """The lines (1-based) that a document's Secrets stand on: itself, or the items of a list."""
    found: list[range] = []
    for node in (root, *_items(root)):
        if isinstance(node, MappingNode) and _is_secret(node):
            # A mapping in block style ends where the next thing begins.
            last = node.end_mark.line + (1 if node.flow_style else 0)
            found.append(range(node.start_mark.line + 1, max(last, node.start_mark.line + 1) + 1))
    return found


def _items(root: Node | None) -> list[Node]:
    if not isinstance(root, MappingNode):
        return []
    return [
        item
        for key, value in root.value
        if _text(key) == "items" and isinstance(value, SequenceNode)
        for item in value.value
    ]


def _is_secret(node: MappingNode) -> bool:
    return any(
        (_text(key) == "kind" and "secret" in _text(value).lower()) or _text(key) == "stringData"
        for key, value in node.value
    )


def _text(node: Node) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
