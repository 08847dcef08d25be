"""What is done to a release's resources on this machine before its Envoys are given them.

The secrets of this sidecar's providers are added, those and only those that the fleet's own resources name, so that no
client can read another fleet's; and what Envoy takes only as part of a route is filled in there (`filling`). Whatever
else a sidecar adds to a release belongs here: a content is prepared once for each view and shared by all streams.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from typing import Any

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Content, Framed, View
from reconciler.sidecar.protocol.filling import Filling, Problem
from reconciler.snapshot.model import CLUSTER_LOAD_ASSIGNMENT, ROUTE_CONFIGURATION, SECRET

_KEPT_VIEWS = 8
"""More than a fleet ever serves at a time: the newest, its parent, and what was acknowledged."""

_REFERENCE = re.compile(rb"\n(?=([\x01-\x7f]|[\x80-\xff][\x01-\x7f])([!-~]{1,600})\x12[\x02-\x7f]\x1a\x00)")
"""An SdsSecretConfig: `name` (field 1) and an `sds_config` (field 2) that begins with `ads` (field 3, empty)."""


@dataclass(frozen=True, slots=True, eq=False)
class LocalSecrets:
    """Secrets of this sidecar's providers, which win over those of a snapshot; `digest` covers them all."""

    digest: str
    resources: Mapping[str, Framed]


NO_SECRETS = LocalSecrets("", {})


@dataclass(eq=False)
class Preparation:
    """The contents of one fleet as they are served."""

    secrets: LocalSecrets = NO_SECRETS
    _served: OrderedDict[View, tuple[LocalSecrets, Content]] = field(default_factory=OrderedDict)
    _merged: OrderedDict[tuple[Content, str], Content] = field(default_factory=OrderedDict)
    _used: OrderedDict[View, Mapping[str, tuple[str, ...]]] = field(default_factory=OrderedDict)
    _references: dict[Content, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    _filling: Filling = field(default_factory=Filling)

    def prepare(self, view: View, released: Content) -> Content:
        """A type's resources as clients are given them; the same object as long as nothing has changed."""
        if released.type_url == ROUTE_CONFIGURATION:
            return self._filling.fill(released, self.secrets.resources, self.secrets.digest)
        if released.type_url != SECRET or not self.secrets.resources:
            return released
        known = self._served.get(view)
        if known is None or known[0] is not self.secrets:
            known = self._served[view] = (self.secrets, self._with_secrets(view, released))
            _shorten(self._served)
        return known[1]

    def secrets_used(self, view: View) -> Mapping[str, tuple[str, ...]]:
        """The names of the secrets that a view's resources refer to, each with the names of these resources."""
        if view not in self._used:
            users: dict[str, tuple[str, ...]] = {}
            read = {
                content: self._references[content] if content in self._references else secret_references(content)
                for content in view.contents.values()
                if content.type_url not in {SECRET, CLUSTER_LOAD_ASSIGNMENT}
            }
            for references in read.values():
                for secret, names in references.items():
                    users[secret] = (*users.get(secret, ()), *names)
            self._references = read
            self._used[view] = users
            _shorten(self._used)
        return self._used[view]

    def unfilled(self, view: View) -> tuple[Problem, ...]:
        """The values that a view's routes would have, and that are missing or wrong."""
        released = view.contents.get(ROUTE_CONFIGURATION)
        if released is None:
            return ()
        return self._filling.problems(released, self.secrets.resources, self.secrets.digest)

    def _with_secrets(self, view: View, released: Content) -> Content:
        local = self.secrets.resources
        added = {name: local[name] for name in self.secrets_used(view).keys() & local.keys()}
        if not added:
            return released
        digest = sha256("".join(f"{name}\n{added[name].version}\n" for name in sorted(added)).encode()).hexdigest()
        key = (released, digest)
        if key not in self._merged:
            resources = dict(sorted({**released.resources, **added}.items()))
            self._merged[key] = Content(SECRET, f"{released.version}+{digest[:12]}", resources, local=True)
            _shorten(self._merged)
        return self._merged[key]


def secret_references(content: Content) -> Mapping[str, tuple[str, ...]]:
    """The secrets that resources refer to by SDS over ADS, each with the names of the resources.

    Resources stay opaque: their bytes are searched for the one shape in which such a reference is written.
    """
    users: dict[str, tuple[str, ...]] = {}
    for resource in content.all:
        found = {
            match[2].decode() for match in _REFERENCE.finditer(resource.frame) if _varint(match[1]) == len(match[2])
        }
        for secret in sorted(found):
            users[secret] = (*users.get(secret, ()), resource.name)
    return users


def _varint(data: bytes) -> int:
    return data[0] if len(data) == 1 else data[0] & 0x7F | data[1] << 7


def _shorten(kept: OrderedDict[Any, Any]) -> None:
    if len(kept) > _KEPT_VIEWS:
        kept.popitem(last=False)
