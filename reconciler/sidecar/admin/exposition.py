"""The metrics for Prometheus: collected when they are scraped, in a registry of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from reconciler import __version__
from reconciler.records import dataclass
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Roster


def as_text(metrics: Metrics, board: Board, roster: Roster) -> tuple[str, str]:
    """The content type and the text that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sidecar(metrics, board, roster))
    return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry).decode()


def as_json(metrics: Metrics, board: Board, roster: Roster) -> dict[str, Any]:
    """The same by name: a list of labels and value."""
    families = _Sidecar(metrics, board, roster).collect()
    return {
        family.name: [{"labels": sample.labels, "value": sample.value} for sample in family.samples]
        for family in families
    }


@dataclass(frozen=True, eq=False)
class _Sidecar(Collector):
    metrics: Metrics
    board: Board
    roster: Roster

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        metrics = self.metrics
        yield _gauge("gitway_info", "The version of gitway.", "version", {__version__: 1})
        yield GaugeMetricFamily(
            "gitway_release_serial", "Serial of the newest release that was loaded.", metrics.serial
        )
        yield GaugeMetricFamily("gitway_ready", "Whether there is anything to serve.", int(metrics.loaded))
        yield GaugeMetricFamily(
            "gitway_store_up", "Whether the last poll of the store succeeded.", int(metrics.store_ok)
        )
        yield CounterMetricFamily("gitway_store_polls", "Polls of the store.", metrics.polls)
        yield CounterMetricFamily("gitway_store_errors", "Polls of the store that failed.", metrics.poll_errors)
        yield CounterMetricFamily(
            "gitway_store_untrusted", "Polls that found a HEAD not to be trusted.", metrics.untrusted
        )
        yield CounterMetricFamily("gitway_requests", "Discovery requests.", metrics.requests)
        yield CounterMetricFamily("gitway_acks", "Responses that were acknowledged.", metrics.acks)
        yield _counter("gitway_rejected", "Streams that were ended for breaking a rule.", "reason", metrics.rejected)
        yield _gauge("gitway_streams", "Open streams.", "protocol", metrics.streams)
        yield _counter("gitway_responses", "Responses sent.", "type", metrics.responses)
        yield _counter("gitway_nacks", "Responses that were refused.", "type", metrics.nacks)
        yield from self._fleets()
        yield from self._secrets()

    def _fleets(self) -> Iterator[Metric]:
        known = {name: fleet for name, fleet in self.board.fleets.items() if fleet.newest is not None}
        served = {name: fleet.newest.serial for name, fleet in known.items() if fleet.newest is not None}
        yield _gauge("gitway_fleet_serial", "Serial of a fleet's newest release.", "fleet", served)
        quarantined = {name: len(fleet.quarantine) for name, fleet in known.items()}
        yield _gauge("gitway_fleet_quarantined", "Refused versions of types that are held back.", "fleet", quarantined)
        connected, behind, refusing = (dict.fromkeys(known, 0) for _ in range(3))
        for envoy in self.roster.envoys():
            if envoy.fleet not in known:
                continue
            connected[envoy.fleet] += 1
            behind[envoy.fleet] += envoy.lag > 0
            refusing[envoy.fleet] += envoy.refusal is not None
        yield _gauge("gitway_fleet_envoys", "Open streams of Envoys.", "fleet", connected)
        yield _gauge(
            "gitway_fleet_envoys_behind", "Of these, without the newest release acknowledged.", "fleet", behind
        )
        yield _gauge("gitway_fleet_envoys_refusing", "Of these, having refused what they were sent.", "fleet", refusing)

    def _secrets(self) -> Iterator[Metric]:
        missing = {
            name: len(self.board.secret_problems(fleet))
            for name, fleet in self.board.fleets.items()
            if fleet.newest is not None
        }
        yield _gauge("gitway_fleet_secrets_missing", "Secrets that listeners or clusters wait for.", "fleet", missing)
        yield GaugeMetricFamily(
            "gitway_secrets_broken", "Secrets that cannot be used as they are.", len(self.board.broken)
        )
        yield CounterMetricFamily("gitway_secret_errors", "Secrets held back as unusable.", self.metrics.secret_errors)


def _gauge(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    return _labelled(GaugeMetricFamily(name, what, labels=(label,)), values)


def _counter(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    return _labelled(CounterMetricFamily(name, what, labels=(label,)), values)


def _labelled(family: Any, values: Mapping[str, float]) -> Metric:
    for key, value in sorted(values.items()):
        family.add_metric((key,), value)
    made: Metric = family
    return made
