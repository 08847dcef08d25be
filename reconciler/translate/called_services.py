"""`ir.services.Service` → the cluster of a service that Envoy calls, and how it is called."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ir.services import Service
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT
from reconciler.snapshot.protos import core
from reconciler.translate import messages as m
from reconciler.translate.clusters import upstream
from reconciler.translate.filters.base import ExtraResource

TIMEOUT_MS = 10_000


def resources(service: Service) -> tuple[tuple[ExtraResource, ...], tuple[str, ...]]:
    """The service's cluster and endpoints, and the SDS names that these name."""
    made = upstream(service.name, service.name, service.backends, service.settings)
    cluster = (CLUSTER, made.name, made.cluster)
    if made.endpoints is None:
        return (cluster,), made.secrets
    return (cluster, (CLUSTER_LOAD_ASSIGNMENT, made.name, made.endpoints)), made.secrets


def grpc_service(service: Service, timeout_ms: int = TIMEOUT_MS) -> core.GrpcService:
    """The service, called by gRPC."""
    return m.GrpcService(
        envoy_grpc=m.EnvoyGrpc(cluster_name=service.name, authority=service.authority),
        timeout=timedelta(milliseconds=timeout_ms),
        retry_policy=retry_policy(service),
    )


def retry_policy(service: Service) -> core.RetryPolicy | None:
    """How the service is asked again."""
    retry = service.retry
    if retry is None:
        return None
    longest = timedelta(milliseconds=retry.max_backoff_ms) if retry.max_backoff_ms else None
    backoff = None
    if retry.backoff_ms:
        backoff = m.BackoffStrategy(base_interval=timedelta(milliseconds=retry.backoff_ms), max_interval=longest)
    return m.CoreRetryPolicy(num_retries=retry.attempts, retry_back_off=backoff)


def http_uri(service: Service, uri: str, timeout_ms: int = TIMEOUT_MS) -> core.HttpUri:
    """A URI that the service is asked for."""
    return m.HttpUri(uri=uri, cluster=service.name, timeout=timedelta(milliseconds=timeout_ms))
