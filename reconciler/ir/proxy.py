"""How the Envoys of a fleet are set up: what they tell of their traffic, and what all listeners have in common."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.ir.backends import Backend
from reconciler.ir.clusters import ClusterSettings

MILLION = 1_000_000


class Collector(NamedTuple):
    """A server that telemetry is sent to.

    `cluster` is the name of its cluster, `authority` that of its requests, `settings` how it is connected to.
    """

    cluster: str
    backends: tuple[Backend, ...]
    authority: str = ""
    settings: ClusterSettings | None = None


class LogFormat(NamedTuple):
    """What an entry has: a `text`, or `fields` with names; values have operators of Envoy. None: the default fields."""

    text: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None


class FileLog(NamedTuple):
    """A file of Envoy's host."""

    path: str = "/dev/stdout"


class ServiceLog(NamedTuple):
    """Envoy's access log service, of requests (`http`) or of connections, with headers that are told as well."""

    collector: Collector
    name: str
    http: bool
    request_headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    response_trailers: tuple[str, ...] = ()


class TelemetryLog(NamedTuple):
    """OpenTelemetry. `headers` are those of its calls, `resource` says what it is that sends."""

    collector: Collector
    headers: tuple[tuple[str, str], ...] = ()
    resource: tuple[tuple[str, str], ...] = ()


class AccessLog(NamedTuple):
    """Where entries go, and which: `matches` are CEL expressions that all hold.

    `of` is `Listener`, `Route` or `Upstream`; empty: of requests, and of connections that no listener takes.
    """

    sink: FileLog | ServiceLog | TelemetryLog
    form: LogFormat = LogFormat()
    matches: tuple[str, ...] = ()
    of: str = ""


class Tag(NamedTuple):
    """A tag of spans. `kind` is `Literal`, `Environment`, `RequestHeader` or `Format`: a text with operators."""

    name: str
    kind: str
    value: str
    default: str = ""


class Sampler(NamedTuple):
    """Which traces OpenTelemetry keeps: a `kind` of the CRD, with the share in percent."""

    kind: str
    percent: float = 100.0


class Tracing(NamedTuple):
    """Requests are traced. Shares are in millionths.

    Attributes:
        provider: `OpenTelemetry`, `Zipkin` or `Datadog`.
        service: the name of what is traced.
        random, client, overall: the share of all requests, of those whose client asks for it, and the most of all.
        client_span, server_span: names, with operators; empty: Envoy's.
        headers, resource, sampler: of OpenTelemetry.
        short_ids, own_spans: of Zipkin: trace IDs of 64 bits, and spans that are not shared with the client.
    """

    provider: str
    collector: Collector
    service: str
    random: int = MILLION
    client: int = 0
    overall: int = MILLION
    tags: tuple[Tag, ...] = ()
    client_span: str = ""
    server_span: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    resource: tuple[tuple[str, str], ...] = ()
    sampler: Sampler | None = None
    short_ids: bool = True
    own_spans: bool = False


class MetricSink(NamedTuple):
    """A collector of OpenTelemetry that statistics are sent to, with the `headers` of its calls."""

    collector: Collector
    headers: tuple[tuple[str, str], ...] = ()
    resource: tuple[tuple[str, str], ...] = ()
    counters_as_deltas: bool = False
    histograms_as_deltas: bool = False


class Start(NamedTuple):
    """How Envoy is started: what it is told by its command line and its bootstrap, and not by xDS.

    Attributes:
        args: of the command line.
        change: `Merge`, `Replace` or `JSONPatch`, as in the CRD; empty: the bootstrap is as usual.
        document: JSON: what to merge, what to replace it with, or the list of changes.
        prometheus: there is a page of statistics for Prometheus, compressed as `compression` says (empty: not) where it
            has `compressed_from` bytes or more.
        sinks: where statistics are sent to.
        matches: only statistics with these names, by `Exact`, `Prefix`, `Suffix` or `RegularExpression`; none: all.
    """

    args: tuple[str, ...] = ()
    change: str = ""
    document: str = ""
    prometheus: bool = False
    compression: str = ""
    compressed_from: int | None = None
    sinks: tuple[MetricSink, ...] = ()
    matches: tuple[tuple[str, str], ...] = ()


NO_START = Start()


class FilterMove(NamedTuple):
    """All filters of a type go before the first, or after the last, of another."""

    name: str
    anchor: str
    after: bool


class Proxy(NamedTuple):
    """Settings of a fleet.

    Attributes:
        access_logs: None: the default one.
        filter_order: in this order.
        keep_route_order: routes are tried as they are written, not the most specific first.
        request_id: what request IDs have to do with tracing, as in the CRD; empty: as usual.
        grpc_stats: whether there are statistics of gRPC calls; None: as usual.
        host_stats: there are statistics of each host name.
        endpoint_stats, size_stats: clusters have statistics of each endpoint, and of the sizes of messages.
    """

    access_logs: tuple[AccessLog, ...] | None = None
    tracing: Tracing | None = None
    filter_order: tuple[FilterMove, ...] = ()
    keep_route_order: bool = False
    request_id: str = ""
    grpc_stats: bool | None = None
    host_stats: bool = False
    endpoint_stats: bool = False
    size_stats: bool = False
    start: Start = NO_START

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """The servers that telemetry is sent to, each once."""
        of_logs = [log.sink.collector for log in self.access_logs or () if not isinstance(log.sink, FileLog)]
        of_traces = [self.tracing.collector] if self.tracing is not None else []
        return tuple(dict.fromkeys([*of_logs, *of_traces]))
