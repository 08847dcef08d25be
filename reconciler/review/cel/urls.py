"""Kubernetes' URL library."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from reconciler.review.cel.values import tagged, untagged


def is_url(text: str) -> bool:
    """`isURL`: an absolute URI or an absolute path."""
    try:
        parts = urlsplit(text)
        valid = parts.port is None or parts.port >= 0
    except ValueError:
        return False
    forbidden = any(char.isspace() or ord(char) < ord(" ") for char in text)
    return valid and not forbidden and (text.startswith("/") or bool(parts.scheme and (parts.netloc or parts.path)))


def url(text: str) -> dict[str, str]:
    """`url(…)`."""
    if not is_url(text):
        raise ValueError(f"{text!r} is not a URL")
    return tagged("url", text)


def scheme(value: dict[str, str]) -> str:
    """`getScheme`."""
    return urlsplit(untagged("url", value)).scheme


def host(value: dict[str, str]) -> str:
    """`getHost`: with the port."""
    return urlsplit(untagged("url", value)).netloc.rpartition("@")[2]


def hostname(value: dict[str, str]) -> str:
    """`getHostname`."""
    name = host(value)
    return name.partition("]")[0].removeprefix("[") if name.startswith("[") else name.partition(":")[0]


def port(value: dict[str, str]) -> str:
    """`getPort`: empty where there is none."""
    number = urlsplit(untagged("url", value)).port
    return "" if number is None else str(number)


def escaped_path(value: dict[str, str]) -> str:
    """`getEscapedPath`."""
    return quote(urlsplit(untagged("url", value)).path, safe="/%:@!$&'()*+,;=~-._")


def query(value: dict[str, str]) -> dict[str, list[str]]:
    """`getQuery`."""
    return parse_qs(urlsplit(untagged("url", value)).query, keep_blank_values=True)
