"""What a route does with a request: forward it, redirect it, answer it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded
from reconciler.snapshot.protos import route
from reconciler.translate import messages as m
from reconciler.translate.clusters import Upstream, upstream
from reconciler.translate.destinations import destination
from reconciler.translate.endpoints import owner_name
from reconciler.translate.headers import value
from reconciler.translate.matches import fraction
from reconciler.translate.paths import new_path, regex_rewrite, whole_path
from reconciler.translate.retries import retry_policy

if TYPE_CHECKING:
    from reconciler.ir.traffic import Streams

ONE_HOUR_MS = 3_600_000

_SAME_HOST = ir.Rewrite()

_REDIRECT_CODES = {
    301: route.RedirectActionRedirectResponseCode.MOVED_PERMANENTLY,
    302: route.RedirectActionRedirectResponseCode.FOUND,
    303: route.RedirectActionRedirectResponseCode.SEE_OTHER,
    307: route.RedirectActionRedirectResponseCode.TEMPORARY_REDIRECT,
    308: route.RedirectActionRedirectResponseCode.PERMANENT_REDIRECT,
}

_WELL_KNOWN_PORTS = {"http": 80, "https": 443}


class Forwarding(NamedTuple):
    """A `RouteAction` in encoded parts, in the order of its fields, around the one that depends on the match."""

    before_path: bytes
    path: ir.PathModifier | None
    after_path: bytes
    upstreams: tuple[Upstream, ...]

    def action(self, matched: ir.PathMatch) -> route.RouteAction:
        """The action of a route that matches this path."""
        path = _path_rewrite(self.path, matched) if self.path else b""
        return encoded(route.RouteAction, self.before_path + path + self.after_path)


class Visited(NamedTuple):
    """Where a redirect was asked for: scheme and port of the listener, host of the virtual host."""

    scheme: str
    host: str
    port: int


def forwarding(rule: str, suffix: str, action: ir.Forward) -> Forwarding:
    """`rule` is the name of the rule's resources, `suffix` is added for the part of it that `action` is."""
    specifier, upstreams = destination(rule, suffix, action)
    rewrite = action.rewrite
    host = replace(rewrite, path=None) if rewrite else _SAME_HOST
    after = _host_and_timeouts(host, action.timeouts, action.retry, action.streams, grpc=action.grpc)
    if action.mirrors:
        mirrored = [(_mirror_name(rule, mirror), mirror) for mirror in action.mirrors if mirror.numerator]
        after += encode(m.RouteAction(request_mirror_policies=[_mirror_policy(*mirror) for mirror in mirrored]))
        upstreams += tuple(upstream(name, name, (mirror.backend,)) for name, mirror in mirrored)
    after += _upgrades(action)
    return Forwarding(specifier, rewrite.path if rewrite else None, after, upstreams)


def redirect(action: ir.Redirect, matched: ir.PathMatch, visited: Visited) -> route.RedirectAction:
    """The query is kept, as Envoy does by default."""
    path = new_path(action.path, matched) if action.path else None
    hostname, port = _authority(action, visited)
    return m.RedirectAction(
        scheme_redirect=action.scheme or None,
        host_redirect=hostname,
        port_redirect=port,
        path_redirect=path.full if path else None,
        prefix_rewrite=path.prefix if path else None,
        regex_rewrite=path.regex if path else None,
        response_code=_REDIRECT_CODES[action.status],
    )


def direct_response(action: ir.DirectResponse) -> route.DirectResponseAction:
    """Answered by Envoy itself. In a body Envoy's operators mean what they mean in the values of headers."""
    if "%" not in action.body and not action.content_type:
        body = m.DataSource(inline_string=action.body) if action.body else None
        return m.DirectResponseAction(status=action.status, body=body)
    text = m.DataSource(inline_string=value(action.body))
    body_format = m.SubstitutionFormatString(text_format_source=text, content_type=action.content_type)
    return m.DirectResponseAction(status=action.status, body_format=body_format)


def _authority(action: ir.Redirect, visited: Visited) -> tuple[str, int]:
    """Host name and port of the redirect, empty and 0 where Envoy shall keep those of the request's `Host`.

    Gateway API, HTTPRequestRedirectFilter.port: without a port the well-known one of the new scheme, without a scheme
    that of the listener; the well-known port of the resulting scheme is left out of `Location`. Envoy keeps the
    port of `Host` where none is set, so that it has to be displaced by setting the host name, or, where that varies, by
    naming the port after all.
    """
    scheme = action.scheme or visited.scheme
    port = action.port or (_WELL_KNOWN_PORTS.get(scheme, 0) if action.scheme else visited.port)
    if port != _WELL_KNOWN_PORTS.get(scheme):
        return action.hostname, port
    if action.hostname or (scheme, port) == (visited.scheme, visited.port):
        return action.hostname, 0
    if not visited.host.startswith("*"):
        return visited.host, 0
    return "", 0 if visited.port == _WELL_KNOWN_PORTS[visited.scheme] else port


def _path_rewrite(modifier: ir.PathModifier, matched: ir.PathMatch) -> bytes:
    full, prefix, regex = new_path(modifier, matched)
    if full is not None:
        regex = whole_path(full)
    return encode(m.RouteAction(prefix_rewrite=prefix or "", regex_rewrite=regex))


@lru_cache(maxsize=1024)
def _host_and_timeouts(
    host: ir.Rewrite, timeouts: ir.Timeouts, retry: ir.Retry | None, streams: Streams | None, *, grpc: bool
) -> bytes:
    timeout = 0 if grpc else _timeout_ms(timeouts, retry)
    # A request may take longer than Envoy lets a stream be idle.
    idle = None if timeout is None else timeout and max(ONE_HOUR_MS, timeout)
    duration = hashed = None
    if streams is not None:
        idle = idle if streams.idle_ms is None else streams.idle_ms
        duration = streams.duration_ms
        hashed = streams.hashed
    return encode(
        m.RouteAction(
            **_host_rewrite(host),
            append_x_forwarded_host=host.tell_host and bool(host.hostname or host.host),
            timeout=None if timeout is None else timedelta(milliseconds=timeout),
            retry_policy=retry_policy(retry, timeouts.backend_request_ms) if retry else None,
            hash_policy=_stream_settings().hash_policies(hashed) if hashed else [],
            idle_timeout=None if idle is None else timedelta(milliseconds=idle),
            max_stream_duration=_max_stream_duration(duration, grpc=grpc),
        )
    )


def _max_stream_duration(duration_ms: int | None, *, grpc: bool) -> route.RouteActionMaxStreamDuration | None:
    """A stream of gRPC lasts as long as its caller says, by the header grpc-timeout."""
    if duration_ms is None and not grpc:
        return None
    return m.MaxStreamDuration(
        max_stream_duration=None if duration_ms is None else timedelta(milliseconds=duration_ms),
        grpc_timeout_header_max=timedelta() if grpc else None,
    )


def _host_rewrite(rewrite: ir.Rewrite) -> dict[str, Any]:
    """The field of a `RouteAction` that says what host a backend is asked for; none: the request's."""
    by_request = rewrite.host
    if by_request is None:
        return {"host_rewrite_literal": rewrite.hostname or None}
    if by_request.source is ir.HostSource.BACKEND:
        return {"auto_host_rewrite": True}
    if by_request.source is ir.HostSource.HEADER:
        return {"host_rewrite_header": by_request.value}
    return {"host_rewrite_path_regex": regex_rewrite(by_request.pattern, by_request.value)}


def _timeout_ms(timeouts: ir.Timeouts, retry: ir.Retry | None) -> int | None:
    """Without retries a request to a backend and the whole request are the same to Envoy; the backend's is shorter.

    With retries the attempts have a timeout of their own (`retries`), and end the request by their number: Envoy's
    default for all of them together would cut them short.
    """
    if retry is not None and timeouts.backend_request_ms is not None:
        return timeouts.request_ms or 0
    return timeouts.backend_request_ms or (
        timeouts.backend_request_ms if timeouts.request_ms is None else timeouts.request_ms
    )


def _mirror_name(rule: str, mirror: ir.Mirror) -> str:
    return f"{owner_name(rule, mirror.owner)}-mirror-{mirror.index}"


def _mirror_policy(cluster: str, mirror: ir.Mirror) -> route.RouteActionRequestMirrorPolicy:
    return m.RequestMirrorPolicy(
        cluster=cluster,
        runtime_fraction=fraction(mirror.numerator, mirror.denominator),
        disable_shadow_host_suffix_append=True,
    )


def _upgrades(action: ir.Forward) -> bytes:
    """Clients may change to WebSocket, unless it is about gRPC or something else is asked for."""
    streams = action.streams
    if streams is not None and streams.upgrades is not None:
        made: bytes = _stream_settings().upgrades(streams.upgrades)
        return made
    return b"" if action.grpc else _websocket()


def _stream_settings() -> ModuleType:
    """Imported where there are any."""
    from reconciler.translate import stream_settings

    return stream_settings


@cache
def _websocket() -> bytes:
    return encode(m.RouteAction(upgrade_configs=[m.UpgradeConfig(upgrade_type="websocket")]))
