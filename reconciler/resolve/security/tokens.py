"""JWT: whose tokens are good, and where their keys are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.ir.security import Jwt, Leniency, RemoteKeys, TokenProvider
from reconciler.manifests.durations import milliseconds
from reconciler.resolve import codes
from reconciler.resolve.policies.called_services import by_reference, by_url, settled
from reconciler.resolve.policies.context import Context
from reconciler.resolve.security.credentials import header_name

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.jwt import JWT, JWTProvider, LocalJWKS, RemoteJWKS

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
JWKS_KEY = "jwks"


def jwt(spec: JWT, context: Context) -> Jwt | None:
    """The providers of tokens."""
    made: list[TokenProvider] = []
    names: set[str] = set()
    for index, provider in enumerate(spec.providers):
        path: FieldPath = ("jwt", "providers", index)
        if provider.name in names:
            context.fail((*path, "name"), f"There is another provider of the name {provider.name}.")
        names.add(provider.name)
        found = _provider(provider, index, path, context)
        if found is not None:
            made.append(found)
    if len(made) != len(spec.providers):
        return None
    leniency = Leniency.FAILED if spec.fail_open else Leniency.MISSING if spec.optional else Leniency.NONE
    return Jwt(tuple(made), leniency)


def _provider(spec: JWTProvider, index: int, path: FieldPath, context: Context) -> TokenProvider | None:
    if spec.issuer and not _is_issuer(spec.issuer):
        context.fail((*path, "issuer"), f"{spec.issuer!r} is neither a URI nor an email address.")
    keys: str | RemoteKeys | None = None
    if spec.local_jwks is not None:
        keys = _local(spec.local_jwks, (*path, "localJWKS"), context)
    elif spec.remote_jwks is not None:
        keys = _remote(spec.remote_jwks, f"{context.name}/jwt/{index}", (*path, "remoteJWKS"), context)
    claims = []
    for position, item in enumerate(spec.claim_to_headers):
        at = (*path, "claimToHeaders", position)
        claims.append((header_name(item.header or " ", (*at, "header"), context), item.claim))
        if not item.claim:
            context.fail((*at, "claim"), "There is no name of a claim.")
    extract = spec.extract_from
    for position, place in enumerate(extract.headers if extract else ()):
        header_name(place.name or " ", (*path, "extractFrom", "headers", position, "name"), context)
    if keys is None:
        return None
    return TokenProvider(
        spec.name,
        keys,
        spec.issuer or "",
        tuple(spec.audiences),
        tuple((item.name, item.value_prefix or "") for item in extract.headers) if extract else (),
        tuple(extract.cookies) if extract else (),
        tuple(extract.params) if extract else (),
        tuple(claims),
        bool(spec.recompute_route),
    )


def _is_issuer(issuer: str) -> bool:
    """Whether a name can be one of RFC 7519's `StringOrURI`: with a colon it is a URI, with an @ an email address."""
    if ":" in issuer:
        return bool(urlsplit(issuer).scheme)
    return "@" not in issuer or bool(_EMAIL.fullmatch(issuer))


def _local(spec: LocalJWKS, path: FieldPath, context: Context) -> str | None:
    text: str | None = spec.inline
    if spec.type == "ValueRef" and spec.value_ref is not None:
        text = context.config(spec.value_ref, (*path, "valueRef"), JWKS_KEY, or_first=True)
    if text is None:
        return None
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list) or not keys["keys"]:
        context.fail(path, 'The keys are not a JWKS: a JSON object with a list "keys".', codes.BAD_CONFIG)
        return None
    return text


def _remote(spec: RemoteJWKS, name: str, path: FieldPath, context: Context) -> RemoteKeys | None:
    if spec.backend_refs:
        if not urlsplit(spec.uri).path:
            context.fail((*path, "uri"), f"{spec.uri!r} is not a URL.", codes.BAD_URL)
        service = by_reference(spec, name, path, context)
    else:
        service = by_url(spec.uri, (*path, "uri"), context)
        if service is not None and spec.backend_settings is not None:
            service = replace(settled(service, spec, path, context), name=name)
    if service is None:
        return None
    refetch = 0 if spec.failed_refetch_duration is None else milliseconds(spec.failed_refetch_duration)
    return RemoteKeys(spec.uri, service, milliseconds(spec.cache_duration), refetch)
