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
    made = upstream(service.name, service.name, service.backends)
    cluster = (CLUSTER, made.name, made.cluster)
    if made.endpoints is None:
        return (cluster,), made.secrets
    return (cluster, (CLUSTER_LOAD_ASSIGNMENT, made.name, made.endpoints)), made.secrets


def grpc_service(service: Service, timeout_ms: int = TIMEOUT_MS) -> core.GrpcService:
    """The service, called by gRPC."""
    return m.GrpcService(
        envoy_grpc=m.EnvoyGrpc(cluster_name=service.name, authority=service.authority),
        timeout=timedelta(milliseconds=timeout_ms),
    )


def http_uri(service: Service, uri: str, timeout_ms: int = TIMEOUT_MS) -> core.HttpUri:
    """A URI that the service is asked for."""
    return m.HttpUri(uri=uri, cluster=service.name, timeout=timedelta(milliseconds=timeout_ms))
