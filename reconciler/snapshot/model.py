"""A fleet's resources as encoded bytes, with versions and digests.

Left of the store they come from `reconciler.translate`; right of it the sidecar serves them as they are. Nothing here
knows what is inside a resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256

from reconciler.records import dataclass

TYPE_PREFIX = "type.googleapis.com/"
LISTENER = TYPE_PREFIX + "envoy.config.listener.v3.Listener"
ROUTE_CONFIGURATION = TYPE_PREFIX + "envoy.config.route.v3.RouteConfiguration"
CLUSTER = TYPE_PREFIX + "envoy.config.cluster.v3.Cluster"
CLUSTER_LOAD_ASSIGNMENT = TYPE_PREFIX + "envoy.config.endpoint.v3.ClusterLoadAssignment"
SECRET = TYPE_PREFIX + "envoy.extensions.transport_sockets.tls.v3.Secret"
RATE_LIMIT_CONFIG = TYPE_PREFIX + "ratelimit.config.ratelimit.v3.RateLimitConfig"
"""For the rate limit service (envoyproxy/ratelimit), not for Envoy."""
START = TYPE_PREFIX + "google.protobuf.Struct"
"""How an Envoy of the fleet is started, for `gitway bootstrap`: see `start`. There is at most one, `START_NAME`."""
START_NAME = "start"

TYPE_URLS = (CLUSTER, CLUSTER_LOAD_ASSIGNMENT, SECRET, LISTENER, ROUTE_CONFIGURATION)
"""The types of Envoy that a snapshot can hold, in the order in which they are pushed (make before break)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One xDS resource: `value` is the encoded message (the value of its `Any`), `version` the digest of that."""

    name: str
    version: str
    value: bytes


@dataclass(frozen=True, slots=True)
class TypeSet:
    """All resources of one type, sorted by name. `digest` (hex) covers names and values: see `type_digest`."""

    type_url: str
    resources: tuple[Resource, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One fleet's resources. `types` has only types with resources, sorted by type URL; `digest` is hex SHA-256.

    `content` is the uncompressed content of its file, where that is at hand already (see `wire.pack`).
    """

    types: tuple[TypeSet, ...]
    digest: str
    content: bytes = field(default=b"", repr=False, compare=False)


def resource_version(value: bytes) -> str:
    """The version of a resource: the first 16 hex digits of its SHA-256."""
    return sha256(value).hexdigest()[:16]


def type_digest(message: bytes) -> str:
    """The digest of all resources of a type: SHA-256 of its message in the snapshot's file, empty without resources."""
    return sha256(message).hexdigest()


def snapshot_digest(data: bytes) -> str:
    """The digest of a snapshot: SHA-256 of the uncompressed content of its file."""
    return sha256(data).hexdigest()


Resources = Mapping[str, Mapping[str, bytes]]
"""Type URL → name → encoded message: what `reconciler.translate` gives for one fleet."""
