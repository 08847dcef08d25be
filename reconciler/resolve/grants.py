"""ReferenceGrants: which references may leave their namespace."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.manifests.base import Loaded
from reconciler.manifests.referencegrant import ReferenceGrant

_ANY_NAME = ""


class Grants:
    """All ReferenceGrants as one set of permissions, one look-up a question."""

    def __init__(self, grants: Iterable[Loaded[ReferenceGrant]]) -> None:
        self._permissions = {
            (
                *(source.group, source.kind, source.namespace),
                *(target.group, target.kind, grant.resource.metadata.namespace),
                target.name or _ANY_NAME,
            )
            for grant in grants
            for source in grant.resource.spec.from_
            for target in grant.resource.spec.to
        }

    def allow(self, source: tuple[str, str], namespace: str, target: tuple[str, str], to: str, name: str) -> bool:
        """Whether objects of a kind in a namespace may refer to an object.

        Args:
            source: group and kind of what refers.
            namespace: its namespace.
            target: group and kind of what is referred to.
            to: its namespace; the same as `namespace` needs no grant.
            name: its name.
        """
        if namespace == to:
            return True
        asked = (*source, namespace, *target, to)
        return (*asked, name) in self._permissions or (*asked, _ANY_NAME) in self._permissions
