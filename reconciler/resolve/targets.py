"""What a backendRef leads to, whatever its kind."""

from __future__ import annotations

from ipaddress import ip_address

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoints behind a reference, and what is spoken to them.

    Attributes:
        section: the name of the port, which policies may be about.
        tls: None: it is spoken to in the clear.
        unverifiable: `tls` lacks certificates to verify the backend with: only a policy can make it valid.
    """

    discovery: ir.Discovery
    endpoints: tuple[ir.Endpoint, ...]
    protocol: ir.Protocol = ir.Protocol.HTTP
    fallback: bool = False
    section: str = ""
    tls: ir.BackendTLS | None = None
    unverifiable: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a reference leads nowhere: the reason of ResolvedRefs; `field` is relative to the reference."""

    reason: str
    message: str
    code: str
    field: FieldPath
    help: str = ""


_APP_PROTOCOLS = {
    "kubernetes.io/h2c": ir.Protocol.H2C,
    "gateway.envoyproxy.io/h2c": ir.Protocol.H2C,
    "grpc": ir.Protocol.H2C,
    "kubernetes.io/ws": ir.Protocol.WEBSOCKET,
    "kubernetes.io/wss": ir.Protocol.WEBSOCKET,
    "gateway.envoyproxy.io/ws": ir.Protocol.WEBSOCKET,
    "gateway.envoyproxy.io/wss": ir.Protocol.WEBSOCKET,
}


def protocol(app_protocol: str | None) -> ir.Protocol:
    """What an `appProtocol` asks for; those that gitway does not know mean HTTP/1.1 (KEP-3726)."""
    return _APP_PROTOCOLS.get(app_protocol or "", ir.Protocol.HTTP)


def is_ip(address: str) -> bool:
    """Whether Envoy takes it for an IP address."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return "%" not in address
