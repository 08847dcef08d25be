"""The intermediate representation: what each listener, route and backend *effectively* is.

It knows neither Kubernetes (no references, namespaces or conditions are left to resolve) nor Envoy (no messages).
`reconciler.resolve` makes it, `reconciler.translate` reads it. Everything is immutable and hashable.

A fleet's skeleton (`Fleet`: sockets, filter chains, certificates) is apart from what routes add to it (`RouteUnit`):
one route's unit is a pure function of that route and of the objects that are not routes, so that it can be made,
translated and cached alone.

What policies and extensions add has modules of its own, such as `reconciler.ir.traffic`, that are imported only where
they are met.
"""

from reconciler.ir.actions import (
    Cors,
    Credential,
    DirectResponse,
    HeaderMutation,
    HostRewrite,
    HostSource,
    PathChange,
    PathModifier,
    Redirect,
    Rewrite,
)
from reconciler.ir.backends import Backend, Discovery, Endpoint, Protocol
from reconciler.ir.fleet import Fleet, HTTPChain, Listener, TCPChain, UDPListener
from reconciler.ir.forward import (
    BackendFilters,
    ExternalAuth,
    Forward,
    Mirror,
    Retry,
    SessionCookie,
    SessionHeader,
    Timeouts,
)
from reconciler.ir.matches import CallMatch, Match, MatchKind, PathMatch, ValueMatch
from reconciler.ir.routes import L4Unit, Placement, RouteUnit, Rule, Unit
from reconciler.ir.tls import (
    TLS,
    AnySecret,
    Authority,
    BackendTLS,
    CertificateName,
    ClientValidation,
    GenericSecret,
    NameKind,
    PresentedName,
    Secret,
    TLSParameters,
)

__all__ = [
    "TLS",
    "AnySecret",
    "Authority",
    "Backend",
    "BackendFilters",
    "BackendTLS",
    "CallMatch",
    "CertificateName",
    "ClientValidation",
    "Cors",
    "Credential",
    "DirectResponse",
    "Discovery",
    "Endpoint",
    "ExternalAuth",
    "Fleet",
    "Forward",
    "GenericSecret",
    "HTTPChain",
    "HeaderMutation",
    "HostRewrite",
    "HostSource",
    "L4Unit",
    "Listener",
    "Match",
    "MatchKind",
    "Mirror",
    "NameKind",
    "PathChange",
    "PathMatch",
    "PathModifier",
    "Placement",
    "PresentedName",
    "Protocol",
    "Redirect",
    "Retry",
    "Rewrite",
    "RouteUnit",
    "Rule",
    "Secret",
    "SessionCookie",
    "SessionHeader",
    "TCPChain",
    "TLSParameters",
    "Timeouts",
    "UDPListener",
    "Unit",
    "ValueMatch",
]
