"""Session persistence of HTTPRoute and GRPCRoute rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.session_persistence import CookieConfig, SessionPersistence
from reconciler.resolve import codes
from reconciler.resolve.problems import ACCEPTED, Problem

Session = ir.SessionCookie | ir.SessionHeader

_VISIBLE = re.compile(r"[!-:<-~]*")
"""What an attribute of a cookie may have; the CRD has no pattern for its path."""


def resolve_session(wanted: SessionPersistence, path: FieldPath) -> tuple[Session | None, tuple[Problem, ...]]:
    """What a session is known by, or what is wrong with it.

    The endpoint is in the cookie or header itself: nobody keeps a list of sessions, so that only a cookie can expire.
    """
    lifetime = 0 if wanted.absolute_timeout is None else milliseconds(wanted.absolute_timeout)
    at = (*path, "absoluteTimeout")
    if wanted.header is not None:
        if lifetime:
            message = "A session that is known by a header cannot expire: absoluteTimeout needs type Cookie."
            return None, (_refused(message, at),)
        return ir.SessionHeader(wanted.header.name), ()
    cookie = wanted.cookie or CookieConfig()
    if not _VISIBLE.fullmatch(cookie.path or ""):
        message = "The path of a cookie has only visible ASCII characters and no semicolon."
        return None, (_refused(message, (*path, "cookie", "path")),)
    problems: tuple[Problem, ...] = ()
    if 0 < lifetime < 1000:
        message = "A cookie's lifetime is in whole seconds: absoluteTimeout has to be at least 1s."
        return None, (_refused(message, at),)
    if lifetime and cookie.lifetime_type == "Session":
        message = "The cookie ends after absoluteTimeout, but not when the browser is closed."
        problems = (Problem("", "", message, codes.UNSUPPORTED_SESSION, at, "Set lifetimeType to Permanent."),)
    return ir.SessionCookie(cookie.name or "", cookie.path or "/", lifetime), problems


def without_way_back(
    session: Session | None, backends: Sequence[ir.Backend], invalid_weight: int, path: FieldPath
) -> tuple[Problem, ...]:
    """What is wrong with a session whose requests cannot be told where they have been.

    A header has the address of an endpoint and nothing else. Of backends that are found by DNS addresses are not known,
    so that it does not say which of several it was; unless they are all alike, and one to Envoy.
    """
    if not isinstance(session, ir.SessionHeader):
        return ()
    found_by_dns = [backend for backend in backends if backend.discovery is ir.Discovery.DNS]
    if len(found_by_dns) < 2 or (not invalid_weight and len({_nature(backend) for backend in backends}) == 1):
        return ()
    message = "A session that is known by a header cannot tell apart several backends that are found by DNS."
    guidance = "Use type Cookie, or give the Services EndpointSlices."
    return (_refused(message, (*path, "type"), guidance),)


def _nature(backend: ir.Backend) -> tuple[object, ...]:
    """What two backends have in common that Envoy can hold for one; of filters, that there are none."""
    filters = (backend.request_headers, backend.response_headers, backend.rewrite, backend.redirect, backend.filters)
    own = backend.index if any(filters) else None
    return backend.discovery, backend.protocol is ir.Protocol.H2C, backend.tls, own


def _refused(message: str, path: FieldPath, guidance: str = "") -> Problem:
    return Problem(ACCEPTED, "UnsupportedValue", message, codes.UNSUPPORTED_SESSION, path, guidance, fatal=True)
