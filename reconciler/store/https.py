"""A published store read over plain HTTPS, from a CDN or any web server: `https://cdn.example/prefix`.

Read-only, without credentials. Whatever an intermediary gets wrong (an error page with status 200, half a body, an
endless redirect, a missing or changing ETag) is an error here or is found by the digests, and what is served stays.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address
from typing import Final, NoReturn
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, MaxRetryError, ProtocolError, SSLError

from reconciler import __version__
from reconciler.store.errors import NotAStore, StoreError, Unsupported
from reconciler.store.model import digest_of
from reconciler.store.objects import MAX_OBJECT_BYTES, Missing, Stored, Unchanged

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 30.0
"""Seconds without a byte."""

TOTAL_TIMEOUT: Final = 120.0
"""Seconds for one object, however steadily it drips."""

MAX_REDIRECTS: Final = 3
ALLOW_HTTP: Final = "GITWAY_ALLOW_HTTP"
"""With this in the environment, http:// to other machines is taken; otherwise only to this one."""

_CHUNK: Final = 1 << 16
_OWN_ETAG: Final = "sha256:"
"""Begins the etag of content that came without one: the next poll compares the content."""


class HttpsObjects:
    """The objects below a URL."""

    def __init__(self, url: str) -> None:
        """Raises `NotAStore` where the URL names no store."""
        parts = urlsplit(url)
        if parts.username is not None or parts.password is not None:
            raise NotAStore("a store's URL with a user or a password", "the objects have to be readable without")
        if parts.query or parts.fragment:
            raise NotAStore(f"{url.partition('?')[0]!r}…: a store's URL has no query or fragment", _EXAMPLE)
        if not _is_host(url):
            raise NotAStore(f"{url!r} names no host", _EXAMPLE)
        self._url = f"{parts.scheme.lower()}://{parts.netloc}{parts.path}".rstrip("/")
        if not _may_be_read(self._url):
            raise NotAStore(
                f"{self._url}: whoever is between could change what is read over http://",
                f"write https://; where the network is trusted, set {ALLOW_HTTP}=1",
            )

    @property
    def url(self) -> str:
        """`https://…`."""
        return self._url

    def get(self, key: str) -> bytes:
        """See `ObjectStore`."""
        content, _ = self._get(key, {})
        return content

    def get_if_changed(self, key: str, etag: str | None) -> tuple[bytes, str] | Unchanged:
        """See `ObjectStore`."""
        known = etag if etag and not etag.startswith(_OWN_ETAG) else None
        try:
            content, found = self._get(key, {"If-None-Match": known} if known else {})
        except _NotModifiedError:
            return Unchanged()
        found = found or _OWN_ETAG + digest_of(content)
        return Unchanged() if found == etag and not known else (content, found)

    def stat(self, key: str) -> Stored | None:
        """See `ObjectStore`; never possible here."""
        self._unsupported(f"look for {key}")

    def put_immutable(self, key: str, data: bytes) -> None:  # noqa: ARG002  the protocol's
        """See `ObjectStore`; never possible here."""
        self._unsupported(f"write {key}")

    def put(self, key: str, data: bytes) -> None:  # noqa: ARG002  the protocol's
        """See `ObjectStore`; never possible here."""
        self._unsupported(f"write {key}")

    def swap(self, key: str, data: bytes, expected_etag: str | None) -> str | None:  # noqa: ARG002  the protocol's
        """See `ObjectStore`; never possible here."""
        self._unsupported(f"write {key}")

    def list(self, prefix: str) -> Iterator[Stored]:  # noqa: ARG002  the protocol's
        """See `ObjectStore`; never possible here."""
        self._unsupported("list the objects")

    def delete(self, key: str) -> None:
        """See `ObjectStore`; never possible here."""
        self._unsupported(f"remove {key}")

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        settings = {
            "retries": False,  # a poll is one request; the next one is soon
            "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
            "maxsize": 8,
            # `identity`: the objects are compressed as they need to be.
            "headers": {"User-Agent": f"gitway/{__version__}", "Accept-Encoding": "identity"},
        }
        parts = urlsplit(self._url)
        proxy = getproxies().get(parts.scheme)
        if proxy and parts.hostname and not proxy_bypass(parts.hostname):
            return urllib3.ProxyManager(proxy, **settings)  # type: ignore[arg-type]  # one dict for both
        return urllib3.PoolManager(**settings)  # type: ignore[arg-type]  # one dict for both

    def _get(self, key: str, conditions: dict[str, str]) -> tuple[bytes, str]:
        """Content and ETag, empty where there is none; `_NotModifiedError` for a 304 to a condition."""
        deadline = time.monotonic() + TOTAL_TIMEOUT
        with self._told(key):
            url = f"{self._url}/{key}"
            for _ in range(MAX_REDIRECTS + 1):
                answer = self._ask(url, conditions)
                try:
                    location = answer.get_redirect_location()
                    if not location:
                        return self._content(answer, key, conditions, deadline)
                finally:
                    # What is left of a body that was not read to its end is not waited for.
                    answer.close()
                url = urljoin(url, location)
                if not _may_be_read(url) or (url.startswith("http:") and self._url.startswith("https:")):
                    raise StoreError(f"{self._url}/{key} redirects to {_plain(url)}", "only https:// is followed")
            raise StoreError(f"{self._url}/{key} redirects more than {MAX_REDIRECTS} times", _SERVER)

    def _ask(self, url: str, conditions: dict[str, str]) -> urllib3.BaseHTTPResponse:
        headers = {**self._pool.headers, **conditions}
        try:
            return self._pool.request("GET", url, headers=headers, redirect=False, preload_content=False)
        except ProtocolError:  # a connection that was kept is closed by the server when it likes
            return self._pool.request("GET", url, headers=headers, redirect=False, preload_content=False)

    def _content(
        self, answer: urllib3.BaseHTTPResponse, key: str, conditions: dict[str, str], deadline: float
    ) -> tuple[bytes, str]:
        if answer.status == 304 and conditions:
            raise _NotModifiedError
        if answer.status in {404, 410}:
            raise Missing(key)
        if answer.status != 200:
            help_ = _FORBIDDEN if answer.status in {401, 403} else _SERVER
            raise StoreError(f"{self._url}/{key} is answered with status {answer.status}", help_)
        pieces: list[bytes] = []
        size = 0
        for piece in answer.stream(_CHUNK, decode_content=True):
            size += len(piece)
            if size > MAX_OBJECT_BYTES:
                raise StoreError(f"{self._url}/{key} has more than {MAX_OBJECT_BYTES} bytes", "it is not gitway's")
            if time.monotonic() > deadline:
                raise StoreError(f"{self._url}/{key} took longer than {TOTAL_TIMEOUT:.0f} s", _SERVER)
            pieces.append(piece)
        return b"".join(pieces), answer.headers.get("ETag", "")

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Turns urllib3's errors into ones for people."""
        try:
            yield
        except HTTPError as error:
            cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
            help_ = _TRUST if isinstance(cause, SSLError) else _SERVER
            raise StoreError(f"cannot read {key} of {self._url}: {_plain(str(cause))}", help_) from error

    def _unsupported(self, doing: str) -> NoReturn:
        raise Unsupported(f"cannot {doing} in {self._url}: it is only read over HTTPS", READ_ONLY)


class _NotModifiedError(Exception):
    """The object has the etag that was asked with."""


READ_ONLY: Final = "name the bucket or directory that it is published to, s3://bucket/prefix or file:///directory"
_EXAMPLE: Final = "write https://host/prefix"
_SERVER: Final = "check the server, the network and the URL"
_TRUST: Final = "the server's certificate is not trusted: check the host name; SSL_CERT_FILE names other authorities"
_FORBIDDEN: Final = (
    "the objects have to be readable by everybody who reaches the server; a bucket behind it that may not be listed "
    "says 403 for what is missing, too"
)


def _is_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname) and bool(urllib3.util.parse_url(url).host) and urlsplit(url).port != 0
    except (ValueError, LocationParseError):
        return False


def _may_be_read(url: str) -> bool:
    """https, or http on this machine, or http where that was allowed."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and (_is_loopback(parts.hostname or "") or os.environ.get(ALLOW_HTTP) == "1")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plain(text: str) -> str:
    """Text of others, on one line and not endless."""
    return "".join(each if each.isprintable() else " " for each in text)[:300]
