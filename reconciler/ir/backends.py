"""Where requests and connections are sent."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.ir.actions import Credential, HeaderMutation, Redirect, Rewrite
from reconciler.ir.tls import BackendTLS
from reconciler.records import dataclass

if TYPE_CHECKING:
    from reconciler.ir.forward import BackendFilters


class Protocol(StrEnum):
    """What is spoken to a backend."""

    HTTP = "http"
    H2C = "h2c"
    WEBSOCKET = "ws"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. `address` is an IP address, a host name to resolve by DNS, or the path of a Unix socket.

    `port` is 0 for a Unix socket. `hostname` is the name that goes with the address, if any. `zone` may be empty.
    """

    address: str
    port: int
    hostname: str = ""
    zone: str = ""
    draining: bool = False


class Discovery(StrEnum):
    """How the endpoints of a backend become known to Envoy; with `DYNAMIC` it is the host of each request."""

    STATIC = "static"
    DNS = "dns"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True)
class Backend:
    """One valid backendRef with a weight above 0, resolved.

    Attributes:
        index: the position of the backendRef in its rule, for names.
        weight: its share of the rule's traffic, 1 to 1,000,000.
        endpoints: sorted; empty where the Service has none (its share of requests is answered with 503).
        request_headers, response_headers, rewrite, redirect, filters: filters of this backendRef alone.
        fallback: used only when no other backend of the rule is healthy.
        tls: None: it is spoken to in the clear.
        credential: what requests to this backend are given.
    """

    index: int
    weight: int
    discovery: Discovery
    endpoints: tuple[Endpoint, ...]
    protocol: Protocol = Protocol.HTTP
    request_headers: HeaderMutation | None = None
    response_headers: HeaderMutation | None = None
    rewrite: Rewrite | None = None
    redirect: Redirect | None = None
    fallback: bool = False
    tls: BackendTLS | None = None
    filters: BackendFilters | None = None
    credential: Credential | None = None
