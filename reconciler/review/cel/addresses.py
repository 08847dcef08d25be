"""Kubernetes' IP and CIDR libraries. Addresses with a zone and IPv4 written as IPv6 are refused, as there."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface, ip_network
from typing import Any

from reconciler.review.cel.values import is_tagged, tagged, untagged

Address = IPv4Address | IPv6Address


def is_ip(text: str) -> bool:
    """`isIP`."""
    return _address(text) is not None


def ip(value: Any) -> dict[str, str]:
    """`ip(…)` of a string, and the address of a CIDR."""
    if is_tagged("cidr", value):
        return tagged("ip", untagged("cidr", value).partition("/")[0])
    address = _address(value)
    if address is None:
        raise ValueError(f"{value!r} is not an IP address")
    return tagged("ip", str(address))


def is_canonical(_: Any, text: str) -> bool:
    """`ip.isCanonical`."""
    address = _address(text)
    if address is None:
        raise ValueError(f"{text!r} is not an IP address")
    return str(address) == text


def family(value: Any) -> int:
    """`family`: 4 or 6."""
    return _of(value).version


def is_unspecified(value: Any) -> bool:
    """`isUnspecified`."""
    return _of(value).is_unspecified


def is_loopback(value: Any) -> bool:
    """`isLoopback`."""
    return _of(value).is_loopback


def is_link_local_multicast(value: Any) -> bool:
    """`isLinkLocalMulticast`."""
    address = _of(value)
    return address in ip_network("224.0.0.0/24" if address.version == IPV4 else "ff02::/16")


def is_link_local_unicast(value: Any) -> bool:
    """`isLinkLocalUnicast`."""
    return _of(value).is_link_local


def is_global_unicast(value: Any) -> bool:
    """`isGlobalUnicast`, private addresses among them (Go's `netip`)."""
    address = _of(value)
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and str(address) != "255.255.255.255"


def is_cidr(text: str) -> bool:
    """`isCIDR`."""
    return _parts(text) is not None


def cidr(text: str) -> dict[str, str]:
    """`cidr(…)`: keeps the bits beyond the prefix."""
    parts = _parts(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a CIDR")
    return tagged("cidr", f"{parts[0]}/{parts[1]}")


def contains_ip(value: Any, address: Any) -> bool:
    """`containsIP`."""
    return _of(ip(address) if isinstance(address, str) else address) in _network(value)


def contains_cidr(value: Any, other: Any) -> bool:
    """`containsCIDR`."""
    outer, inner = _network(value), _network(cidr(other) if isinstance(other, str) else other)
    same = outer.version == inner.version
    return same and outer.prefixlen <= inner.prefixlen and inner.network_address in outer


def masked(value: Any) -> dict[str, str]:
    """`masked`: without the bits beyond the prefix."""
    return tagged("cidr", str(_network(value)))


def prefix_length(value: Any) -> int:
    """`prefixLength`."""
    return _network(value).prefixlen


IPV4 = 4


def _address(text: Any) -> Address | None:
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return None if isinstance(address, IPv6Address) and address.ipv4_mapped else address


def _parts(text: Any) -> tuple[str, int] | None:
    if not isinstance(text, str):
        return None
    address, slash, bits = text.partition("/")
    if not slash or not bits.isdecimal() or (len(bits) > 1 and bits[0] == "0") or _address(address) is None:
        return None
    try:
        return str(ip_interface(text).ip), ip_interface(text).network.prefixlen
    except ValueError:
        return None


def _of(value: Any) -> Address:
    return ip_address(untagged("ip", value))


def _network(value: Any) -> IPv4Network | IPv6Network:
    return ip_network(untagged("cidr", value), strict=False)
