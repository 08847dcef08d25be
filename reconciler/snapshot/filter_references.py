"""What the configuration of HTTP filters refers to: clusters that they call, and secrets that they ask for by name.

Found by the schema: every message of these types, wherever it stands inside of a filter's configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

from google.protobuf.message import Message

from reconciler.snapshot.model import CLUSTER, SECRET

_HTTP = "envoy.extensions.filters.http"

_MODULES: Mapping[str, tuple[str, str]] = {
    f"{_HTTP}.credential_injector.v3.CredentialInjector": (
        f"{_HTTP}.credential_injector.v3.credential_injector_pb2",
        "CredentialInjector",
    ),
    "envoy.extensions.http.injected_credentials.generic.v3.Generic": (
        "envoy.extensions.http.injected_credentials.generic.v3.generic_pb2",
        "Generic",
    ),
    f"{_HTTP}.ext_authz.v3.ExtAuthz": (f"{_HTTP}.ext_authz.v3.ext_authz_pb2", "ExtAuthz"),
    f"{_HTTP}.ext_proc.v3.ExternalProcessor": (f"{_HTTP}.ext_proc.v3.ext_proc_pb2", "ExternalProcessor"),
    f"{_HTTP}.jwt_authn.v3.JwtAuthentication": (f"{_HTTP}.jwt_authn.v3.config_pb2", "JwtAuthentication"),
    f"{_HTTP}.ratelimit.v3.RateLimit": (f"{_HTTP}.ratelimit.v3.rate_limit_pb2", "RateLimit"),
    f"{_HTTP}.wasm.v3.Wasm": (f"{_HTTP}.wasm.v3.wasm_pb2", "Wasm"),
    # Younger than xds-protos; it has the same field for the same message as OAuth2.
    f"{_HTTP}.oauth2.v3.OAuth2PerRoute": (f"{_HTTP}.oauth2.v3.oauth_pb2", "OAuth2"),
}
"""Messages that refer to something → the module and the class to read them with."""

_NAMED: Mapping[str, tuple[str, str]] = {
    "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig": (SECRET, "name"),
    "envoy.config.core.v3.GrpcService.EnvoyGrpc": (CLUSTER, "cluster_name"),
    "envoy.config.core.v3.HttpUri": (CLUSTER, "cluster"),
}
"""Messages that are a reference → the type that they refer to, and the field with its name."""

UPSTREAM_FILTER = b"credential_injector"
"""In the options of a cluster where there is a filter that refers to anything."""

_ANY = "google.protobuf.Any"

Visitor = Callable[[str, str, Any], None]
"""Called with the type URL and the name of what is referred to, and with the message that does, which it may change."""


def refers(packed: Any) -> bool:
    """Whether a packed configuration is of a type that may refer to anything."""
    return packed.type_url.rpartition("/")[2] in _MODULES


def references(packed: Any) -> Iterator[tuple[str, str]]:
    """Type URL and name of all that a packed configuration refers to.

    Raises:
        DecodeError: it is not what it says that it is.
    """
    found: list[tuple[str, str]] = []
    visit(packed, lambda type_url, name, _: found.append((type_url, name)))
    yield from found


def visit(packed: Any, visitor: Visitor) -> None:
    """Show all references of a packed configuration to `visitor`, and pack what is left of it again."""
    known = _MODULES.get(packed.type_url.rpartition("/")[2])
    if known is None:
        return
    message = getattr(import_module(known[0]), known[1]).FromString(packed.value)
    _walk(message, visitor)
    packed.value = message.SerializeToString(deterministic=True)


def _walk(message: Message, visitor: Visitor) -> None:
    full_name = message.DESCRIPTOR.full_name
    if full_name == _ANY:
        visit(message, visitor)
        return
    if full_name in _NAMED:
        type_url, field = _NAMED[full_name]
        if name := getattr(message, field):
            visitor(type_url, name, message)
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for each in _messages(descriptor.message_type, value):
                _walk(each, visitor)


def _messages(kind: Any, value: Any) -> Iterable[Message]:
    """The messages of a field: one, several, or the values of a map."""
    if isinstance(value, Message):
        return (value,)
    if not kind.GetOptions().map_entry:
        return tuple(value)
    return tuple(value.values()) if kind.fields_by_name["value"].message_type is not None else ()
