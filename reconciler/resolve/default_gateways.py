"""Default Gateways (GEP-3793): routes attach to them without naming them.

A Gateway with `defaultScope: All` claims the routes with `useDefaultGateways: All` that it allows; the others are not
its own, and it says nothing about them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.references import ParentReference
from reconciler.manifests.routes import RouteSpec
from reconciler.resolve.parents import ParentName

ALL = "All"


def default_gateways(gateways: Iterable[Loaded[Gateway]], ours: Collection[ParentName]) -> tuple[ParentName, ...]:
    """The names of those of our Gateways that are defaults, sorted."""
    scoped = [loaded.resource for loaded in gateways if loaded.resource.spec.default_scope == ALL]
    names = [(one.kind_name, one.metadata.namespace, one.metadata.name) for one in scoped]
    return tuple(sorted(name for name in names if name in ours))


def implied(spec: RouteSpec, namespace: str, defaults: Iterable[ParentName]) -> list[ParentReference]:
    """References to the default Gateways that a route of a namespace asks for and does not name itself."""
    if spec.use_default_gateways != ALL:
        return []
    named = {(ref.kind, ref.namespace or namespace, ref.name) for ref in spec.parent_refs}
    return [
        ParentReference(name=name, namespace=of_namespace)
        for kind, of_namespace, name in defaults
        if (kind, of_namespace, name) not in named
    ]
