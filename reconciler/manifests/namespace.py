"""Namespace (core)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from reconciler.manifests.base import ClusterResource, Model, NamespaceMetadata, Status
from reconciler.manifests.values import QualifiedName


class NamespaceSpec(Model):
    """What has to happen before the namespace goes."""

    finalizers: list[QualifiedName] = Field(default_factory=list)


class Namespace(ClusterResource):
    """A namespace and its labels, among them `kubernetes.io/metadata.name`."""

    group: ClassVar[str] = ""
    kind_name: ClassVar[str] = "Namespace"

    metadata: NamespaceMetadata
    spec: NamespaceSpec | None = None
    status: Status = None
