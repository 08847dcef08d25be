"""Basic authentication and API keys: what clients know, which stands in Secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.ir.security import ApiKeyAuth, BasicAuth, KeyPlace
from reconciler.ir.services import SecretValue
from reconciler.resolve import codes
from reconciler.resolve.policies.context import Context
from reconciler.resolve.secret_values import USERS

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.securitypolicy import APIKeyAuth as APIKeyAuthSpec
    from reconciler.manifests.securitypolicy import BasicAuth as BasicAuthSpec

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")


def basic_auth(spec: BasicAuthSpec, context: Context) -> BasicAuth | None:
    """Users and passwords."""
    users = context.secret(spec.users, ("basicAuth", "users"), USERS)
    header = header_name(spec.forward_username_header, ("basicAuth", "forwardUsernameHeader"), context)
    return BasicAuth(SecretValue(users, USERS), header) if users is not None else None


def api_keys(spec: APIKeyAuthSpec, context: Context) -> ApiKeyAuth | None:
    """Keys of clients. Without Secrets there are none, and nobody is let in."""
    path: FieldPath = ("apiKeyAuth",)
    found = [context.secret(ref, (*path, "credentialRefs", index)) for index, ref in enumerate(spec.credential_refs)]
    names = tuple(name for name in found if name is not None)
    if len(names) != len(found):
        return None
    if not names:
        message = "There are no credentialRefs: nobody is let in."
        context.note((*path, "credentialRefs"), message, codes.BAD_POLICY, "Name Secrets with keys.")
    places: list[tuple[KeyPlace, str]] = []
    for source in spec.extract_from:
        places += [(KeyPlace.HEADER, name) for name in source.headers or ()]
        places += [(KeyPlace.QUERY, name) for name in source.params or ()]
        places += [(KeyPlace.COOKIE, name) for name in source.cookies or ()]
    header = header_name(spec.forward_client_id_header, (*path, "forwardClientIDHeader"), context)
    values = tuple(SecretValue(name) for name in dict.fromkeys(names))
    return ApiKeyAuth(values, tuple(places), header, bool(spec.sanitize))


def header_name(name: str | None, path: FieldPath, context: Context) -> str:
    """The name of a header, or an empty string; what is none is a problem."""
    if name and not _TOKEN.fullmatch(name):
        context.fail(path, f"{name!r} is not the name of a header.", codes.BAD_HEADER)
        return ""
    return name or ""
