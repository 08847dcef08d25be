"""What an EnvoyProxy asks of statistics: of clusters, and what Envoy has to be told of them when it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.ir.proxy import NO_START, MetricSink, Proxy, Start
from reconciler.snapshot.encode import encode
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, START, START_NAME, TYPE_PREFIX
from reconciler.snapshot.protos import cluster
from reconciler.translate import messages as m
from reconciler.translate.clusters import Upstream, upstream

Document = dict[str, Any]

_SINK = "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig"
_RESOURCE = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig"
_COMPARISONS = {"Exact": "exact", "Prefix": "prefix", "Suffix": "suffix"}


def with_statistics(clusters: Mapping[str, bytes], proxy: Proxy) -> dict[str, bytes]:
    """Encoded clusters with the statistics that are asked for."""
    if not (proxy.endpoint_stats or proxy.size_stats):
        return dict(clusters)
    asked = cluster.TrackClusterStats(per_endpoint_stats=proxy.endpoint_stats, request_response_sizes=proxy.size_stats)
    # Parts of a message that come one after the other are one message.
    part = encode(m.Cluster(track_cluster_stats=asked))
    return {name: value + part for name, value in clusters.items()}


def sink_secrets(start: Start) -> tuple[str, ...]:
    """SDS names that the clusters of collectors name."""
    return tuple(name for sink in start.sinks for name in _upstream(sink).secrets)


def start_resources(start: Start) -> dict[str, dict[str, bytes]]:
    """How Envoy is started, as the resource of `snapshot.start`; nothing, where it is as usual."""
    if start == NO_START:
        return {}
    from reconciler.snapshot.start import encode_start

    document: Document = {}
    if start.args:
        document["args"] = list(start.args)
    if start.prometheus:
        page = {"compression": start.compression, "compressed_from": start.compressed_from}
        document["prometheus"] = {name: value for name, value in page.items() if value}
    if metrics := _metrics(start):
        document["metrics"] = metrics
    if start.change:
        document["change"] = {"type": start.change, "document": json.loads(start.document)}
    return {START: {START_NAME: encode_start(document)}}


def _metrics(start: Start) -> Document:
    """The part of a bootstrap that is about statistics, as proto-JSON."""
    part: Document = {}
    if start.sinks:
        part["stats_sinks"] = [_sink(sink) for sink in start.sinks]
        part["static_resources"] = {"clusters": [_cluster(sink) for sink in start.sinks]}
    if start.matches:
        patterns = [
            {"safe_regex": {"regex": value}} if kind == "RegularExpression" else {_COMPARISONS[kind]: value}
            for kind, value in start.matches
        ]
        part["stats_config"] = {"stats_matcher": {"inclusion_list": {"patterns": patterns}}}
    return part


def _sink(sink: MetricSink) -> Document:
    service: Document = {"envoy_grpc": {"cluster_name": sink.collector.cluster}}
    if sink.collector.authority:
        service["envoy_grpc"]["authority"] = sink.collector.authority
    if sink.headers:
        service["initial_metadata"] = [{"key": name, "value": value} for name, value in sink.headers]
    config: Document = {"@type": TYPE_PREFIX + _SINK, "grpc_service": service}
    if sink.counters_as_deltas:
        config["report_counters_as_deltas"] = True
    if sink.histograms_as_deltas:
        config["report_histograms_as_deltas"] = True
    if sink.resource:
        detector = {"@type": TYPE_PREFIX + _RESOURCE, "attributes": dict(sink.resource)}
        name = "envoy.tracers.opentelemetry.resource_detectors.static_config"
        config["resource_detectors"] = [{"name": name, "typed_config": detector}]
    return {"name": "envoy.stat_sinks.open_telemetry", "typed_config": config}


def _cluster(sink: MetricSink) -> Document:
    """The collector's cluster, which has to be there before xDS is: with its endpoints inside."""
    from reconciler.snapshot.patch import to_json

    made = _upstream(sink)
    found: Document = to_json(CLUSTER, made.cluster)
    if made.endpoints is not None:
        del found["eds_cluster_config"]
        found["type"] = "STATIC"
        found["load_assignment"] = to_json(CLUSTER_LOAD_ASSIGNMENT, made.endpoints)
    return found


def _upstream(sink: MetricSink) -> Upstream:
    collector = sink.collector
    return upstream(collector.cluster, collector.cluster, collector.backends, collector.settings)
