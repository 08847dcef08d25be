"""Which addresses the listeners of a Gateway bind, and which its status names."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from reconciler.manifests.gateway import GatewayAddress
from reconciler.records import dataclass

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - listeners of a gateway are public by design
IP_ADDRESS = "IPAddress"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class AddressProblem:
    """One entry of `spec.addresses` that cannot be had; `index` is its position."""

    index: int
    message: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """What comes of `spec.addresses`.

    Attributes:
        bind: what listeners bind, the main address first; empty where none can be used.
        status: values of `status.addresses`, all of type IPAddress.
        unsupported: entries of another type than IPAddress.
        unusable: entries that the fleets do not own, or that are no IP address.
        external: addresses were taken for a load balancer's, since nothing says which the fleets own.
    """

    bind: tuple[str, ...] = (ANY_ADDRESS,)
    status: tuple[str, ...] = (ANY_ADDRESS,)
    unsupported: tuple[AddressProblem, ...] = ()
    unusable: tuple[AddressProblem, ...] = ()
    external: bool = False


def networks(cidrs: Sequence[str]) -> tuple[Network, ...]:
    """The configured CIDRs.

    Raises:
        ValueError: one is not a CIDR.
    """
    return tuple(ip_network(cidr, strict=False) for cidr in cidrs)


def assign(requested: Sequence[GatewayAddress], owned: Sequence[Network]) -> Addresses:
    """What a Gateway gets of the addresses it asks for; one without a value is given `0.0.0.0` (DESIGN "Fleets")."""
    if not requested:
        return Addresses()
    usable: list[str] = []
    unsupported: list[AddressProblem] = []
    unusable: list[AddressProblem] = []
    for index, address in enumerate(requested):
        if address.type != IP_ADDRESS:
            message = f"Addresses of type {address.type} are not supported, only {IP_ADDRESS}."
            unsupported.append(AddressProblem(index, message))
        elif not address.value:
            usable.append(ANY_ADDRESS)
        elif problem := _refusal(address.value, owned):
            unusable.append(AddressProblem(index, problem))
        else:
            usable.append(address.value)
    named = [value for value in usable if value != ANY_ADDRESS]
    external = not owned and bool(named)
    wide = external or len(named) < len(usable)
    return Addresses(
        bind=(ANY_ADDRESS,) if wide else tuple(dict.fromkeys(str(ip_address(value)) for value in usable)),
        status=tuple(dict.fromkeys(usable)),
        unsupported=tuple(unsupported),
        unusable=tuple(unusable),
        external=external,
    )


def _refusal(value: str, owned: Sequence[Network]) -> str:
    try:
        address = ip_address(value)
    except ValueError:
        return f"{value} is not an IP address."
    if owned and not any(address in network for network in owned):
        return f"{value} is not an address of the fleets: it is outside of `addresses` in gitway.yaml."
    return ""
