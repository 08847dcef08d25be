"""Envoy Gateway's Backends (gateway.envoyproxy.io) as backends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath
from reconciler.manifests.base import Loaded
from reconciler.resolve import codes
from reconciler.resolve.authorities import Authorities
from reconciler.resolve.certificates import Certificates
from reconciler.resolve.conditions import Condition, condition, stamp
from reconciler.resolve.envoy_backend_tls import own_tls
from reconciler.resolve.findings import finding
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal, Target, is_ip, protocol

if TYPE_CHECKING:
    from reconciler.manifests.backend import Backend, BackendEndpoint

Key = tuple[str, str]


class Backends:
    """The Backends of a repository, with the condition of each and what there is to say about them.

    `secrets` are those that TLS to them names.
    """

    def __init__(
        self, backends: Iterable[Loaded[Backend]], certificates: Certificates, authorities: Authorities
    ) -> None:
        self.conditions: dict[Key, Condition] = {}
        self.findings: list[Diagnostic] = []
        self.secrets: dict[str, ir.Secret | ir.Authority] = {}
        self._certificates = certificates
        self._authorities = authorities
        self._targets: dict[Key, Target | Refusal] = {}
        for loaded in backends:
            self._add(loaded)
        self._names = Names(self._targets)

    def sections(self, key: Key) -> Mapping[int, str] | None:
        """A Backend has no named ports; None where there is no such Backend."""
        return {} if key in self._targets else None

    def resolve(self, key: Key, _port: int | None, _transport: str) -> Target | Refusal:
        """What stands behind the Backend `(namespace, name)`, which has its own ports, for any transport."""
        found = self._targets.get(key)
        if found is None:
            message = f"Backend {'/'.join(key)} does not exist."
            return Refusal("BackendNotFound", message, codes.BACKEND_NOT_FOUND, ("name",), self._names.suggest(*key))
        return found

    def _add(self, loaded: Loaded[Backend]) -> None:
        meta = loaded.resource.metadata
        at = stamp(meta)
        key = (meta.namespace, meta.name)
        found = _target(loaded.resource)
        if isinstance(found, Target):
            found = self._with_tls(found, loaded)
        if isinstance(found, Target):
            self._targets[key] = found
            self.conditions[key] = condition("Accepted", True, "Accepted", "The Backend is accepted.", at)
            return
        path, reason, message = found
        self.findings.append(finding(codes.BAD_BACKEND, loaded, path, message))
        self.conditions[key] = condition("Accepted", False, "Invalid", message, at)
        told = f"Backend {'/'.join(key)}: {message}"
        self._targets[key] = Refusal(reason, told, codes.UNSUPPORTED_BACKEND, ("name",))

    def _with_tls(self, target: Target, loaded: Loaded[Backend]) -> Target | tuple[FieldPath, str, str]:
        settings = loaded.resource.spec.tls
        if settings is None:
            return target
        made = own_tls(loaded.resource, settings, self._certificates, self._authorities)
        if isinstance(made, tuple):
            path, message = made
            return ("spec", "tls", *path), "InvalidBackendTLS", message
        for path, message, code in made.notes:
            self.findings.append(finding(code, loaded, ("spec", "tls", *path), message))
        self.secrets.update((secret.name, secret) for secret in made.secrets)
        return replace(target, tls=made.tls, unverifiable=made.unverifiable)


def _target(backend: Backend) -> Target | tuple[FieldPath, str, str]:
    """The target of a Backend, or the field that is at fault, the reason for references to it and a message."""
    spec = backend.spec
    if spec.type != "Endpoints":
        return ("spec", "type"), "UnsupportedValue", f"type {spec.type} is not translated yet."
    if not spec.endpoints:
        return ("spec",), "InvalidBackendRef", "it has no endpoints."
    endpoints = []
    for index, item in enumerate(spec.endpoints):
        made = _endpoint(item)
        if made is None:
            return ("spec", "endpoints", index), "InvalidAddress", "the endpoint has no valid address or port."
        endpoints.append(made)
    by_name = any(item.fqdn is not None for item in spec.endpoints)
    return Target(
        ir.Discovery.DNS if by_name else ir.Discovery.STATIC,
        tuple(sorted(set(endpoints), key=lambda e: (e.address, e.port, e.hostname, e.zone))),
        next((protocol(name) for name in spec.app_protocols), ir.Protocol.HTTP),
        fallback=bool(spec.fallback),
    )


def _endpoint(item: BackendEndpoint) -> ir.Endpoint | None:
    hostname, zone = item.hostname or "", item.zone or ""
    if item.unix is not None:
        return ir.Endpoint(item.unix.path, 0, hostname, zone) if item.unix.path else None
    if item.fqdn is not None:
        host = item.fqdn.hostname.rstrip(".")
        return ir.Endpoint(host, item.fqdn.port, hostname, zone) if item.fqdn.port else None
    if item.ip is not None and item.ip.port and is_ip(item.ip.address):
        return ir.Endpoint(item.ip.address, item.ip.port, hostname, zone)
    return None
