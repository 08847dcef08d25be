"""What a BackendTrafficPolicy asks for, apart from how backends are connected to (`reconciler.ir.clusters`).

Durations are in milliseconds, sizes in bytes, shares in parts per million.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.ir.clusters import ClusterSettings, HashSource
from reconciler.ir.forward import Retry
from reconciler.ir.limits import GlobalLimit, LocalLimit
from reconciler.ir.responses import ResponseOverride

CONNECT = "CONNECT"


class Fault(NamedTuple):
    """Mistakes made on purpose, of shares of the requests. 0 is no delay, or no such status."""

    delay_ms: int = 0
    delay_ppm: int = 0
    abort_http: int = 0
    abort_grpc: int | None = None
    abort_ppm: int = 0


class Bandwidth(NamedTuple):
    """How many bytes a second are passed on; 0: as many as there are. `trailers` is a prefix of names; None: none."""

    request_bytes: int = 0
    response_bytes: int = 0
    trailers: str | None = None


class Compressor(NamedTuple):
    """A way of compressing answers, `gzip`, `brotli` or `zstd`, of at least `minimum` bytes; None: as is usual."""

    kind: str
    minimum: int | None = None


class Upgrade(NamedTuple):
    """A protocol that clients may change to. A CONNECT that is terminated ends here."""

    protocol: str
    terminated: bool = False


class Tag(NamedTuple):
    """A tag of traces, from a `literal`, `environment` or `header`, or Envoy's `format`; `otherwise` is its default."""

    name: str
    source: str
    value: str
    otherwise: str = ""


class Streams(NamedTuple):
    """How long requests may be idle and last, what they may change to, and what of them decides on their endpoint.

    `upgrades` None: what is usual; times None: as usual.
    """

    idle_ms: int | None = None
    duration_ms: int | None = None
    upgrades: tuple[Upgrade, ...] | None = None
    hashed: tuple[HashSource, ...] = ()

    @property
    def tunnel(self) -> bool:
        """Whether the route is about CONNECT."""
        return any(one.protocol == CONNECT for one in self.upgrades or ())


class Tracing(NamedTuple):
    """Shares of requests that are traced; None: as is usual."""

    random_ppm: int | None = None
    client_ppm: int | None = None
    overall_ppm: int | None = None
    tags: tuple[Tag, ...] = ()
    client_span: str = ""
    server_span: str = ""


class Traffic(NamedTuple):
    """What is in force for a rule.

    Attributes:
        policy: `namespace/name` of the policy, for names.
        cluster: how its backends are connected to.
        request_ms: how long a request may take, where the route does not say; 0: without end.
        buffer_bytes: requests are read as a whole, up to this size.
        stat_name: name of the routes' statistics, with `%ROUTE_…%` in it.
        hides_load: clients do not see what backends report of their load.
        services: backends are reached by the address of their Service; None: as is usual.
    """

    policy: str
    cluster: ClusterSettings | None = None
    request_ms: int | None = None
    streams: Streams | None = None
    retry: Retry | None = None
    fault: Fault | None = None
    local_limit: LocalLimit | None = None
    global_limit: GlobalLimit | None = None
    bandwidth: Bandwidth | None = None
    buffer_bytes: int | None = None
    compressors: tuple[Compressor, ...] = ()
    overrides: tuple[ResponseOverride, ...] = ()
    tracing: Tracing | None = None
    stat_name: str = ""
    hides_load: bool = False
    services: bool | None = None
