"""External processing: services that see and change requests and answers."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from reconciler.ir.extensions import BodyMode, Extensions, Processor, Seen
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import types
from reconciler.translate import extension_messages as x
from reconciler.translate import messages as m
from reconciler.translate.called_services import grpc_service
from reconciler.translate.extension_messages import ext_proc
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.filters.calling import calling_config

NAME = "envoy.filters.http.ext_proc"

_SEND, _SKIP = ext_proc.ProcessingModeHeaderSendMode.SEND, ext_proc.ProcessingModeHeaderSendMode.SKIP
_BODIES = {
    BodyMode.NONE: ext_proc.ProcessingModeBodySendMode.NONE,
    BodyMode.STREAMED: ext_proc.ProcessingModeBodySendMode.STREAMED,
    BodyMode.BUFFERED: ext_proc.ProcessingModeBodySendMode.BUFFERED,
    BodyMode.BUFFERED_PARTIAL: ext_proc.ProcessingModeBodySendMode.BUFFERED_PARTIAL,
    BodyMode.FULL_DUPLEX: ext_proc.ProcessingModeBodySendMode.FULL_DUPLEX_STREAMED,
}


@lru_cache(maxsize=1024)
def extension_config(extensions: Extensions) -> RuleConfig:
    """One entry of the chain for each processor, disabled; routes enable it."""
    if not extensions.processors:
        return NOTHING
    named = [(f"{NAME}/{extensions.name}/extproc/{one.index}", one) for one in extensions.processors]
    return calling_config(named, _entry)


def _entry(name: str, processor: Processor) -> bytes:
    timeout = None if processor.timeout_ms is None else timedelta(milliseconds=processor.timeout_ms)
    status = x.HttpStatus(code=types.StatusCode(processor.error_status)) if processor.error_status else None
    config = x.ExternalProcessor(
        grpc_service=grpc_service(processor.service),
        failure_mode_allow=processor.fail_open,
        processing_mode=_mode(processor),
        request_attributes=list(processor.request.attributes) if processor.request else [],
        response_attributes=list(processor.response.attributes) if processor.response else [],
        message_timeout=timeout,
        allow_mode_override=processor.may_override,
        metadata_options=_metadata(processor),
        observability_mode=processor.shadow,
        status_on_error=status,
    )
    return encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


def _mode(processor: Processor) -> ext_proc.ProcessingMode:
    request, response = processor.request, processor.response
    return x.ProcessingMode(
        request_header_mode=_SEND if request else _SKIP,
        response_header_mode=_SEND if response else _SKIP,
        request_body_mode=_BODIES[request.body if request else BodyMode.NONE],
        response_body_mode=_BODIES[response.body if response else BodyMode.NONE],
        request_trailer_mode=_trailers(request),
        response_trailer_mode=_trailers(response),
    )


def _trailers(seen: Seen | None) -> ext_proc.ProcessingModeHeaderSendMode:
    return _SEND if seen is not None and seen.body is BodyMode.FULL_DUPLEX else _SKIP


def _metadata(processor: Processor) -> ext_proc.MetadataOptions | None:
    if not processor.readable and not processor.writable:
        return None
    return x.MetadataOptions(
        forwarding_namespaces=x.MetadataNamespaces(untyped=list(processor.readable)) if processor.readable else None,
        receiving_namespaces=x.MetadataNamespaces(untyped=list(processor.writable)) if processor.writable else None,
    )
