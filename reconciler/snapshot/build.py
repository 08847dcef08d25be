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
from reconciler.snapshot.wire import delimited, pack_type


def build(resources: Resources) -> Snapshot:
    """The snapshot of one fleet. Equal resources give equal digests, in whatever order they come."""
    types: list[TypeSet] = []
    messages: list[bytes] = []
    for type_url in sorted(url for url, values in resources.items() if values):
        ordered = _ordered(resources[type_url])
        message = pack_type(type_url, ordered)
        types.append(TypeSet(type_url, ordered, type_digest(message)))
        messages.append(message)
    content = delimited(messages)
    return Snapshot(types=tuple(types), digest=snapshot_digest(content), content=content)


def _ordered(values: Mapping[str, bytes]) -> tuple[Resource, ...]:
    return tuple([Resource(name, resource_version(value), value) for name, value in sorted(values.items())])
