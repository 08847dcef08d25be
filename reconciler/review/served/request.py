"""A request, and what Envoy makes of its path before it looks for a route."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final
from urllib.parse import urlsplit

from reconciler.records import dataclass

_UNRESERVED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_KEPT: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. `target` is the path with its query; header names are in lower case."""

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """As one writes it, without the scheme's own port."""
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.target}"

    @property
    def path(self) -> str:
        """The path without query, as Envoy compares it: normalised, slashes merged."""
        return normal_path(self.target.partition("?")[0])

    @property
    def query(self) -> Mapping[str, str]:
        """Query parameters as they are written, which is what Envoy compares; of several with one name the first."""
        found: dict[str, str] = {}
        for part in self.target.partition("?")[2].split("&"):
            name, _, value = part.partition("=")
            if part:
                found.setdefault(name, value)
        return found

    @property
    def has_escaped_slash(self) -> bool:
        """Envoy answers such a request with a redirect to the path with plain slashes."""
        return re.search("%(2f|5c)", self.target.partition("?")[0], re.IGNORECASE) is not None


def request_of(method: str, url: str, headers: Sequence[str] = ()) -> Request:
    """A request from what is written on a command line; headers as `NAME: VALUE`.

    Raises:
        ValueError: the URL or a header is none; says what is missing.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url} is not a URL: http://HOST/PATH or https://HOST/PATH is needed")
    found: dict[str, str] = {}
    for header in headers:
        name, separator, value = header.partition(":")
        if not separator or not name.strip():
            raise ValueError(f"the header {header!r} needs a colon, for example x-canary: 1")
        name, value = name.strip().lower(), value.strip()
        found[name] = f"{found[name]},{value}" if name in found else value
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return Request(method.upper(), parts.scheme, parts.hostname, port, target, found)


def normal_path(path: str) -> str:
    """`normalize_path` and `merge_slashes`: unreserved characters decoded, `.` and `..` resolved, no `//`."""
    path = _UNRESERVED.sub(_decode_unreserved, path.replace("\\", "/"))
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            if kept:
                kept.pop()
        elif part != ".":
            kept.append(part)
    if parts and parts[-1] in {".", ".."}:
        kept.append("")
    return re.sub("/{2,}", "/", "/" + "/".join(kept))


def _decode_unreserved(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if character in _KEPT else found[0]
