"""How an Envoy of a fleet is started: what a snapshot holds for `gitway bootstrap` beside what Envoy asks for by xDS.

It is one resource, a `Struct` with these fields, all of them optional:

- `args`: of Envoy's command line;
- `prometheus`: there is a page of statistics; `compression` and `compressed_from` (bytes) say when it is compressed;
- `metrics`: a part of the bootstrap, as proto-JSON;
- `change`: of the bootstrap: `type` is `Merge`, `Replace` or `JSONPatch`, `document` what to merge, to replace it with,
  or a list of changes: operations of RFC 6902, with `jsonPath` to say where.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

from reconciler.snapshot.model import START, TYPE_PREFIX, Snapshot
from reconciler.snapshot.patch import Patch, changed, from_json, to_json

Document = dict[str, Any]

BOOTSTRAP = TYPE_PREFIX + "envoy.config.bootstrap.v3.Bootstrap"


def encode_start(document: Document) -> bytes:
    """The resource."""
    encoded: bytes = json_format.ParseDict(document, struct_pb2.Struct()).SerializeToString(deterministic=True)
    return encoded


def start_of(snapshot: Snapshot) -> Document:
    """What a snapshot says of the start; empty: nothing."""
    for types in snapshot.types:
        if types.type_url == START:
            found: Document = json_format.MessageToDict(struct_pb2.Struct.FromString(types.resources[0].value))
            return found
    return {}


def as_bootstrap(document: object) -> Document:
    """A document with the names of fields as in the proto, which it is a message of.

    Raises:
        Unusable: it is none.
    """
    found: Document = to_json(BOOTSTRAP, from_json(BOOTSTRAP, document))
    return found


def after_change(config: Document, change: Mapping[str, Any]) -> Document:
    """A bootstrap with the change that an EnvoyProxy asks for.

    Raises:
        Unusable: it cannot be made, or what comes of it is no bootstrap.
    """
    kind, document = change["type"], change["document"]
    if kind == "Replace":
        return as_bootstrap(document)
    if kind == "Merge":
        return merged(config, as_bootstrap(document))
    for operation in document:
        rest = {name: value for name, value in operation.items() if name not in ("path", "jsonPath")}
        config = changed(config, Patch(BOOTSTRAP, "", rest, operation.get("path"), operation.get("jsonPath")))
    return as_bootstrap(config)


def merged(below: Document, above: Document) -> Document:
    """Two documents as one, of which `above` wins.

    Mappings are merged, and so are entries of lists that have the same name; all others of lists are added.
    """
    return {**below, **{key: _merged(below[key], value) if key in below else value for key, value in above.items()}}


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return merged(below, above)
    if not (isinstance(below, list) and isinstance(above, list)):
        return above
    result = list(below)
    places = {one["name"]: index for index, one in enumerate(below) if isinstance(one, dict) and "name" in one}
    for one in above:
        place = places.get(one.get("name")) if isinstance(one, dict) else None
        if place is None:
            result.append(one)
        else:
            result[place] = merged(result[place], one)
    return result
