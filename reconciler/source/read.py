"""A tree → the objects in its manifest files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.parallel import share, shared_map
from reconciler.source import codes
from reconciler.source.advice import LFS_POINTER, advice
from reconciler.source.cache import ParseCache
from reconciler.source.collector import no_cyclic_gc
from reconciler.source.confidential import mentions_secret, without_quotes
from reconciler.source.document import Document, Manifests
from reconciler.source.errors import YamlError
from reconciler.source.json_loader import load_json_documents
from reconciler.source.limits import MAX_BYTES
from reconciler.source.select import select, unreadable
from reconciler.source.suppressions import MARK, Comment, comments
from reconciler.source.tree import Content, Entry, Tree
from reconciler.source.yaml_loader import YamlLoader
from reconciler.source.yaml_nodes import lines

_JSON: Final = ".json"


_HEAD_START: Final = 900_000
"""Bytes of YAML that are parsed in about the time that a command needs to import what comes after reading."""
_WORTH_A_PROCESS: Final = 100_000
"""Bytes of YAML; parsing less takes hardly longer than starting a process."""


def read(
    tree: Tree,
    roots: Sequence[str] = (),
    cache: ParseCache | None = None,
    meanwhile: Callable[[bool], object] = lambda _: None,
) -> Manifests:
    """Every object of every manifest file under the roots (files or folders; none: the whole tree).

    Documents come sorted by path, then as they stand in their file; `items` of lists are objects of their own. A file
    that cannot be read or parsed is a finding, and the others are read all the same. `meanwhile` is done by this
    process, and told whether another parses meanwhile.

    Raises:
        SourceError: a root is not in the repository, or git fails.
    """
    with no_cyclic_gc():
        selection = select(tree, roots)
        files = _Files(cache)
        findings = list(selection.diagnostics)
        missing = [entry for entry in selection.entries if not files.take_cached(entry, entry.blob)]
        contents = list(tree.read_all(missing, MAX_BYTES))
        sizes = [len(content.data) for content in contents]
        theirs = share(sizes, _HEAD_START, _WORTH_A_PROCESS)
        parsed_files = shared_map(files.parse, contents, theirs, lambda: meanwhile(theirs > 0))
        for content, parsed in zip(contents, parsed_files, strict=True):
            findings += files.take(content, parsed)
        if cache is not None:
            cache.save()
        documents: list[Document] = []
        suppressions = tuple([(entry.path, one) for entry in selection.entries for one in files.comments(entry)])
        for entry in selection.entries:
            for found in files.objects(entry):
                if isinstance(found, Document):
                    documents.append(found)
                else:
                    findings.append(found)
    return Manifests(tuple(documents), tuple(findings), suppressions)


class _Files:
    """The parsed files of a tree, by path."""

    def __init__(self, cache: ParseCache | None) -> None:
        self._cache = cache
        self._yaml = YamlLoader()
        self._parsed: dict[str, tuple[str, list[Any]]] = {}
        self._comments: dict[str, tuple[Comment, ...]] = {}

    def take_cached(self, entry: Entry, blob: str) -> bool:
        """Take a file's documents from the cache; False if it does not have them."""
        if self._cache is None or not blob:
            return False
        documents = self._cache.get(_key(entry, blob))
        if documents is None:
            return False
        self._parsed[entry.path] = (blob, documents)
        written = None if entry.path.endswith(_JSON) else self._cache.get(_comments_key(blob))
        if written:
            self._comments[entry.path] = tuple(Comment(*one) for one in written)
        return True

    def parse(self, content: Content) -> list[Any] | None:
        """A file's documents; None where there is something to be said about it, or nothing to be done."""
        data = content.data
        if content.problem or data.startswith(LFS_POINTER) or (not content.entry.blob and self._is_cached(content)):
            return None
        try:
            return self._load(content.entry, data)
        except YamlError:
            return None

    def take(self, content: Content, parsed: list[Any] | None) -> list[Diagnostic]:
        """Take a file that was read, and say what is wrong with it."""
        entry, blob, data = content.entry, content.blob, content.data
        if content.problem:
            return [unreadable(entry.path, content.problem)]
        # The id of a work tree's file is known only now.
        if not entry.blob and self.take_cached(entry, blob):
            return []
        if data.startswith(LFS_POINTER):
            return [unreadable(entry.path, "it is a pointer of Git LFS, whose content gitway does not fetch")]
        try:
            documents = self._load(entry, data) if parsed is None else parsed
        except YamlError as error:
            return parse_findings(entry.path, data, error)
        self._parsed[entry.path] = (blob, documents)
        written = comments(data) if MARK in data and not entry.path.endswith(_JSON) else ()
        if written:
            self._comments[entry.path] = written
        if self._cache is not None:
            self._cache.put(_key(entry, blob), documents)
            if written:
                self._cache.put(_comments_key(blob), [tuple(one) for one in written])
        return []

    def _load(self, entry: Entry, data: bytes) -> list[Any]:
        return load_json_documents(data) if entry.path.endswith(_JSON) else self._yaml.load(data)

    def _is_cached(self, content: Content) -> bool:
        return self._cache is not None and self._cache.has(_key(content.entry, content.blob))

    def comments(self, entry: Entry) -> tuple[Comment, ...]:
        """The comments of a file that say what is not to be reported."""
        return self._comments.get(entry.path, ())

    def objects(self, entry: Entry) -> Iterator[Document | Diagnostic]:
        """The objects of a file, in order, and what is in it but none."""
        path = entry.path
        blob, documents = self._parsed.get(path, ("", []))
        for number, document in enumerate(documents):
            if document.__class__ is not dict:
                if document is not None:
                    yield _not_an_object(Origin(path, number))
                continue
            kind = document.get("kind")
            if kind.__class__ is str and kind.endswith("List") and _is_list(kind, document):
                yield from _items(document, Origin(path, number), blob)
            else:
                yield Document(document, Origin(path, number), blob)


def parse_findings(path: str, data: bytes, error: YamlError) -> list[Diagnostic]:
    """What is wrong with a file that does not parse. Nothing is repeated of a file with Secrets."""
    content = data.decode(errors="replace")
    text = lines(content)
    secret = mentions_secret(content)
    findings: list[Diagnostic] = []
    for one in (error, *error.others):
        line = text[one.line - 1] if one.line <= len(text) and not secret else ""
        findings.append(
            Diagnostic(
                one.code,
                Severity.ERROR,
                without_quotes(one) if secret else one.message,
                origin=Origin(path),
                help=advice(one, text),
                line=one.line,
                column=one.column,
                source=line,
            )
        )
    return findings


def _key(entry: Entry, blob: str) -> str:
    return f"{blob}.json" if entry.path.endswith(_JSON) else blob


def _is_list(kind: str, document: dict[str, Any]) -> bool:
    """A list as kubectl knows it: `kind: List`, or a kind's own list. Other kinds may end in `List` too."""
    return isinstance(document.get("items"), list) or (kind == "List" and document.get("apiVersion") == "v1")


def _items(document: dict[str, Any], origin: Origin, blob: str) -> Iterator[Document | Diagnostic]:
    """The objects of a list. Those of a kind's own list may leave out what the list says: kind and version."""
    items = document.get("items")
    if not isinstance(items, list):
        if items is not None:
            yield _finding(codes.BAD_LIST, "the items of a List must be a list", origin, ("items",))
        return
    inherited = {"apiVersion": document.get("apiVersion"), "kind": document["kind"].removesuffix("List")}
    for number, item in enumerate(items):
        place = Origin(origin.file, origin.document, number)
        if not isinstance(item, dict):
            yield _not_an_object(place)
        elif str(item.get("kind", "")).endswith("List") and isinstance(item.get("items"), list):
            yield _finding(
                codes.BAD_LIST, "a list within a list is not read", place, help="Put its items into the outer list."
            )
        elif inherited["kind"] and "kind" not in item and "apiVersion" not in item:
            yield Document({**inherited, **item}, place, blob)
        else:
            yield Document(item, place, blob)


def _comments_key(blob: str) -> str:
    return f"{blob}.comments"


def _not_an_object(origin: Origin) -> Diagnostic:
    return _finding(
        codes.NOT_AN_OBJECT,
        "this is not a Kubernetes object: it is no mapping",
        origin,
        help="List files that are no manifests in .gitwayignore.",
    )


def _finding(
    code: str,
    message: str,
    origin: Origin,
    path: tuple[str | int, ...] = (),
    *,
    help: str = "",  # noqa: A002  as in Diagnostic
) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, origin=origin, path=path, help=help)
