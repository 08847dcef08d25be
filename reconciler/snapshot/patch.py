"""Changes of finished resources, written in JSON: RFC 6902, with RFC 9535 to say where.

A resource is changed in its proto-JSON form, with the field names of the protos (`route_config_name`), and read back:
what is then no message of its type is refused, and the resource stays as it was. All of it is the gRPC project's build
of Envoy's protos.

Only the innermost field that a change lies in is written as JSON and read back (`_narrowly`), where it can be told: a
route configuration has thousands of others. Otherwise, and where that comes to nothing, it is the whole resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeVar

import jsonpath
from google.protobuf import json_format, symbol_database
from google.protobuf.message import Message
from jsonpath.exceptions import JSONPatchError, JSONPathError, JSONPointerError

from reconciler.snapshot.model import CLUSTER_LOAD_ASSIGNMENT, TYPE_PREFIX, Resources

T = TypeVar("T")

NOT_FOUND, INVALID = "ResourceNotFound", "Invalid"

_UNKNOWN_TYPE = re.compile(r"type\.googleapis\.com/([\w.]+)")
_NAMED_OTHERWISE = {CLUSTER_LOAD_ASSIGNMENT: "cluster_name"}
"""Types whose name is in another field than `name`."""

_IN_ONE_PLACE = ("add", "remove", "replace", "test")
_INDEX = re.compile("0|[1-9][0-9]*")


class Patch(NamedTuple):
    """One change of the resource `name` of a type: `operation` is one of RFC 6902, without its path.

    `path` is a JSON pointer; with `selector` (JSONPath) it is below each place that this selects. Without both, `add`
    brings a whole resource.
    """

    type_url: str
    name: str
    operation: dict[str, Any]
    path: str | None = None
    selector: str | None = None


class Refusal(NamedTuple):
    """Why a change was not made: a reason of the condition `Programmed`, and words."""

    reason: str
    message: str


def patched(resources: Resources, patch: Patch) -> Resources | Refusal:
    """The resources of a fleet with a change, or why it cannot be made."""
    of_type = resources.get(patch.type_url, {})
    title = f"{patch.type_url.rpartition('.')[2]} {patch.name}"
    try:
        if patch.operation["op"] == "add" and not patch.path and not patch.selector:
            document: Any = patch.operation.get("value")
        elif patch.name not in of_type:
            return Refusal(NOT_FOUND, f"There is no {title}.")
        else:
            current = of_type[patch.name]
            value = _narrowly(current, patch)
            if value is not None:
                return {**resources, patch.type_url: {**of_type, patch.name: value}}
            document = changed(to_json(patch.type_url, current), patch)
        value = from_json(patch.type_url, document)
    except Unusable as error:
        return Refusal(INVALID, f"{title}: {error}")
    name = str(document.get(_NAMED_OTHERWISE.get(patch.type_url, "name"), ""))
    if name != patch.name:
        return Refusal(INVALID, f"{title}: the resource calls itself {name!r}.")
    return {**resources, patch.type_url: {**of_type, patch.name: value}}


def apply(
    resources: Resources, policies: Sequence[Sequence[Patch]], problems: Callable[[Resources], Iterable[str]]
) -> tuple[Resources, list[list[tuple[int, Refusal]]]]:
    """The resources with the changes of all policies, and for each policy those that were refused, by their place.

    A policy that leaves the fleet inconsistent is undone as a whole.

    Args:
        resources: those of a fleet.
        policies: in the order in which they are applied.
        problems: what is inconsistent in resources, in words.
    """
    known = set(problems(resources))
    refused: list[list[tuple[int, Refusal]]] = []
    for policy in policies:
        made, found = _apply(resources, policy)
        broken = sorted(set(problems(made)) - known)
        if broken:
            found = [(0, Refusal(INVALID, f"All changes are undone, as after them {broken[0]}."))]
        else:
            resources = made
        refused.append(found)
    return resources, refused


def _apply(resources: Resources, policy: Sequence[Patch]) -> tuple[Resources, list[tuple[int, Refusal]]]:
    found: list[tuple[int, Refusal]] = []
    for index, patch in enumerate(policy):
        made = patched(resources, patch)
        if isinstance(made, Refusal):
            found.append((index, made))
        else:
            resources = made
    return resources, found


class Unusable(Exception):
    """What is wrong with a change."""


def _narrowly(value: bytes, patch: Patch) -> bytes | None:
    """The changed resource, if the change is within one field, whose JSON depends on no other; or None."""
    if patch.selector or patch.operation["op"] not in _IN_ONE_PLACE:
        return None
    message = _message(patch.type_url)
    message.ParseFromString(value)
    inner, path = _innermost(message, patch.path or "")
    field = inner.DESCRIPTOR.fields_by_name.get(path.split("/")[1])
    if field is None or (inner is message and field.name == _NAMED_OTHERWISE.get(patch.type_url, "name")):
        return None
    if field.containing_oneof and inner.WhichOneof(field.containing_oneof.name) not in {None, field.name}:
        return None  # there would be two of what there can be one of
    alone = type(inner)()
    alone.CopyFrom(inner)
    for other, _ in inner.ListFields():
        if other.name != field.name:
            alone.ClearField(other.name)
    try:
        made = _written(changed(_read(alone), patch._replace(path=path)), alone)
    except Unusable:
        return None
    inner.ClearField(field.name)
    inner.MergeFrom(made)
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def _innermost(message: Any, pointer: str) -> tuple[Any, str]:
    """The innermost message on the way to a place that is its fields in JSON, and the rest of the pointer."""
    tokens = pointer.split("/")[1:] or [""]
    while len(tokens) > 1:
        field = message.DESCRIPTOR.fields_by_name.get(tokens[0])
        if field is None or field.message_type is None or _is_special(field.message_type):
            break
        value = getattr(message, field.name)
        if isinstance(value, Message):
            if not message.HasField(field.name):
                break
            message, tokens = value, tokens[1:]
            continue
        if len(tokens) < 3 or not _INDEX.fullmatch(tokens[1]) or int(tokens[1]) >= len(value):
            break
        message, tokens = value[int(tokens[1])], tokens[2:]
    return message, "".join(f"/{token}" for token in tokens)


def _is_special(kind: Any) -> bool:
    """Messages that are something else in JSON than their fields: maps' entries, durations, `Any`, and the like."""
    return bool(kind.GetOptions().map_entry) or kind.full_name.startswith("google.protobuf.")


def changed(document: Any, patch: Patch) -> Any:
    """A copy of a JSON document with a change.

    Raises:
        Unusable: it cannot be made.
    """
    result = deepcopy(document)
    for path in _paths(document, patch):
        try:
            result = jsonpath.JSONPatch([{**patch.operation, "path": path}]).apply(result)
        except (JSONPatchError, JSONPointerError) as error:
            raise Unusable(f"{patch.operation['op']} at {path or 'the root'}: {_words(error)}") from error
    return result


def _paths(document: Any, patch: Patch) -> list[str]:
    """Where a change is made; the last place of several comes first, so that removing one does not move the others."""
    below = patch.path or ""
    if not patch.selector:
        return [below]
    try:
        found = [str(match.pointer()) for match in jsonpath.finditer(patch.selector, document)]
    except JSONPathError as error:
        raise Unusable(f"jsonPath {patch.selector!r} cannot be read: {_words(error)}") from error
    if not found:
        raise Unusable(f"jsonPath {patch.selector!r} selects nothing.")
    return [path + below for path in reversed(found)]


def _words(error: Exception) -> str:
    return str(error).splitlines()[0]


# ---------------------------------------------------------------- messages and JSON


def to_json(type_url: str, value: bytes) -> Any:
    """An encoded message as proto-JSON, with the field names of the protos."""
    message = _message(type_url)
    message.ParseFromString(value)
    return _read(message)


def from_json(type_url: str, document: object) -> bytes:
    """Proto-JSON as an encoded message.

    Raises:
        Unusable: it is no such message.
    """
    encoded: bytes = _written(document, _message(type_url)).SerializeToString(deterministic=True)
    return encoded


def _read(message: Any) -> Any:
    return _with_types(lambda: json_format.MessageToDict(message, preserving_proto_field_name=True))


def _written(document: object, message: Any) -> Any:
    if not isinstance(document, dict):
        raise Unusable("the result is no mapping.")

    def parse() -> Any:
        message.Clear()
        return json_format.ParseDict(document, message)

    try:
        _with_types(parse)
    except (json_format.ParseError, TypeError, ValueError) as error:
        raise Unusable(f"the result is no such message: {_words(error)}") from error
    return message


def _message(type_url: str) -> Any:
    name = type_url.removeprefix(TYPE_PREFIX)
    _import_package(name)
    return symbol_database.Default().GetSymbol(name)()


def _with_types(action: Callable[[], T]) -> T:
    """Messages inside of others are known only when their module is imported: the ones that are missed are."""
    asked: set[str] = set()
    while True:
        try:
            return action()
        except (TypeError, json_format.ParseError) as error:
            missing = {name for name in _UNKNOWN_TYPE.findall(str(error)) if name not in asked}
            if not missing:
                raise
            asked |= missing
            for name in missing:
                _import_package(name)


def _import_package(name: str) -> None:
    """Import the modules of a message's package: `envoy.config.cluster.v3.Cluster` is in one of those of its folder."""
    package = name.rpartition(".")[0]
    if not package.startswith(("envoy.", "xds.", "udpa.", "opentelemetry.", "google.")):
        return
    try:
        folder = import_module(package)
    except ImportError:
        return
    for module in _modules(folder):
        import_module(f"{package}.{module}")


def _modules(folder: Any) -> Iterator[str]:
    for path in folder.__path__:
        yield from (found.name for found in iter_modules([str(Path(path))]) if found.name.endswith("_pb2"))
