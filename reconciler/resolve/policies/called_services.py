"""Services that Envoy is to call: by backendRefs, or at a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.ir.services import Service
from reconciler.manifests.references import BackendObjectReference
from reconciler.manifests.values import is_ip
from reconciler.resolve import codes
from reconciler.resolve.authorities import SYSTEM
from reconciler.resolve.backend_settings import cluster_settings
from reconciler.resolve.backend_settings.retries import retry
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.policies.context import Context
from reconciler.resolve.targets import Refusal

if TYPE_CHECKING:
    from reconciler.manifests.backend_cluster import BackendCluster

_PORTS = {"http": 80, "https": 443}


def by_reference(
    cluster: BackendCluster, name: str, path: FieldPath, context: Context, *, grpc: bool = False
) -> Service | None:
    """The service behind the backendRefs of `cluster`, which stands at `path`; None, with a problem: there is none."""
    found: list[ir.Backend] = []
    known = sum(problem.fatal for problem in context.problems)
    many = bool(cluster.backend_refs)
    refs: list[BackendObjectReference] = list(cluster.backend_refs)
    if not refs and cluster.backend_ref is not None:
        refs = [cluster.backend_ref]
    for index, ref in enumerate(refs):
        if getattr(ref, "weight", 1) == 0 and len(refs) > 1:
            continue
        at = (*path, "backendRefs", index) if many else (*path, "backendRef")
        backend = _backend(ref, index, at, context, grpc=grpc)
        if backend is not None:
            found.append(backend)
    if not refs:
        context.fail(path, "There are no backendRefs: nobody can be asked.")
    if sum(problem.fatal for problem in context.problems) > known or not found:
        return None
    if len({_way(backend) for backend in found}) > 1:
        message = "All backendRefs have to be found in the same way: all by DNS or none, and with the same protocol."
        context.fail((*path, "backendRefs"), message, codes.UNSUPPORTED_BACKEND)
        return None
    return settled(
        Service(name, tuple(found), _authority(refs[0], found[0], context.namespace(*path))), cluster, path, context
    )


def settled(service: Service, cluster: BackendCluster, path: FieldPath, context: Context) -> Service:
    """The service as its `backendSettings` have it connected to."""
    written = cluster.backend_settings
    if written is None:
        return service
    at: FieldPath = ("spec", *path, "backendSettings")
    settings, problems = cluster_settings(written, at)
    again = retry(written.retry, (*at, "retry"), problems)
    context.problems += problems
    return replace(service, settings=settings, retry=again)


def by_url(url: str, path: FieldPath, context: Context, *, named: bool = False) -> Service | None:
    """The service at a URL, with TLS as for any client where that says https; with `named` not one at an IP address."""
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not port or (named and is_ip(host)):
        context.fail(path, f"{url!r} is not an http or https URL with a host name.", codes.BAD_URL)
        return None
    tls = None
    if parts.scheme == "https":
        tls = ir.BackendTLS(SYSTEM.name, host)
        context.secrets.append(SYSTEM)
    discovery = ir.Discovery.STATIC if is_ip(host) else ir.Discovery.DNS
    backend = ir.Backend(0, 1, discovery, (ir.Endpoint(host, port),), tls=tls)
    return Service(f"{host.replace('.', '_').replace(':', '_')}_{port}", (backend,), parts.netloc.rpartition("@")[2])


def _backend(
    ref: BackendObjectReference, index: int, path: FieldPath, context: Context, *, grpc: bool
) -> ir.Backend | None:
    group, kind = context.source
    scope = Scope(context.world, kind, context.namespace(*path), group=group)
    found = resolve_ref(ref, scope)
    if isinstance(found, Refusal):
        context.refuse(path, found)
        return None
    if not found.endpoints and found.discovery is not ir.Discovery.DYNAMIC:
        context.note(path, f"{ref.kind} {ref.name} has no endpoints: it cannot be asked.", codes.NO_ENDPOINTS)
    if found.discovery is ir.Discovery.DYNAMIC:
        context.fail(path, f"Backend {ref.name} is a DynamicResolver: it cannot be asked.", codes.UNSUPPORTED_BACKEND)
        return None
    backend = ir.Backend(
        index,
        getattr(ref, "weight", 1) or 1,
        found.discovery,
        found.endpoints,
        found.protocol,
        fallback=found.fallback,
        tls=found.tls,
    )
    return replace(backend, protocol=ir.Protocol.H2C) if grpc else backend


def _way(backend: ir.Backend) -> tuple[object, ...]:
    """What backends of a cluster have in common."""
    tls = backend.tls
    by_request = tls is not None and not tls.server_name and not tls.endpoint_names
    return backend.discovery, backend.protocol is ir.Protocol.H2C, by_request


def _authority(ref: BackendObjectReference, backend: ir.Backend, namespace: str) -> str:
    """As in Envoy Gateway: a Service's name and port, or the host name of a Backend."""
    name = f"{ref.name}.{ref.namespace or namespace}"
    if ref.kind == "Service":
        return f"{name}:{ref.port}"
    if backend.discovery is ir.Discovery.DNS:
        return f"{backend.endpoints[0].address}:{backend.endpoints[0].port}"
    return name
