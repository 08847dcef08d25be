"""The content of a snapshot file, and the pieces of discovery responses made from it, without any protobuf library.

A file holds, for each type in the order of type URLs, one `envoy.service.discovery.v3.DeltaDiscoveryResponse` with
`resources` and `type_url` only, each preceded by its length as a varint (protobuf's delimited format). `unpack` reads
exactly what `pack` writes: field for field in this order, nothing left out or added.

https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from reconciler.snapshot.model import Resource, Snapshot, TypeSet, snapshot_digest, type_digest
from reconciler.snapshot.varint import LENGTH, framer, tag, varint

# DeltaDiscoveryResponse and, up to field 5, DiscoveryResponse (whose resources are `google.protobuf.Any`)
_VERSION_INFO, _RESOURCES, _TYPE_URL, _NONCE, _REMOVED = framer(1), framer(2), framer(4), framer(5), framer(6)
# Resource
_RESOURCE_VERSION, _RESOURCE_NAME = framer(1), framer(3)
_RESOURCE_ANY_TAG = tag(2, LENGTH)
# google.protobuf.Any
_ANY_TYPE_URL, _ANY_VALUE = framer(1), framer(2)
_ANY_VALUE_TAG = tag(2, LENGTH)

_ELEMENT = 2 << 3 | LENGTH
"""The tag of an element of `resources`."""

_ELEMENT_TAG = tag(2, LENGTH)

_size = cache(varint)
"""Sizes repeat: most resources of a type are about as large as the next."""


class WireError(ValueError):
    """Bytes that are not a snapshot: truncated, damaged, or in a format of another version of gitway."""


def pack(snapshot: Snapshot) -> bytes:
    """The uncompressed content of a snapshot's file; its SHA-256 is the snapshot's digest."""
    return snapshot.content or delimited(pack_type(types.type_url, types.resources) for types in snapshot.types)


def pack_type(type_url: str, resources: Iterable[Resource]) -> bytes:
    """The message of one type, without its length; its SHA-256 is the digest of the type."""
    return b"".join([*_delta_parts(type_url, resources), _TYPE_URL(type_url.encode())])


def _delta_parts(type_url: str, resources: Iterable[Resource]) -> list[bytes]:
    """The pieces of `delta_frame`s: joined at the end, so that a large value is copied once only."""
    url = _type_url(type_url)
    parts: list[bytes] = []
    for resource in resources:
        value = resource.value
        name = _RESOURCE_NAME(resource.name.encode()) + _RESOURCE_VERSION(resource.version.encode())
        value_head = _ANY_VALUE_TAG + _size(len(value)) if value else b""
        any_size = len(url) + len(value_head) + len(value)
        any_head = _RESOURCE_ANY_TAG + _size(any_size)
        size = _size(len(name) + len(any_head) + any_size)
        parts += (_ELEMENT_TAG, size, name, any_head, url, value_head, value)
    return parts


def delimited(messages: Iterable[bytes]) -> bytes:
    """Messages, each preceded by its length."""
    return b"".join([part for message in messages for part in (varint(len(message)), message)])


def unpack(data: bytes) -> Snapshot:
    """The snapshot whose file has this content.

    Raises:
        WireError: the bytes are not what `pack` gives for a snapshot.
    """
    types = []
    position = 0
    try:
        while position < len(data):
            type_set, position = _read_type(data, position)
            types.append(type_set)
    except (IndexError, UnicodeDecodeError) as error:
        raise WireError(f"not a snapshot: truncated or damaged after byte {position}") from error
    urls = [type_set.type_url for type_set in types]
    if urls != sorted(set(urls)):
        raise WireError("not a snapshot: types are not in the order of their URLs")
    return Snapshot(types=tuple(types), digest=snapshot_digest(data))


def delta_frame(type_url: str, resource: Resource) -> bytes:
    """A resource as an element of the field `resources` of a `DeltaDiscoveryResponse`."""
    return b"".join(_delta_parts(type_url, (resource,)))


def delta_response(type_url: str, version: str, nonce: str, frames: bytes, removed: Iterable[str] = ()) -> bytes:
    """A `DeltaDiscoveryResponse`. `frames`: joined `delta_frame`s; `removed`: names of resources that are gone."""
    return b"".join(
        (
            _VERSION_INFO(version.encode()),
            frames,
            _TYPE_URL(type_url.encode()),
            *(_REMOVED(name.encode()) for name in removed),
            _NONCE(nonce.encode()),
        )
    )


def sotw_frame(type_url: str, resource: Resource) -> bytes:
    """A resource as an element of the field `resources` of a `DiscoveryResponse` (state of the world)."""
    return _RESOURCES(_any(type_url, resource.value))


def sotw_response(type_url: str, version: str, nonce: str, frames: bytes) -> bytes:
    """A `DiscoveryResponse`. `frames`: joined `sotw_frame`s."""
    return b"".join((_VERSION_INFO(version.encode()), frames, _TYPE_URL(type_url.encode()), _NONCE(nonce.encode())))


def _any(type_url: str, value: bytes) -> bytes:
    return _type_url(type_url) + (_ANY_VALUE(value) if value else b"")


@cache
def _type_url(type_url: str) -> bytes:
    """The first field of an `Any`."""
    return _ANY_TYPE_URL(type_url.encode())


def _read_type(data: bytes, start: int) -> tuple[TypeSet, int]:
    """The type whose length is at `start`, and where it ends."""
    size, begin = _length(data, start)
    position, end = begin, begin + size
    resources = []
    urls = set()
    while data[position] == _ELEMENT:
        url, resource, position = _read_resource(data, position)
        urls.add(url)
        resources.append(resource)
    url_start, url_end = _span(data, position, 4)
    url = data[url_start:url_end]
    names = [resource.name for resource in resources]
    if url_end != end or end > len(data) or urls != {url} or names != sorted(set(names)):
        raise WireError(f"not a snapshot: truncated or damaged in the type that begins at byte {start}")
    return TypeSet(url.decode(), tuple(resources), type_digest(data[begin:end])), end


def _read_resource(data: bytes, start: int) -> tuple[bytes, Resource, int]:
    """The type URL of an element of `resources`, the resource, and where it ends."""
    position, end = _span(data, start, 2)
    name_start, name_end = _span(data, position, 3)
    version_start, version_end = _span(data, name_end, 1)
    any_start, any_end = _span(data, version_end, 2)
    url_start, url_end = _span(data, any_start, 1)
    value_start, value_end = _span(data, url_end, 2) if url_end < any_end else (url_end, url_end)
    if not value_end == any_end == end:
        raise WireError(f"not a snapshot: the resource at byte {start} should end at byte {end}")
    resource = Resource(
        data[name_start:name_end].decode(), data[version_start:version_end].decode(), data[value_start:value_end]
    )
    return data[url_start:url_end], resource, end


def _span(data: bytes, position: int, number: int) -> tuple[int, int]:
    """Where the value of a length-delimited field, which has to be the next, starts and ends."""
    if data[position] != number << 3 | 2:
        raise WireError(f"not a snapshot: field {number} expected at byte {position}")
    size = data[position + 1]
    if size < 0x80:
        return position + 2, position + 2 + size
    high = data[position + 2]
    if 0 < high < 0x80:
        return position + 3, position + 3 + (size & 0x7F | high << 7)
    size, start = _length(data, position + 1)
    return start, start + size


def _length(data: bytes, position: int) -> tuple[int, int]:
    """A varint of up to 35 bits in its shortest form, and where it ends."""
    size = 0
    for shift in range(0, 35, 7):
        byte = data[position]
        position += 1
        size |= (byte & 0x7F) << shift
        if byte < 0x80:
            if not byte and shift:
                break
            return size, position
    raise WireError(f"not a snapshot: no length before byte {position}")
