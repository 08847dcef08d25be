"""Route configurations with the values of this machine's Secrets in them (`reconciler.snapshot.fill`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from typing import NamedTuple

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Content, Framed, frame, value_of
from reconciler.snapshot.derive import HMAC_SECRET, without_derived
from reconciler.snapshot.fill import fill, is_template
from reconciler.snapshot.model import Resource, resource_version

_KEPT = 8

Values = Mapping[str, Mapping[str, bytes]]
"""`namespace/name` of a Secret → its values by key."""


class Problem(NamedTuple):
    """A value that is missing or wrong, and the resources that would have it."""

    name: str
    needed_by: tuple[str, ...]
    problem: str


class _Filled(NamedTuple):
    content: Content
    problems: tuple[Problem, ...]


@dataclass(eq=False)
class Filling:
    """What one fleet is given instead of templates."""

    _templates: OrderedDict[Content, bool] = field(default_factory=OrderedDict)
    _filled: OrderedDict[tuple[Content, str], _Filled] = field(default_factory=OrderedDict)
    _values: tuple[str, Values] = ("", {})

    def fill(self, released: Content, secrets: Mapping[str, Framed], digest: str) -> Content:
        """A type's resources with all values filled in; the same object as long as nothing has changed.

        Args:
            released: as they were released.
            secrets: those of this sidecar's providers, by name.
            digest: tells one set of secrets from another.
        """
        return self._fill(released, secrets, digest).content

    def problems(self, released: Content, secrets: Mapping[str, Framed], digest: str) -> tuple[Problem, ...]:
        """The values that are missing or wrong."""
        return self._fill(released, secrets, digest).problems

    def _fill(self, released: Content, secrets: Mapping[str, Framed], digest: str) -> _Filled:
        if released not in self._templates:
            self._templates[released] = any(is_template(each.frame) for each in released.all)
            _shorten(self._templates)
        if not self._templates[released]:
            return _Filled(released, ())
        key = (released, digest)
        if key not in self._filled:
            if self._values[0] != digest or not digest:
                self._values = (digest, _by_secret(secrets))
            made = _fill(released, self._values[1])
            # Another secret has changed: what was made before is still the same.
            same = next((old for old in self._filled.values() if old.content.version == made.content.version), made)
            self._filled[key] = _Filled(same.content, made.problems)
            _shorten(self._filled)
        return self._filled[key]


def _fill(released: Content, values: Values) -> _Filled:
    resources: dict[str, Framed] = {}
    problems: dict[str, tuple[list[str], str]] = {}
    versions: list[str] = []
    for each in released.all:
        resources[each.name] = each
        if not is_template(each.frame):
            continue
        filled = fill(value_of(each), lambda secret: values.get(secret, {}))
        resource = Resource(each.name, resource_version(filled.value), filled.value)
        resources[each.name] = frame(released.type_url, resource)
        versions.append(f"{resource.name}\n{resource.version}\n")
        for name, problem in filled.problems.items():
            problems.setdefault(name, ([], problem))[0].append(each.name)
    version = f"{released.version}+{sha256(''.join(versions).encode()).hexdigest()[:12]}"
    found = tuple(Problem(name, tuple(users), problem) for name, (users, problem) in sorted(problems.items()))
    return _Filled(Content(released.type_url, version, resources), found)


def _by_secret(secrets: Mapping[str, Framed]) -> Values:
    """The values that are no certificates, which have three parts to their names."""
    from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

    found: dict[str, dict[str, bytes]] = {}
    for name, framed in secrets.items():
        secret, _, key = name.rpartition("/")
        if "/" not in secret:
            continue
        message = Secret.FromString(value_of(framed))
        if message.WhichOneof("type") == "generic_secret":
            found.setdefault(secret, {})[key] = message.generic_secret.secret.inline_bytes
    return {secret: without_derived(values) if HMAC_SECRET in values else values for secret, values in found.items()}


def _shorten(kept: OrderedDict[Content, bool] | OrderedDict[tuple[Content, str], _Filled]) -> None:
    if len(kept) > _KEPT:
        kept.popitem(last=False)
