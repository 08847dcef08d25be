"""YAML text → node graphs with positions, by libyaml.

There are two ways, and they give the same nodes. `CParser`'s own composer, in C, recurses without a bound (a file of
brackets ends the process) and expands nothing; `compose_guarded` composes from events in a loop, counts depth and what
aliases add, but takes twice as long. So the text is looked through for signs of depth and of aliases first, which costs
a fiftieth of the parse.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any, Final

from yaml.composer import ComposerError
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs know it elsewhere
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
)
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from reconciler.records import dataclass
from reconciler.source import codes
from reconciler.source.errors import YamlError
from reconciler.source.limits import MAX_ALIASED, MAX_BYTES, MAX_DEPTH, MAX_DOCUMENTS

UNTAGGED: Final = "untagged"
"""The tag of nodes without a tag; compared by identity."""

_ALIAS: Final = re.compile(rb"\*[0-9A-Za-z_-]")
_FORBIDDEN: Final = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

# What C's composer may safely be given: it recurses twice a level and has 8 MiB of stack, which bear 20,000 levels.
_MAX_BRACKETS: Final = 1000
_MAX_RUN: Final = 256
_INDENTATION: Final = bytes(ord(" ") if byte in b"\t ?:-" else byte for byte in range(256))


def compose(data: bytes) -> Iterator[Node]:
    """The root node of each document; one of an empty document is a scalar.

    Raises:
        YamlError: the text is not YAML, or exceeds the limits.
        ComposerError: an alias without an anchor, or an anchor twice, which YAML allows: `compose_guarded` can tell.
    """
    check_text(data)
    return _compose_in_c(data) if _is_plain(data) else compose_guarded(data)


def check_text(data: bytes) -> None:
    """Refuse what is too large, or not UTF-8 as far as libyaml would read another encoding.

    Raises:
        YamlError: so it is.
    """
    if len(data) > MAX_BYTES:
        raise YamlError(f"the file has {len(data)} bytes; gitway reads {MAX_BYTES} at most", 1, 1, codes.LIMIT)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise YamlError("the file is not UTF-8 but UTF-16", 1, 1)


def _is_plain(data: bytes) -> bool:
    """True where nothing nests deeper than C's composer bears, and nothing is an alias.

    Flow collections nest by brackets, and none goes on over `---` at the start of a line. Block collections nest by
    columns; what stands left of the start of one on its line is white space and the indicators `-`, `?` and `:`.
    """
    if b"&" in data and _ALIAS.search(data) is not None:
        return False
    if any(part.count(b"[") + part.count(b"{") > _MAX_BRACKETS for part in data.split(b"\n---\n")):
        return False
    return b" " * _MAX_RUN not in data.translate(_INDENTATION)


class _Parser(CParser):
    """libyaml with the composer's hooks reduced to nothing: tags are left as written, scalars are not resolved.

    The hooks without arguments of interest are functions written in C: they are called for every node.
    """

    descend_resolver = operator.is_
    ascend_resolver = bool

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        return UNTAGGED


def _compose_in_c(data: bytes) -> Iterator[Node]:
    composed = 0
    try:
        parser = _Parser(data)
        while parser.check_node():
            node = parser.get_node()
            if node is None:
                return
            composed += 1
            _check_count(composed, node)
            yield node
    except ComposerError:
        raise
    except YAMLError as error:
        raise syntax_error(error, data) from None


@dataclass(slots=True)
class _Anchored:
    """An anchored node, how much it holds and how deep it is; `node` is None until it is complete."""

    node: Node | None = None
    weight: int = 0
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A collection that is being composed: its children in order, keys and values alternating."""

    node: CollectionNode
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    weight: int = 1
    height: int = 1


class _Composer:
    """Composes one document, without recursion."""

    def __init__(self, aliased: int) -> None:
        self.root: Node | None = None
        self.aliased = aliased
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}

    def take(self, event: Any) -> None:
        """Add an event to the document."""
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self._start(event)
        elif isinstance(event, CollectionEndEvent):
            self._end(event)
        elif isinstance(event, AliasEvent):
            self._alias(event)

    def _start(self, event: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored()
        kind = MappingNode if isinstance(event, MappingStartEvent) else SequenceNode
        node = kind(_tag(event), [], event.start_mark, None, event.flow_style)
        self._open.append(_Open(node, event.anchor))
        self._check_depth(len(self._open), event.start_mark)

    def _end(self, event: Any) -> None:
        done = self._open.pop()
        children = done.children
        is_mapping = isinstance(done.node, MappingNode)
        done.node.value = list(zip(children[::2], children[1::2], strict=True)) if is_mapping else children
        done.node.end_mark = event.end_mark
        self._complete(done.node, done.weight, done.height, done.anchor)

    def _scalar(self, event: Any) -> None:
        node = ScalarNode(_tag(event), event.value, event.start_mark, event.end_mark, event.style)
        self._complete(node, 1 + len(event.value) // 64, 0, event.anchor)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        found = self._anchors.get(event.anchor)
        if found is None:
            message = f"the alias *{event.anchor} has no anchor &{event.anchor} before it in this document"
            raise at(mark, message, quoted=event.anchor)
        if found.node is None:
            raise at(mark, f"the value of the anchor &{event.anchor} contains itself", quoted=event.anchor)
        self.aliased += found.weight
        if self.aliased > MAX_ALIASED:
            raise at(mark, "the aliases of this file stand for too much", codes.LIMIT)
        self._check_depth(len(self._open) + found.height, mark)
        self._complete(found.node, found.weight, found.height, None)

    def _complete(self, node: Node, weight: int, height: int, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node, weight, height)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.children.append(node)
        parent.weight += weight
        parent.height = max(parent.height, height + 1)

    @staticmethod
    def _check_depth(depth: int, mark: Any) -> None:
        if depth > MAX_DEPTH:
            raise too_deep(mark)


def compose_guarded(data: bytes) -> Iterator[Node]:
    """As `compose`, for texts that may be hostile."""
    check_text(data)
    composed = aliased = 0
    composer = _Composer(aliased)
    try:
        parser = _Parser(data)
        while (event := parser.get_event()) is not None:
            if isinstance(event, DocumentStartEvent):
                composer = _Composer(aliased)
            elif isinstance(event, DocumentEndEvent) and composer.root is not None:
                aliased = composer.aliased
                composed += 1
                _check_count(composed, composer.root)
                yield composer.root
            else:
                composer.take(event)
    except YAMLError as error:
        raise syntax_error(error, data) from None


def _tag(event: Any) -> str:
    return UNTAGGED if event.tag is None else str(event.tag)


def _check_count(documents: int, node: Node) -> None:
    if documents > MAX_DOCUMENTS:
        raise at(node.start_mark, f"the file has more than {MAX_DOCUMENTS} documents", codes.LIMIT)


def at(mark: Any, message: str, code: str = codes.SYNTAX, *, quoted: str = "", quotes_key: bool = False) -> YamlError:
    """An error at a mark of libyaml, which counts from 0."""
    return YamlError(message, mark.line + 1, mark.column + 1, code, quoted=quoted, quotes_key=quotes_key)


def too_deep(mark: Any) -> YamlError:
    """The error of a collection that is deeper than the limit."""
    return at(mark, f"mappings and lists stand more than {MAX_DEPTH} deep within each other", codes.LIMIT)


def syntax_error(error: YAMLError, data: bytes) -> YamlError:
    """What libyaml says, with a position."""
    if isinstance(error, ReaderError):
        return _unreadable(error, data)
    if not isinstance(error, MarkedYAMLError):
        return YamlError(str(error), 1, 1)
    context = error.context or ""
    if context and error.context_mark is not None:
        context = f" ({context}, from line {error.context_mark.line + 1})"
    message = f"this is not YAML: {error.problem}{context}"
    mark = error.problem_mark or error.context_mark
    return at(mark, message) if mark is not None else YamlError(message, 1, 1)


def _unreadable(error: ReaderError, data: bytes) -> YamlError:
    try:
        text = data.decode()
    except UnicodeDecodeError as invalid:
        before = data[: invalid.start].decode()
        return YamlError(f"byte 0x{data[invalid.start]:02x} is not UTF-8", *position(before, len(before)))
    found = _FORBIDDEN.search(text, 1 if text.startswith("\ufeff") else 0)
    if found is None:
        return YamlError(f"this is not YAML: {error.reason}", 1, 1)
    message = f"the control character U+{ord(found.group()):04X} is not allowed"
    return YamlError(message, *position(text, found.start()))


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column (1-based) of the character at `index`, counting lines as libyaml does."""
    breaks = [found.end() for found in _LINE_BREAK.finditer(text, 0, index)]
    start = breaks[-1] if breaks else int(text.startswith("\ufeff"))
    return len(breaks) + 1, index - start + 1


def lines(text: str) -> list[str]:
    """The lines of a text as libyaml counts them, without their ends and without a byte order mark."""
    return _LINE_BREAK.split(text.removeprefix("\ufeff"))
