"""Values of Secrets that are no certificates: credentials, client secrets, users, API keys.

A value is known by its Secret and its key (`namespace/name/key`). Where keys may not be published, or where a Secret is
declared only, the sidecar has it; otherwise it becomes part of the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from reconciler import ir
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.secret import Secret
from reconciler.resolve import codes
from reconciler.resolve.certificates import TLS_TYPE
from reconciler.resolve.grants import Grants
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal

CREDENTIAL = "credential"
CLIENT_SECRET = "client-secret"  # noqa: S105 (the name of a key)
CLIENT_ID = "client-id"
HMAC_SECRET = "hmac-secret"  # noqa: S105 (the name of a key)
USERS = ".htpasswd"

BY_NAME = (CREDENTIAL, CLIENT_SECRET, HMAC_SECRET)
"""Keys of the values that Envoy asks for by name."""

_SECRET = ("", "Secret")


class SecretValues:
    """The Secrets of a repository, as values by key."""

    def __init__(self, secrets: Iterable[Loaded[Secret]], grants: Grants, *, publish_keys: bool) -> None:
        self._secrets = {(s.resource.metadata.namespace, s.resource.metadata.name): s.resource for s in secrets}
        self._names = Names(self._secrets)
        self._grants = grants
        self._publish_keys = publish_keys

    def resolve(
        self, ref: SecretObjectReference, namespace: str, source: tuple[str, str], key: str = ""
    ) -> str | Refusal:
        """The name of the Secret (`namespace/name`) that an object of a kind (`source`: group and kind) refers to.

        With `key` it has to have that, unless the sidecar has its content.
        """
        if (ref.group, ref.kind) != _SECRET:
            message = f"This has to be a Secret of the core group, not a {ref.kind} of group {ref.group!r}."
            return Refusal("InvalidKind", message, codes.INVALID_KIND, ("kind",))
        name = (ref.namespace or namespace, ref.name)
        if not self._grants.allow(source, namespace, _SECRET, *name):
            message = f"No ReferenceGrant in namespace {name[0]} lets {source[1]} of {namespace} use Secret {ref.name}."
            guidance = f"Add a ReferenceGrant from {source[1]} in {namespace} to Secret in namespace {name[0]}."
            return Refusal("RefNotPermitted", message, codes.REF_NOT_PERMITTED, ("namespace",), guidance)
        secret = self._secrets.get(name)
        if secret is None:
            guidance = self._names.suggest(*name) or "Declare it with a Secret manifest that has a type and no data."
            message = f"Secret {'/'.join(name)} does not exist."
            return Refusal("SecretNotFound", message, codes.SECRET_NOT_FOUND, ("name",), guidance)
        if key and self._publish_keys and secret.has_content and key not in secret.content():
            message = f"Secret {'/'.join(name)} has no key {key}."
            return Refusal("InvalidSecret", message, codes.BAD_SECRET, ("name",), f"Put the value under {key}.")
        return "/".join(name)

    @cached_property
    def published(self) -> Mapping[str, Mapping[str, bytes]]:
        """The values of Secrets whose content is published, by name and key."""
        if not self._publish_keys:
            return {}
        return {"/".join(name): secret.content() for name, secret in self._secrets.items() if secret.has_content}

    @cached_property
    def by_name(self) -> tuple[ir.GenericSecret, ...]:
        """What Envoy may ask for by name, with content as far as that is published."""
        found = []
        for name, secret in self._secrets.items():
            if secret.type == TLS_TYPE:
                continue
            secret_name = "/".join(name)
            values = self.published.get(secret_name)
            for key in BY_NAME:
                content = b"" if values is None else values.get(key, b"")
                derived = key == HMAC_SECRET and not content
                if values is not None and derived:
                    content = values.get(CLIENT_SECRET, b"")
                if content or values is None:
                    found.append(ir.GenericSecret(f"{secret_name}/{key}", content, derived and bool(content)))
        return tuple(found)
