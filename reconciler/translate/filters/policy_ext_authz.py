"""External authorization of a SecurityPolicy: one service is asked for all that the policy covers."""

from __future__ import annotations

from functools import lru_cache

from reconciler.ir.security import Authorizer, Security
from reconciler.ir.services import SecretValue
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.fill import Source
from reconciler.snapshot.protos import core, ext_authz, protobuf, types
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.called_services import grpc_service, http_uri, resources
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.filters.ext_authz import NAME, named
from reconciler.translate.templates import template


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """One entry of the chain for each policy, disabled; routes enable it, and say what the service is told of them."""
    asked = security.authorizer
    if asked is None:
        return NOTHING
    entry = f"{NAME}/{security.name}"
    found, names = resources(asked.service)
    disabled = encode(m.HttpFilter(name=entry, typed_config=to_any(_config(asked)), disabled=True))
    return RuleConfig(((entry, _per_route(asked)),), ((entry, disabled),), found, names)


def _per_route(asked: Authorizer) -> protobuf.Any:
    known = {name: value for name, value in asked.context if isinstance(value, str)}
    settings = m.ExtAuthzPerRoute(check_settings=m.ExtAuthzCheckSettings(context_extensions=known))
    secret = [Source(one.secret, one.key, name) for name, one in asked.context if isinstance(one, SecretValue)]
    return template(settings, secret) if secret else to_any(settings)


def _config(asked: Authorizer) -> ext_authz.ExtAuthz:
    body = m.ExtAuthzBufferSettings(max_request_bytes=asked.max_body_bytes) if asked.max_body_bytes else None
    status = s.HttpStatus(code=types.StatusCode(asked.error_status)) if asked.error_status else None
    return m.ExtAuthz(
        grpc_service=grpc_service(asked.service, asked.timeout_ms) if asked.grpc else None,
        http_service=None if asked.grpc else _http(asked),
        transport_api_version=core.ApiVersion.V3,
        failure_mode_allow=asked.fail_open,
        with_request_body=body,
        clear_route_cache=asked.reroute,
        status_on_error=status,
        allowed_headers=named(asked.headers) if asked.headers else None,
    )


def _http(asked: Authorizer) -> ext_authz.HttpService:
    answer = m.ExtAuthzAuthorizationResponse(allowed_upstream_headers=named(asked.response_headers))
    return m.ExtAuthzHttpService(
        server_uri=http_uri(asked.service, f"http://{asked.service.authority}", asked.timeout_ms),
        path_prefix=asked.path_prefix,
        path_override=asked.path,
        authorization_response=answer if asked.response_headers else None,
    )
