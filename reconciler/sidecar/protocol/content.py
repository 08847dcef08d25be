"""What is served: encoded resources in the frames in which discovery responses carry them, by type and by fleet.

A frame is one entry of `DeltaDiscoveryResponse.resources` (field 2, a `Resource`). Its last field is the resource's
`Any`, also field 2, so that the tail of the frame is at the same time an entry of `DiscoveryResponse.resources`: both
protocols share the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from reconciler.records import dataclass
from reconciler.snapshot import wire
from reconciler.snapshot.model import Resource
from reconciler.snapshot.varint import FIXED32, FIXED64, LENGTH, VARINT

_LISTENER_ADDRESS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """One resource, ready to be sent. `frame[any_at:]` is its entry in a state-of-the-world response."""

    name: str
    version: str
    frame: bytes
    any_at: int


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """All resources of one type that a fleet is given; compared by identity.

    Attributes:
        version: what responses say, e.g. `42.3f9a…`.
        resources: by name, sorted.
        local: resources of this sidecar (secrets) are among them, so that a refusal does not speak about a release.
        all: the resources in the order of their names.
        names: the names of all resources.
    """

    type_url: str
    version: str
    resources: Mapping[str, Framed]
    local: bool = False
    all: tuple[Framed, ...] = field(init=False)
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "all", tuple(self.resources.values()))
        object.__setattr__(self, "names", frozenset(self.resources))


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One release as one fleet sees it.

    Attributes:
        versions: type URL and version of each content: what it is, whatever its serial, and what a refusal is
            remembered by.
    """

    fleet: str
    serial: int
    release: str
    snapshot: str
    contents: Mapping[str, Content]
    versions: frozenset[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        versions = frozenset((content.type_url, content.version) for content in self.contents.values())
        object.__setattr__(self, "versions", versions)


@dataclass(frozen=True, slots=True)
class Difference:
    """From one content to another: what is new or changed, and what is gone (as it was)."""

    changed: tuple[Framed, ...]
    removed: tuple[Framed, ...]


def difference(old: Content, new: Content) -> Difference:
    """Compares by the resources' versions."""
    before, after = old.resources, new.resources
    if not before:
        return Difference(new.all, ())
    changed = tuple(each for each in new.all if (was := before.get(each.name)) is None or was.version != each.version)
    return Difference(changed, tuple(each for each in old.all if each.name not in after))


def content(
    type_url: str, version: str, resources: Iterable[Resource], previous: Content | None = None, *, local: bool = False
) -> Content:
    """Frames resources; what is unchanged since `previous` is shared with it, to save memory."""
    known: Mapping[str, Framed] = previous.resources if previous else {}
    framed: dict[str, Framed] = {}
    for resource in sorted(resources, key=lambda each: each.name):
        old = known.get(resource.name)
        unchanged = old is not None and old.version == resource.version
        framed[resource.name] = old if old is not None and unchanged else frame(type_url, resource)
    return Content(type_url, version, framed, local)


def frame(type_url: str, resource: Resource) -> Framed:
    """Encodes the envelope around a resource's bytes."""
    entry = wire.delta_frame(type_url, resource)
    return Framed(resource.name, resource.version, entry, len(entry) - len(wire.sotw_frame(type_url, resource)))


def value_of(framed: Framed) -> bytes:
    """The bytes of a resource itself."""
    any_bytes = _field(framed.frame, framed.any_at, len(framed.frame), 2)
    start, end = _field(framed.frame, *any_bytes, 2)
    return framed.frame[start:end]


def bound_address(listener: Framed) -> bytes:
    """The encoded address of a Listener, empty where it has none."""
    any_bytes = _field(listener.frame, listener.any_at, len(listener.frame), 2)
    value = _field(listener.frame, *any_bytes, 2)
    start, end = _field(listener.frame, *value, _LISTENER_ADDRESS)
    return listener.frame[start:end]


def _field(data: bytes, start: int, end: int, wanted: int) -> tuple[int, int]:
    """Where the first length-delimited field of this number is; an empty range where there is none."""
    while start < end:
        tag, start = _read_varint(data, start)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == LENGTH:
            length, start = _read_varint(data, start)
            if number == wanted:
                return start, start + length
            start += length
        elif wire_type == VARINT:
            _, start = _read_varint(data, start)
        else:
            start += {FIXED64: 8, FIXED32: 4}.get(wire_type, end)
    return end, end


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return number, at
