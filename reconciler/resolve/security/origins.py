"""CORS and CSRF: what pages of other origins may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.ir.security import Csrf
from reconciler.manifests.durations import milliseconds
from reconciler.resolve import codes
from reconciler.resolve.filters.cors import normalized
from reconciler.resolve.policies.context import Context

if TYPE_CHECKING:
    from reconciler.manifests.securitypolicy import CORS, CSRF

ANY = "*"


def cors(spec: CORS, context: Context) -> ir.Cors:
    """The policy; a wildcard among others is all of them."""
    exposed = _collapsed(spec.expose_headers)
    if spec.allow_credentials and exposed == (ANY,):
        message = "With allowCredentials a wildcard exposes nothing: name the headers."
        context.note(("cors", "exposeHeaders"), message, codes.CORS_WILDCARD)
        exposed = ()
    return ir.Cors(
        tuple(normalized(origin) for origin in spec.allow_origins),
        _collapsed(spec.allow_methods),
        _collapsed(spec.allow_headers),
        exposed,
        5 if spec.max_age is None else milliseconds(spec.max_age) // 1000,
        bool(spec.allow_credentials),
    )


def _collapsed(values: list[str]) -> tuple[str, ...]:
    return (ANY,) if ANY in values else tuple(values)


def csrf(spec: CSRF) -> Csrf:
    """The policy: what is not in the shadow is enforced."""
    hosts = tuple(normalized(origin).rpartition("://")[2] for origin in spec.additional_origins)
    shadow = spec.shadow_fraction
    if shadow is None:
        return Csrf(hosts)
    return Csrf(hosts, shadow.denominator - shadow.numerator, shadow.denominator)
