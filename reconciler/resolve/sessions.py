"""Session persistence of HTTPRoute and GRPCRoute rules."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.session_persistence import CookieConfig, SessionPersistence
from reconciler.resolve import codes
from reconciler.resolve.problems import ACCEPTED, Problem


def resolve_session(
    wanted: SessionPersistence, path: FieldPath
) -> tuple[ir.SessionCookie | ir.SessionHeader | None, tuple[Problem, ...]]:
    """What a session is known by, or what is wrong with it.

    The endpoint is in the cookie or header itself: nobody keeps a list of sessions, so that only a cookie can expire.
    """
    lifetime = 0 if wanted.absolute_timeout is None else milliseconds(wanted.absolute_timeout)
    at = (*path, "absoluteTimeout")
    if wanted.header is not None:
        if lifetime:
            message = "A session that is known by a header cannot expire: absoluteTimeout needs type Cookie."
            return None, (Problem(ACCEPTED, "UnsupportedValue", message, codes.UNSUPPORTED_SESSION, at, fatal=True),)
        return ir.SessionHeader(wanted.header.name), ()
    cookie = wanted.cookie or CookieConfig()
    problems: tuple[Problem, ...] = ()
    if 0 < lifetime < 1000:
        message = "A cookie's lifetime is in whole seconds: absoluteTimeout has to be at least 1s."
        return None, (Problem(ACCEPTED, "UnsupportedValue", message, codes.UNSUPPORTED_SESSION, at, fatal=True),)
    if lifetime and cookie.lifetime_type == "Session":
        message = "The cookie ends after absoluteTimeout, but not when the browser is closed."
        problems = (Problem("", "", message, codes.UNSUPPORTED_SESSION, at, "Set lifetimeType to Permanent."),)
    return ir.SessionCookie(cookie.name or "", cookie.path or "/", lifetime), problems
