"""Servers that Envoy's telemetry is sent to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from reconciler.manifests.backend_cluster import BackendCluster
from reconciler.manifests.client_headers import Header
from reconciler.manifests.rules import Violation
from reconciler.manifests.values import NonNegative32

RequestHeaders = Annotated[list[Header], Field(min_length=1, max_length=32)]

_KINDS = ("Service", "Backend")
_GROUPS = ("", "gateway.envoyproxy.io")


class TelemetryBackend(BackendCluster):
    """A server that is named by references to its backends."""

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from self._not_the_old_field()
        for index, ref in enumerate(self.backend_refs):
            if ref.kind not in _KINDS:
                yield Violation("must be Service or Backend", ("backendRefs", index, "kind"))
            if ref.group not in _GROUPS:
                yield Violation(f'must be "" or {_GROUPS[1]}', ("backendRefs", index, "group"))


class Collector(TelemetryBackend):
    """A server that may also be named by its host, which is deprecated; 4317 is the port of OpenTelemetry over gRPC."""

    host: str | None = None
    port: NonNegative32 = 4317

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from super()._cluster_violations()
        if self.host is None and not self.backend_refs and self.backend_ref is None:
            yield Violation("must have backendRefs")
