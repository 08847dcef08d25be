"""How requests are forwarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.ir.actions import Cors, Rewrite
from reconciler.ir.backends import Backend
from reconciler.records import dataclass

if TYPE_CHECKING:
    from reconciler.ir.clusters import ClusterSettings
    from reconciler.ir.traffic import Streams


@dataclass(frozen=True, slots=True)
class Mirror:
    """Copy a share of the requests to a backend and ignore its answers: `numerator` of `denominator`.

    `index` is the position of the filter in its rule, or in the backendRef at the position `owner`; for names.
    """

    index: int
    backend: Backend
    numerator: int = 100
    denominator: int = 100
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Durations in milliseconds; None: not set (Envoy's default), 0: no timeout."""

    request_ms: int | None = None
    backend_request_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Send a request again that failed: that got no answer, or one with one of the status `codes`.

    Attributes:
        codes: empty: what is usual, without `on`.
        attempts: how often it is sent again; 0: as often as is usual.
        backoff_ms: the time between two attempts; 0: what is usual.
        on: Envoy's names of what counts as a failure; none: what is usual.
        max_backoff_ms: what that time grows to; 0: what is usual.
        per_priority: attempts at endpoints of one priority before those of the next; 0: none changes for it.
        per_try_ms: how long one attempt may take, where no timeout of the route says so; None: as long as the request.
    """

    codes: tuple[int, ...] = ()
    attempts: int = 0
    backoff_ms: int = 0
    on: tuple[str, ...] = ()
    max_backoff_ms: int = 0
    per_priority: int = 0
    per_try_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """A session is known by a cookie. An empty `name` means one of the rule's own; `lifetime_ms` 0: of the browser."""

    name: str = ""
    path: str = "/"
    lifetime_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionHeader:
    """A session is known by a header, which is part of an answer and of every request that follows."""

    name: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the request to one of the backends, by weight.

    Attributes:
        invalid_weight: the sum of the weights of backendRefs that are invalid: that share is answered with 500, for
            gRPC with 503, which is UNAVAILABLE there.
        rewrite: the rule's URLRewrite.
        session: all requests of a session go to one endpoint.
        grpc: the requests are gRPC calls: they are never upgraded, and last as long as their caller says.
        settings: how the backends are connected to; None: as is usual.
        streams: how long requests last, and more about them; None: as is usual.
    """

    backends: tuple[Backend, ...]
    invalid_weight: int = 0
    rewrite: Rewrite | None = None
    mirrors: tuple[Mirror, ...] = ()
    timeouts: Timeouts = Timeouts()
    retry: Retry | None = None
    session: SessionCookie | SessionHeader | None = None
    grpc: bool = False
    settings: ClusterSettings | None = None
    streams: Streams | None = None


@dataclass(frozen=True, slots=True)
class ExternalAuth:
    """Ask a server before a request is forwarded; without its consent the request is refused.

    Attributes:
        index: the position of the filter in its rule, or in the backendRef at the position `owner`; for names.
        grpc: it is asked by Envoy's gRPC protocol, otherwise by HTTP.
        path: over HTTP, what the path of a request is prefixed with.
        headers: the request headers that it is sent; none: all over gRPC, over HTTP those it always gets.
        response_headers: the headers of its answer over HTTP that the backend is sent; none: all.
        max_body_bytes: it is sent the body, up to this length; 0: not at all.
    """

    index: int
    backend: Backend
    grpc: bool
    path: str = ""
    headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    max_body_bytes: int = 0
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class BackendFilters:
    """Filters for the requests that go to one backend of a rule, of those that rules have too."""

    cors: Cors | None = None
    external_auth: tuple[ExternalAuth, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
