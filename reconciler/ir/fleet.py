"""A fleet's skeleton: sockets, filter chains and secrets, without routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.ir.tls import TLS, AnySecret
from reconciler.records import dataclass

if TYPE_CHECKING:
    from reconciler.ir.clients import ClientSettings, SocketSettings
    from reconciler.ir.proxy import Proxy


@dataclass(frozen=True, slots=True)
class HTTPChain:
    """One filter chain with an HTTP connection manager and one route configuration.

    Attributes:
        table: name of the route configuration and of the chain: `http-<port>`, for HTTPS `<ns>/<gateway>/<listener>`.
        server_names: SNI names; empty: any.
        hosts: host names of the listeners served here (`*` where a listener has none). Each has a virtual host even
            without a route, so that a request for it is answered 404 and never by a less specific listener's route
            (listener isolation).
        tls: None for cleartext.
        elsewhere: host names of the other TLS chains of the socket. A request for one of them came over a connection
            that is not meant for it: it is misdirected, and answered 421 (GEP-3567).
        clients: how clients are dealt with; None: as usual.
    """

    table: str
    hosts: tuple[str, ...]
    server_names: tuple[str, ...] = ()
    tls: TLS | None = None
    elsewhere: tuple[str, ...] = ()
    clients: ClientSettings | None = None


@dataclass(frozen=True, slots=True)
class TCPChain:
    """Connections that are forwarded as they are, or as they come out of TLS: one listener of protocol TCP or TLS.

    Attributes:
        table: what `Placement.table` names, and the name of the filter chain: `<ns>/<gateway>/<listener>`.
        encrypted: clients speak TLS; only then there are server names.
        server_name: the listener's SNI name, `*` for any. Its connections never go to another chain of the port: those
            that no route wants are closed.
        tls: None where TLS is not terminated.
        clients: as of an `HTTPChain`, as far as it is not about HTTP.
    """

    table: str
    encrypted: bool = False
    server_name: str = "*"
    tls: TLS | None = None
    clients: ClientSettings | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """One bound TCP socket. `name` is `tcp-<port>` (Envoy Gateway's V2 scheme).

    The first of `addresses` is the main one. There is either one chain without TLS, or any number of chains with TLS,
    sorted by table: `chains` for HTTP, `tcp_chains` for other connections. `settings` None: as usual.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    chains: tuple[HTTPChain, ...]
    tcp_chains: tuple[TCPChain, ...] = ()
    settings: SocketSettings | None = None


@dataclass(frozen=True, slots=True)
class UDPListener:
    """One bound UDP socket. `name` is `udp-<port>`; `table` is what `Placement.table` names, as in `TCPChain`."""

    name: str
    addresses: tuple[str, ...]
    port: int
    table: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """A set of Envoys with the same configuration, without its routes. `name` is Envoy's `node.cluster`.

    Attributes:
        secrets: what the fleet itself names.
        for_backends: what TLS to backends and filters may name; only what is named by a route of the fleet becomes part
            of it.
        proxy: how its Envoys are set up; None: as usual.
    """

    name: str
    listeners: tuple[Listener, ...] = ()
    secrets: tuple[AnySecret, ...] = ()
    for_backends: tuple[AnySecret, ...] = ()
    udp_listeners: tuple[UDPListener, ...] = ()
    proxy: Proxy | None = None
