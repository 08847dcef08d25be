"""How bodies are passed on: how fast, compressed, or as a whole."""

from __future__ import annotations

from reconciler.ir.traffic import Bandwidth, Compressor
from reconciler.manifests import backendtrafficpolicy as manifest
from reconciler.manifests.values import UINT32_MAX
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.problems import Problem

KIBIBYTE = 1024
SECONDS = {"Second": 1, "Minute": 60, "Hour": 3600}
MIN_COMPRESSED = 30
"""Envoy's least `min_content_length`."""


def bandwidth(written: manifest.BandwidthLimit | None, problems: list[Problem]) -> Bandwidth | None:
    """How many bytes a second are passed on."""
    if written is None:
        return None
    request, response = written.request, written.response
    trailers = response.response_trailers if response is not None else None
    return Bandwidth(
        _per_second(request.limit, "request", problems) if request is not None else 0,
        _per_second(response.limit, "response", problems) if response is not None else 0,
        None if trailers is None else trailers.prefix or "",
    )


def _per_second(limit: manifest.Bandwidth, direction: str, problems: list[Problem]) -> int:
    """Envoy counts in KiB a second."""
    found = limit.value // SECONDS[limit.unit]
    if found < KIBIBYTE:
        path = ("spec", "bandwidthLimit", direction, "limit", "value")
        problems.append(refused(path, f"must come to at least 1Ki a second; it is {found} bytes."))
    return found


def buffer_bytes(written: manifest.RequestBuffer | None, problems: list[Problem]) -> int | None:
    """Up to which size requests are read as a whole."""
    if written is None:
        return None
    path = ("spec", "requestBuffer", "limit")
    if written.limit is None or not 0 < written.limit <= UINT32_MAX:
        problems.append(refused(path, f"must be from 1 to {UINT32_MAX} bytes."))
        return None
    return written.limit


def compressors(spec: manifest.BackendTrafficPolicySpec, problems: list[Problem]) -> tuple[Compressor, ...]:
    """The ways of compressing, the preferred one first; each once."""
    field, written = (
        ("compressor", spec.compressor) if spec.compressor is not None else ("compression", spec.compression)
    )
    made: dict[str, Compressor] = {}
    for index, one in enumerate(written):
        minimum = one.min_content_length
        if minimum is not None and not MIN_COMPRESSED <= minimum <= UINT32_MAX:
            path = ("spec", field, index, "minContentLength")
            problems.append(refused(path, f"must be from {MIN_COMPRESSED} to {UINT32_MAX} bytes."))
        made.setdefault(one.type, Compressor(one.type.lower(), minimum))
    return tuple(made.values())
