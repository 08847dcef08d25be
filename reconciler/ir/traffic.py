"""What a BackendTrafficPolicy asks for, apart from how backends are connected to (`reconciler.ir.clusters`).

Durations are in milliseconds, sizes in bytes, shares in parts per million.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.ir.clusters import ClusterSettings
from reconciler.ir.forward import Retry
from reconciler.ir.limits import GlobalLimit, LocalLimit
from reconciler.ir.responses import ResponseOverride


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
    """A tag of traces: from `literal`, `environment`, `header` or, as Envoy's `format`, with a value to fall back on."""

    name: str
    source: str
    value: str
    otherwise: str = ""


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
        idle_ms: how long nothing may come.
        stream_ms: how long a request may take with all that belongs to it.
        upgrades: None: what is usual.
        buffer_bytes: requests are read as a whole, up to this size.
        stat_name: name of the routes' statistics, with `%ROUTE_…%` in it.
        services: backends are reached by the address of their Service; None: as is usual.
    """

    policy: str
    cluster: ClusterSettings | None = None
    request_ms: int | None = None
    idle_ms: int | None = None
    stream_ms: int | None = None
    retry: Retry | None = None
    upgrades: tuple[Upgrade, ...] | None = None
    fault: Fault | None = None
    local_limit: LocalLimit | None = None
    global_limit: GlobalLimit | None = None
    bandwidth: Bandwidth | None = None
    buffer_bytes: int | None = None
    compressors: tuple[Compressor, ...] = ()
    overrides: tuple[ResponseOverride, ...] = ()
    tracing: Tracing | None = None
    stat_name: str = ""
    services: bool | None = None
