"""ClientTrafficPolicy → `ir.clients.ClientPolicy`.

An error in one makes the listeners that it is about answer 500. On a port without TLS, listeners cannot be told apart
before a request has come: a policy for some of them alone is refused, and has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from reconciler.ir import clients
from reconciler.ir.clusters import HTTP2, Keepalive, Ping
from reconciler.manifests.backend_settings import HTTP2Settings, TCPKeepalive
from reconciler.manifests.client_headers import HeaderChanges, HeaderSettings
from reconciler.manifests.clienttrafficpolicy import (
    ClientIPDetection,
    ClientTrafficPolicySpec,
    HTTP1Settings,
    PathSettings,
)
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.string_match import StringMatch
from reconciler.resolve import codes
from reconciler.resolve.policies.client_tls import client_tls
from reconciler.resolve.policies.effective import Effective, Outcome
from reconciler.resolve.policies.shared_ports import shared_ports
from reconciler.resolve.problems import ACCEPTED, Problem
from reconciler.resolve.world import World

KIND = "ClientTrafficPolicy"

KIB = 1024
MAX_HEADER_KIB = 8192

Found = list[Problem]
"""Problems, collected."""


def resolve(effective: Effective[ClientTrafficPolicySpec], world: World) -> Outcome:
    """What the policy comes to. `settings` are None where it has no effect at all."""
    spec = effective.spec
    shared = tuple(shared_ports(effective.policy, world))
    if shared:
        return Outcome(None, shared)
    found: Found = list(_deprecated(spec))
    tls = client_tls(effective, world)
    found += tls.problems
    chain = _chain(spec, world, found)
    if any(problem.fatal for problem in found):
        chain = chain._replace(failed=True)
    elif tls.settings.clients is not None and chain.http3:
        chain = chain._replace(http3=False)
        message = "HTTP/3 is not offered: clients have to show certificates."
        path = ("spec", "http3")
        found.append(Problem("Warning", "UnsupportedHTTP3ClientValidation", message, codes.UNSUPPORTED_SETTING, path))
    fingerprints = tuple(spec.tls.fingerprints) if spec.tls is not None else ()
    policy = clients.ClientPolicy(chain, _socket(spec, fingerprints), tls.settings)
    return Outcome(policy, tuple(found), tls.secrets)


def _deprecated(spec: ClientTrafficPolicySpec) -> Iterator[Problem]:
    if spec.enable_proxy_protocol is not None:
        yield _old("enableProxyProtocol", "proxyProtocol")
    if spec.headers is not None and spec.headers.preserve_x_request_id is not None:
        yield _old("preserveXRequestID", "requestID", "headers")
    if spec.target_ref is not None:
        yield _old("targetRef", "targetRefs")
    if spec.connection is not None and spec.connection.socket_buffer_limit is not None:
        message = "socketBufferLimit has no effect, as in Envoy Gateway."
        yield Problem("", "", message, codes.NO_MEANING, ("spec", "connection", "socketBufferLimit"))


def _old(field: str, instead: str, *above: str) -> Problem:
    message = f"{field} is deprecated: use {instead}."
    return Problem("Warning", "DeprecatedField", message, codes.DEPRECATED_FIELD, ("spec", *above, field))


def _refused(message: str, *path: str | int) -> Problem:
    return Problem(ACCEPTED, "Invalid", message, codes.BAD_POLICY, ("spec", *path), fatal=True)


# ---------------------------------------------------------------- sockets


def _socket(spec: ClientTrafficPolicySpec, fingerprints: tuple[str, ...]) -> clients.SocketSettings:
    connection = spec.connection
    tcp = spec.timeout.tcp if spec.timeout is not None else None
    return clients.SocketSettings(
        keepalive=_keepalive(spec.tcp_keepalive) if spec.tcp_keepalive is not None else None,
        proxy_protocol=_proxy_protocol(spec),
        buffer_bytes=connection.buffer_limit if connection is not None else None,
        accept_at_once=connection.max_accept_per_socket_event if connection is not None else 1,
        inspection_ms=_ms(tcp.connection_inspection_timeout) if tcp is not None else None,
        fingerprints=fingerprints,
    )


def _keepalive(settings: TCPKeepalive) -> Keepalive:
    return Keepalive(settings.probes, _seconds(settings.idle_time), _seconds(settings.interval))


def _proxy_protocol(spec: ClientTrafficPolicySpec) -> clients.ProxyProtocol | None:
    if spec.proxy_protocol is not None:
        optional = spec.proxy_protocol.optional
        return clients.ProxyProtocol.OPTIONAL if optional else clients.ProxyProtocol.REQUIRED
    return clients.ProxyProtocol.REQUIRED if spec.enable_proxy_protocol else None


# ---------------------------------------------------------------- filter chains


def _chain(spec: ClientTrafficPolicySpec, world: World, found: Found) -> clients.ClientSettings:
    limit = spec.connection.connection_limit if spec.connection is not None else None
    return clients.ClientSettings(
        address=_address(spec.client_ip_detection, found) if spec.client_ip_detection is not None else None,
        headers=_headers(spec.headers, world, found) if spec.headers is not None else clients.Headers(),
        paths=_paths(spec.path) if spec.path is not None else clients.Paths(),
        timeouts=_timeouts(spec),
        limit=clients.ConnectionLimit(limit.value, _ms(limit.close_delay))
        if limit is not None and limit.value
        else None,
        max_requests=limit.max_requests_per_connection if limit is not None else None,
        http1=_http1(spec.http1, world, found) if spec.http1 is not None else clients.HTTP1(),
        http2=_http2(spec.http2, found) if spec.http2 is not None else None,
        http3=spec.http3 is not None,
        grpc_web=spec.grpc.enable_web if spec.grpc is not None else None,
        health_path=spec.health_check.path if spec.health_check is not None else "",
        scheme_of_backend=spec.scheme == "MatchBackend",
    )


def _address(detection: ClientIPDetection, found: Found) -> clients.ForwardedFor | clients.AddressHeader | None:
    if detection.custom_header is not None:
        return clients.AddressHeader(detection.custom_header.name, bool(detection.custom_header.fail_closed))
    proxies = detection.x_forwarded_for
    if proxies is None:
        return None
    networks = []
    for index, written in enumerate(proxies.trusted_cidrs or ()):
        try:
            networks.append(str(ip_network(written, strict=False)))
        except ValueError:
            path = ("clientIPDetection", "xForwardedFor", "trustedCIDRs", index)
            found.append(_refused(f"{written} is not a range of IP addresses.", *path))
    return clients.ForwardedFor(
        proxies.num_trusted_hops or 0, tuple(networks), append=not proxies.disable_x_forwarded_for_append
    )


def _headers(settings: HeaderSettings, world: World, found: Found) -> clients.Headers:
    certificate = settings.x_forwarded_client_cert
    underscores = settings.with_underscores_action
    return clients.Headers(
        envoy=bool(settings.enable_envoy_headers),
        rate_limits=not settings.disable_rate_limit_headers,
        certificate=clients.CertificateHeader(certificate.mode or "Sanitize", tuple(certificate.cert_details_to_add))
        if certificate is not None
        else clients.CertificateHeader(),
        underscores=clients.UnderscoreAction(underscores or clients.UnderscoreAction.REJECT),
        request_id=_request_id(settings),
        early=_changes(settings.early_request_headers, "earlyRequestHeaders", world, found),
        late=_changes(settings.late_response_headers, "lateResponseHeaders", world, found),
        trailing_dot=settings.host is None or not settings.host.strip_trailing_host_dot,
        limit_kib=_header_limit(settings.max_request_header_limit, found),
    )


def _request_id(settings: HeaderSettings) -> clients.RequestID | None:
    if settings.request_id is not None:
        return clients.RequestID(settings.request_id)
    return clients.RequestID.PRESERVE_OR_GENERATE if settings.preserve_x_request_id else None


def _header_limit(size: int | None, found: Found) -> int | None:
    """Envoy counts in KiB."""
    if size is None:
        return None
    if not KIB <= size <= MAX_HEADER_KIB * KIB:
        found.append(_refused(f"has to be from 1Ki to {MAX_HEADER_KIB}Ki.", "headers", "maxRequestHeaderLimit"))
    return -(-size // KIB)


def _changes(changes: HeaderChanges | None, field: str, world: World, found: Found) -> clients.HeaderChanges | None:
    if changes is None:
        return None
    for group, headers in (("set", changes.set), ("add", changes.add), ("addIfAbsent", changes.add_if_absent)):
        for index, header in enumerate(headers):
            if header.name.lower() == "host":
                message = "Host cannot be changed here."
                found.append(_refused(message, "headers", field, group, index, "name"))
    return clients.HeaderChanges(
        tuple((one.name, one.value) for one in changes.set),
        tuple((one.name, one.value) for one in changes.add),
        tuple((one.name, one.value) for one in changes.add_if_absent),
        tuple(changes.remove),
        _matches(changes.remove_on_match, ("headers", field, "removeOnMatch"), world, found),
    )


def _paths(settings: PathSettings) -> clients.Paths:
    action = settings.escaped_slashes_action or clients.EscapedSlashes.REDIRECT
    return clients.Paths(clients.EscapedSlashes(action), merge_slashes=not settings.disable_merge_slashes)


def _timeouts(spec: ClientTrafficPolicySpec) -> clients.Timeouts:
    tcp = spec.timeout.tcp if spec.timeout is not None else None
    http = spec.timeout.http if spec.timeout is not None else None
    limit = spec.connection.connection_limit if spec.connection is not None else None
    return clients.Timeouts(
        tcp_idle_ms=_ms(tcp.idle_timeout) if tcp is not None else None,
        handshake_ms=_ms(tcp.tls_handshake_timeout) if tcp is not None else None,
        request_ms=_ms(http.request_received_timeout) if http is not None else None,
        headers_ms=_ms(http.request_headers_received_timeout) if http is not None else None,
        idle_ms=_ms(http.idle_timeout) if http is not None else None,
        stream_idle_ms=_ms(http.stream_idle_timeout) if http is not None else None,
        connection_ms=_ms(limit.max_connection_duration) if limit is not None else None,
        stream_ms=_ms(limit.max_stream_duration) if limit is not None else None,
        abrupt=spec.http1 is not None and bool(spec.http1.disable_safe_max_connection_duration),
    )


def _http1(settings: HTTP1Settings, world: World, found: Found) -> clients.HTTP1:
    http10 = clients.HTTP10.REFUSED
    if settings.http10 is not None:
        with_host = settings.http10.use_default_host
        http10 = clients.HTTP10.WITH_DEFAULT_HOST if with_host else clients.HTTP10.ACCEPTED
    return clients.HTTP1(
        trailers=bool(settings.enable_trailers),
        preserve_case=bool(settings.preserve_header_case),
        http10=http10,
        ignored_upgrades=_matches(settings.ignored_upgrade_types, ("http1", "ignoredUpgradeTypes"), world, found),
    )


_STREAM_WINDOW = (65_535, 2**31 - 1)
"""Envoy's bounds of windows, in bytes."""


def _http2(settings: HTTP2Settings, found: Found) -> HTTP2:
    low, high = _STREAM_WINDOW
    windows = {
        "initialStreamWindowSize": settings.initial_stream_window_size,
        "initialConnectionWindowSize": settings.initial_connection_window_size,
    }
    for field, size in windows.items():
        if size is not None and not low <= size <= high:
            found.append(_refused(f"{field} has to be from {low} to {high} bytes; it is {size}.", "http2", field))
    action = settings.on_invalid_message
    if action not in (None, "TerminateStream", "TerminateConnection"):
        message = f"{action} is neither TerminateStream nor TerminateConnection."
        found.append(_refused(message, "http2", "onInvalidMessage"))
    ping = settings.connection_keepalive
    return HTTP2(
        stream_window=settings.initial_stream_window_size,
        connection_window=settings.initial_connection_window_size,
        max_streams=settings.max_concurrent_streams,
        end_stream_only=None if action is None else action == "TerminateStream",
        ping=Ping(_ms(ping.interval), _ms(ping.timeout), ping.interval_jitter, _ms(ping.idle_interval))
        if ping is not None
        else None,
    )


def _matches(
    matches: list[StringMatch], path: tuple[str, ...], world: World, found: Found
) -> tuple[clients.StringMatch, ...]:
    for index, match in enumerate(matches):
        if match.type == "RegularExpression" and (why := world.memory.expressions.problem(match.value)):
            message = f"The regular expression is not one of RE2: {why}."
            found.append(
                Problem(ACCEPTED, "Invalid", message, codes.BAD_REGEX, ("spec", *path, index, "value"), fatal=True)
            )
    return tuple(clients.StringMatch(clients.Comparison(match.type), match.value) for match in matches)


def _ms(duration: str | None) -> int | None:
    return None if duration is None else milliseconds(duration)


def _seconds(duration: str | None) -> int | None:
    """Sockets count in whole seconds; a part of one is one."""
    return None if duration is None else -(-milliseconds(duration) // 1000)
