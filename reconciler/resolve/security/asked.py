"""External authorization: a service that says whether a request may pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.ir.security import Authorizer
from reconciler.ir.services import SecretValue
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.references import LocalObjectReference, SecretObjectReference
from reconciler.resolve import codes
from reconciler.resolve.policies.called_services import by_reference
from reconciler.resolve.policies.context import Context

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.ext_auth import ContextExtension, ExtAuth

_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_TIMEOUT_MS = 10_000


def authorizer(spec: ExtAuth, context: Context) -> Authorizer | None:
    """The service that is asked."""
    path: FieldPath = ("extAuth",)
    grpc = spec.grpc is not None
    cluster = spec.grpc or spec.http
    assert cluster is not None  # noqa: S101  the model has one of them
    service = by_reference(
        cluster, f"{context.name}/extauth/0", (*path, "grpc" if grpc else "http"), context, grpc=grpc
    )
    prefix = override = ""
    copied: tuple[str, ...] = ()
    if spec.http is not None:
        prefix, override = _path(spec.http.path), spec.http.path_override or ""
        copied = tuple(spec.http.headers_to_backend)
        for field, value in (("path", spec.http.path), ("pathOverride", spec.http.path_override)):
            if value and (_DOTS.search(value) or not value.isprintable() or " " in value):
                context.fail((*path, "http", field), f"{value!r} is not a path.", codes.BAD_PATH)
    if spec.include_route_metadata:
        message = "Routes have no metadata here: their names say the same, and are not part of what is asked."
        context.note((*path, "includeRouteMetadata"), message, codes.NO_MEANING)
    extensions = [
        (item.name, _context_value(item, (*path, "contextExtensions", index), context))
        for index, item in enumerate(spec.context_extensions)
    ]
    if service is None or any(value is None for _, value in extensions):
        return None
    return Authorizer(
        service,
        grpc,
        prefix,
        override,
        tuple(spec.headers_to_ext_auth),
        copied,
        spec.body_to_ext_auth.max_request_bytes if spec.body_to_ext_auth else 0,
        _TIMEOUT_MS if spec.timeout is None else milliseconds(spec.timeout),
        spec.fail_open,
        spec.status_on_error or 0,
        bool(spec.recompute_route),
        tuple((name, value) for name, value in extensions if value is not None),
    )


def _path(path: str | None) -> str:
    """What comes before the path of a request, which begins with a slash."""
    return f"/{path.strip('/')}" if path and path.strip("/") else ""


def _context_value(item: ContextExtension, path: FieldPath, context: Context) -> str | SecretValue | None:
    ref = item.value_ref
    if item.type == "Value" or ref is None:
        return item.value or ""
    at = (*path, "valueRef")
    if ref.kind == "Secret":
        # Some write the version of the core group as the group.
        named = SecretObjectReference.model_construct(group="", kind="Secret", name=ref.name, namespace=None)
        found = context.secret(named, at, ref.key)
        return None if found is None else SecretValue(found, ref.key)
    config = LocalObjectReference.model_construct(group="", kind="ConfigMap", name=ref.name)
    return context.config(config, at, ref.key)
