"""What the protocols of listeners mean."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.manifests.gateway import Listener
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a listener protocol means.

    Attributes:
        transport: listeners of one port meet only within one transport.
        family: listeners of different families cannot share a port. Those of `tcp` and `udp` have it to themselves.
        kinds: route kinds of the Gateway API group that may attach.
        terminates_tls: the listener needs certificates.
    """

    transport: str
    family: str
    kinds: tuple[str, ...]
    terminates_tls: bool = False


PROTOCOLS: Mapping[str, Protocol] = {
    "HTTP": Protocol("tcp", "http", ("HTTPRoute", "GRPCRoute")),
    "HTTPS": Protocol("tcp", "tls", ("HTTPRoute", "GRPCRoute"), terminates_tls=True),
    "TLS": Protocol("tcp", "tls", ("TLSRoute", "TCPRoute"), terminates_tls=True),
    "TCP": Protocol("tcp", "tcp", ("TCPRoute",)),
    "UDP": Protocol("udp", "udp", ("UDPRoute",)),
}
"""Protocols that are translated; a listener of any other is not accepted."""

_PASSTHROUGH = Protocol("tcp", "tls", ("TLSRoute",))
"""TLS that is not terminated."""


def protocol_of(listener: Listener) -> Protocol | None:
    """What a listener's protocol and TLS mode mean; None where they are not translated."""
    if listener.protocol == "TLS" and listener.tls is not None and listener.tls.mode == "Passthrough":
        return _PASSTHROUGH
    return PROTOCOLS.get(listener.protocol)
