"""The services that Envoy Gateway's policies have Envoy call: backendRefs, and how they are spoken to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from reconciler.manifests.backend_settings import ClusterSettings
from reconciler.manifests.base import Model
from reconciler.manifests.references import BackendObjectReference, BackendRef
from reconciler.manifests.rules import Violation, check

_KINDS = ("Service", "ServiceImport", "Backend")
_GROUPS = ("", "multicluster.x-k8s.io", "gateway.envoyproxy.io")


class ServiceRef(BackendRef):
    """One of the backends of a service. `fallback` is read nowhere, as in Envoy Gateway: a Backend has its own."""

    fallback: bool | None = None


class BackendCluster(Model):
    """A service. `backend_ref` is what `backend_refs` was before there could be several."""

    backend_ref: BackendObjectReference | None = None
    backend_refs: Annotated[list[ServiceRef], Field(max_length=16)] = Field(default_factory=list)
    backend_settings: ClusterSettings | None = None

    @model_validator(mode="after")
    def _cluster_is_consistent(self) -> Self:
        check(self._cluster_violations())
        return self

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from ()

    def _known_kinds(self) -> Iterator[Violation]:
        for index, ref in enumerate(self.backend_refs):
            if ref.kind not in _KINDS:
                yield Violation(f"must be one of {', '.join(_KINDS)}", ("backendRefs", index, "kind"))
            if ref.group not in _GROUPS:
                message = f'must be "" or one of {", ".join(_GROUPS[1:])}'
                yield Violation(message, ("backendRefs", index, "group"))

    def _not_the_old_field(self) -> Iterator[Violation]:
        if self.backend_ref is not None:
            yield Violation("is not supported here: use backendRefs", ("backendRef",))

    def _plain_retry(self) -> Iterator[Violation]:
        """What fetches keys and tokens knows no more of retries than how often, and how far apart."""
        retry = self.backend_settings.retry if self.backend_settings is not None else None
        if retry is None:
            return
        path = ("backendSettings", "retry")
        if retry.per_retry is not None and retry.per_retry.timeout is not None:
            yield Violation("is not supported here", (*path, "perRetry", "timeout"))
        if retry.retry_on is not None and retry.retry_on.http_status_codes:
            yield Violation("is not supported here", (*path, "retryOn", "httpStatusCodes"))
