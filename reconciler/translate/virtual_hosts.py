"""Encoded routes → `RouteConfiguration` with a `VirtualHost` a host name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus

from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import core, route
from reconciler.translate import messages as m
from reconciler.translate.precedence import Key

DEFAULT_BODY_LIMIT_BYTES = 4096
"""Envoy refuses a longer body of a direct response unless it is told otherwise."""

RAISED_BODY_LIMIT_BYTES = 1_048_576

Entry = tuple[Key, bytes]
"""A route's place among others, and the encoded `Route`."""


def route_configuration(
    table: str,
    hosts: Mapping[str, Iterable[Entry]],
    longest_body: int = 0,
    elsewhere: Iterable[str] = (),
    *,
    alternative: str = "",
    failed: bool = False,
    counted: bool = False,
) -> bytes:
    """The encoded route configuration; requests for hosts that are served `elsewhere` are answered 421.

    Virtual hosts are sorted by host; their order means nothing to Envoy, which takes the most specific one.

    Args:
        table: the name.
        hosts: the routes of each host.
        longest_body: the size in bytes of the longest direct response.
        elsewhere: hosts of other chains.
        alternative: what clients are told in `alt-svc`; empty: nothing.
        failed: all requests are answered 500.
        counted: each host has statistics of its own.
    """
    if failed:
        made = {host: _answered(host, HTTPStatus.INTERNAL_SERVER_ERROR) for host in hosts}
    else:
        made = {host: _virtual_host(host, entries, counted=counted) for host, entries in hosts.items()}
    made |= {host: _answered(host, HTTPStatus.MISDIRECTED_REQUEST) for host in elsewhere if host not in made}
    body_limit = max(longest_body, RAISED_BODY_LIMIT_BYTES) if longest_body > DEFAULT_BODY_LIMIT_BYTES else None
    return encode(
        m.RouteConfiguration(
            name=table,
            virtual_hosts=[made[host] for host in sorted(made)],
            response_headers_to_add=_alternative(alternative) if alternative else [],
            max_direct_response_body_size_bytes=body_limit,
            ignore_port_in_host_matching=True,
        )
    )


def name_part(host: str) -> str:
    """A host in the names of virtual hosts and routes; unique, as host names have no underscores."""
    return host.replace(".", "_")


def _virtual_host(host: str, entries: Iterable[Entry], *, counted: bool) -> route.VirtualHost:
    routes = [encoded(route.Route, value) for _, value in sorted(entries)]
    name = name_part(host)
    # A virtual cluster takes all requests of its host: that of Envoy Gateway is named after the host as well.
    all_requests = [m.VirtualCluster(name=name, headers=[m.HeaderMatcher(name=":authority", present_match=True)])]
    return m.VirtualHost(name=name, domains=[host], routes=routes, virtual_clusters=all_requests if counted else [])


def _alternative(value: str) -> list[core.HeaderValueOption]:
    return [m.HeaderValueOption(header=m.HeaderValue(key="alt-svc", value=value))]


@lru_cache(maxsize=1024)
def _answered(host: str, status: HTTPStatus) -> route.VirtualHost:
    """Every request is answered by Envoy."""
    answer = m.DirectResponseAction(status=status)
    anything = m.Route(match=m.RouteMatch(prefix="/"), direct_response=answer)
    return m.VirtualHost(name=name_part(host), domains=[host], routes=[anything])
