"""A fleet's resources to a snapshot: sorted, with versions and digests."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.snapshot.model import (
    Resource,
    Resources,
    Snapshot,
    TypeSet,
    resource_version,
    snapshot_digest,
    type_digest,
)
from reconciler.snapshot.wire import pack_types


def build(resources: Resources) -> Snapshot:
    """The snapshot of one fleet. Equal resources give equal digests, in whatever order they come."""
    types = tuple(_type_set(type_url, resources[type_url]) for type_url in sorted(resources) if resources[type_url])
    content = pack_types(types)
    return Snapshot(types=types, digest=snapshot_digest(content), content=content)


def _type_set(type_url: str, values: Mapping[str, bytes]) -> TypeSet:
    resources = tuple(Resource(name, resource_version(value), value) for name, value in sorted(values.items()))
    return TypeSet(type_url=type_url, resources=resources, digest=type_digest(resources))
