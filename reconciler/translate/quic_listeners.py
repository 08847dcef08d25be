"""HTTP/3: the UDP listener beside a TCP one, for those of its chains that offer it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import core, listener
from reconciler.translate import client_messages as c
from reconciler.translate import messages as m
from reconciler.translate.downstream_tls import downstream_context
from reconciler.translate.udp_listeners import datagram_address

SOCKET = "envoy.transport_sockets.quic"
ALPN = "h3"
MAX_AGE_S = 86_400


def quic_name(socket: ir.Listener) -> str:
    """The name of the listener."""
    return f"udp-{socket.port}"


def alternative(port: int) -> str:
    """The value of `alt-svc`, which tells clients."""
    return f'{ALPN}=":{port}"; ma={MAX_AGE_S}'


def quic_listener(socket: ir.Listener, chains: Iterable[listener.FilterChain]) -> bytes:
    """The encoded listener with these chains, which have QUIC's transport socket."""
    main, *others = socket.addresses
    return encode(
        m.Listener(
            name=quic_name(socket),
            address=datagram_address(main, socket.port),
            additional_addresses=[
                m.AdditionalAddress(address=datagram_address(other, socket.port)) for other in others
            ],
            filter_chains=list(chains),
            drain_type=listener.ListenerDrainType.MODIFY_ONLY,
            udp_listener_config=c.UdpListenerConfig(
                downstream_socket_config=c.UdpSocketConfig(), quic_options=c.QuicOptions()
            ),
        )
    )


def quic_socket(tls: ir.TLS) -> core.TransportSocket:
    """TLS as a part of QUIC, which has no version before 1.3."""
    if tls.parameters is not None:
        tls = replace(tls, parameters=None)
    transport = c.QuicDownstreamTransport(downstream_tls_context=downstream_context(tls, (ALPN,)))
    return m.TransportSocket(name=SOCKET, typed_config=to_any(transport))
