"""Where to listen: `HOST:PORT`, `[HOST]:PORT` or `unix:PATH`."""

from __future__ import annotations

import ipaddress

from reconciler.records import dataclass
from reconciler.sidecar.errors import OptionError


class AddressError(OptionError):
    """An address that cannot be used; `help` says what can."""


@dataclass(frozen=True, slots=True)
class Address:
    """A socket: `path` of a Unix socket, or `host` and `port`."""

    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.path or self.host == "localhost":
            return True
        return self.is_ip and ipaddress.ip_address(self.host).is_loopback

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IP address, not a name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Reads an address; raises `AddressError`."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if path.startswith("//"):
            path = path.removeprefix("//")
        if not path:
            raise AddressError(f"{text!r} names no socket", "write unix:/path/of/the/socket")
        return Address(path=path)
    host, separator, port = text.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535 or not host.strip("[]"):
        raise AddressError(f"{text!r} is not an address", "write HOST:PORT, such as 127.0.0.1:18000, or unix:PATH")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in host and bare == host:
        raise AddressError(f"{text!r} is not an address", f"an IPv6 address stands in brackets: [{host}]:{port}")
    return Address(bare, int(port))
