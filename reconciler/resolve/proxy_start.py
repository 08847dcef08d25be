"""An EnvoyProxy → `ir.proxy.Start`: the command line and the bootstrap of Envoy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from reconciler.ir.proxy import MetricSink, Start
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.envoyproxy import EnvoyProxySpec, ProxyBootstrap
from reconciler.manifests.json_patch import JSONPatchOperation


def start(spec: EnvoyProxySpec, sinks: tuple[MetricSink, ...]) -> Start:
    """How Envoys with these settings are started; what the bootstrap is changed by has been checked."""
    metrics = spec.telemetry.metrics if spec.telemetry is not None else None
    prometheus = metrics.prometheus if metrics is not None else None
    page = prometheus is not None and not prometheus.disable
    compression = prometheus.compression if prometheus is not None and page else None
    change, document = ("", "") if spec.bootstrap is None else bootstrap_change(spec.bootstrap)[:2]
    return Start(
        tuple(_args(spec)),
        change,
        document,
        page,
        compression.type if compression is not None else "",
        compression.min_content_length if compression is not None else None,
        sinks,
        tuple((match.type, match.value) for match in metrics.matches) if metrics is not None else (),
    )


def bootstrap_change(bootstrap: ProxyBootstrap) -> tuple[str, str, str]:
    """The type of a change, its document as JSON, and what is wrong with it, if anything is."""
    import yaml

    if bootstrap.type == "JSONPatch":
        return bootstrap.type, json.dumps([_operation(one) for one in bootstrap.json_patches]), ""
    try:
        document = yaml.safe_load(bootstrap.value or "")
        written = json.dumps(document)
    except yaml.YAMLError as error:
        return bootstrap.type, "", f"value is no YAML: {' '.join(str(error).split())}"
    except TypeError as error:
        return bootstrap.type, "", f"value is not of JSON's types: {error}"
    if not isinstance(document, dict):
        return bootstrap.type, "", "value is no mapping."
    return bootstrap.type, written, ""


def _operation(one: JSONPatchOperation) -> dict[str, Any]:
    written: dict[str, Any] = {"op": one.op, "path": one.path, "jsonPath": one.json_path}
    if one.from_ is not None:
        written["from"] = one.from_
    if "value" in one.model_fields_set:
        written["value"] = one.value
    return written


def _args(spec: EnvoyProxySpec) -> Iterator[str]:
    """As in Envoy Gateway, but for what an Envoy without these settings is not told either."""
    if "logging" in spec.model_fields_set:
        levels = dict(spec.logging.level)
        yield from ("--log-level", levels.pop("default", "warn"))
        if levels:
            yield from ("--component-log-level", ",".join(f"{name}:{level}" for name, level in sorted(levels.items())))
    if spec.concurrency is not None:
        yield from ("--concurrency", str(spec.concurrency))
    if spec.shutdown is not None and spec.shutdown.drain_timeout is not None:
        drain = milliseconds(spec.shutdown.drain_timeout) // 1000
        yield from ("--drain-strategy", "immediate", "--drain-time-s", str(drain))
    yield from spec.extra_args
