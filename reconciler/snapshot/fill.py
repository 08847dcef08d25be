"""Fills in what a snapshot must not hold: values of Secrets in the configuration that filters have by route.

Envoy takes certificates, client secrets and injected credentials by SDS, but users of basic authentication, API keys
and a few more only as part of a route. There a snapshot has a template instead (`template`): the filter's message as it
is without them, and which Secrets fill it. It stands in the route's `typed_per_filter_config` as an
`xds.type.v3.TypedStruct` of type `TEMPLATE`, which every tool can read and no Envoy accepts, so that what nobody has
filled is refused. They are looked for only where the schema has them: text that a user wrote is never taken for one.

What is missing fails closed: without users and keys nobody is let in (401), and a route that needs another value
answers 500. Light: the sidecar fills what it serves, and `envoy_validate` fills what it checks with stand-ins.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

TEMPLATE = "type.googleapis.com/gitway.v1.SecretFilled"
"""The type of what the `TypedStruct` stands for."""

TYPED_STRUCT = "type.googleapis.com/xds.type.v3.TypedStruct"

_MARK = TEMPLATE.encode()

Lookup = Callable[[str], Mapping[str, bytes] | None]
"""`namespace/name` of a Secret → its values by key; None: somebody else has them, and the template stays."""

NOBODY = "-:{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""A user whom no password fits: no text is known that has this hash."""


class Source(NamedTuple):
    """A value that is filled in: `key` of a Secret (`namespace/name`), or with an empty key all of its values.

    `into` says where, for messages with several places.
    """

    secret: str
    key: str = ""
    into: str = ""

    @property
    def name(self) -> str:
        """The name of the value, as of a secret that Envoy asks for."""
        return f"{self.secret}/{self.key}" if self.key else self.secret


class Filled(NamedTuple):
    """A filled resource: the Secrets' values that it has or misses, and what is wrong with them, by name."""

    value: bytes
    sources: tuple[Source, ...]
    problems: Mapping[str, str]


class _Unfillable(Exception):
    """A value is missing, and without it the message says less than it should."""


def is_template(value: bytes) -> bool:
    """Whether a resource may have anything to fill; false for nearly all."""
    return _MARK in value


def fill(value: bytes, lookup: Lookup) -> Filled:
    """A route configuration with the values of Secrets in it.

    Raises:
        DecodeError: `value` is not a route configuration.
    """
    from envoy.config.route.v3.route_pb2 import RouteConfiguration

    configuration = RouteConfiguration.FromString(value)
    filling = _Filling(lookup)
    for host in configuration.virtual_hosts:
        for route in host.routes:
            filling.route(route)
    encoded: bytes = configuration.SerializeToString(deterministic=True)
    return Filled(encoded, tuple(dict.fromkeys(filling.sources)), filling.problems)


class _Filling:
    """The templates of one resource; the same template is filled once."""

    def __init__(self, lookup: Lookup) -> None:
        self.sources: list[Source] = []
        self.problems: dict[str, str] = {}
        self._lookup = lookup
        self._known: dict[bytes, Any] = {}

    def route(self, route: Any) -> None:
        """Fill what a route has by filter. One that cannot be filled makes the route answer 500."""
        for name in sorted(route.typed_per_filter_config):
            packed = route.typed_per_filter_config[name]
            if packed.type_url != TYPED_STRUCT or _MARK not in packed.value:
                continue
            if packed.value not in self._known:
                self._known[packed.value] = self._message(packed.value)
            made = self._known[packed.value]
            if made is not None:
                packed.CopyFrom(made)
                continue
            del route.typed_per_filter_config[name]
            route.direct_response.Clear()
            route.direct_response.status = 500

    def _message(self, encoded: bytes) -> Any:
        """The filled message as an `Any`; None where it cannot be."""
        from google.protobuf.any_pb2 import Any as PackedMessage
        from xds.type.v3.typed_struct_pb2 import TypedStruct

        struct = TypedStruct.FromString(encoded)
        if struct.type_url != TEMPLATE:
            return PackedMessage(type_url=TYPED_STRUCT, value=encoded)
        config = struct.value["config"]
        sources = [Source(one["secret"], one["key"], one["into"]) for one in struct.value["secrets"]]
        self.sources += sources
        found = {one.secret: self._lookup(one.secret) for one in sources}
        secrets = {name: values for name, values in found.items() if values is not None}
        if len(secrets) != len(found):
            return PackedMessage(type_url=TYPED_STRUCT, value=encoded)
        type_url, value = config["type_url"], base64.b64decode(config["value"])
        try:
            filled = _FILLERS[type_url.rpartition("/")[2]](value, _Values(sources, secrets, self.problems))
        except _Unfillable:
            return None
        return PackedMessage(type_url=type_url, value=filled)


class _Values(NamedTuple):
    """The values for one message. What is missing or wrong is noted in `problems`."""

    sources: Sequence[Source]
    secrets: Mapping[str, Mapping[str, bytes]]
    problems: dict[str, str]

    def of(self, source: Source) -> bytes:
        """The value of a source with a key; empty where it is missing."""
        found = self.secrets[source.secret].get(source.key, b"")
        if not found:
            self.problems[source.name] = "it is missing or empty"
        return found

    def text(self, source: Source) -> str:
        """The value of a source that a message cannot be without.

        Raises:
            _Unfillable: there is none, or it is not text.
        """
        try:
            text = self.of(source).decode().strip()
        except UnicodeDecodeError:
            self.problems[source.name] = "it is not UTF-8"
            text = ""
        if not text:
            raise _Unfillable(source.name)
        return text


_USER = re.compile(r"[^:\s]+:\{SHA\}[A-Za-z0-9+/]{27}=")


def _basic_auth(template: bytes, values: _Values) -> bytes:
    """Users and hashes in the format of htpasswd, of which Envoy reads SHA-1 alone.

    Envoy refuses a whole configuration for one line that it cannot read: such lines are left out.
    """
    from envoy.extensions.filters.http.basic_auth.v3.basic_auth_pb2 import BasicAuthPerRoute

    users: dict[str, str] = {}
    for source in values.sources:
        text = values.of(source).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        good = [line for line in lines if _USER.fullmatch(line)]
        for line in good:
            users.setdefault(line.partition(":")[0], line)
        if len(users) != len(lines) and lines:
            left_out = len(lines) - len(users)
            values.problems[source.name] = f"{left_out} lines are not new users with a hash of SHA-1 (htpasswd -s)"
    message = BasicAuthPerRoute.FromString(template)
    message.users.inline_string = "\n".join(users.values()) or NOBODY
    return bytes(message.SerializeToString(deterministic=True))


def _api_keys(template: bytes, values: _Values) -> bytes:
    """Names of clients and their keys. A key that two clients have would be refused with the whole configuration."""
    from envoy.extensions.filters.http.api_key_auth.v3.api_key_auth_pb2 import ApiKeyAuthPerRoute

    message = ApiKeyAuthPerRoute.FromString(template)
    clients: set[str] = set()
    keys: set[str] = set()
    for source in values.sources:
        found = values.secrets[source.secret]
        if not found:
            values.problems[source.name] = "it is missing or empty"
        for client, value in sorted(found.items()):
            key = value.decode("utf-8", "replace").strip()
            if not key or client in clients or key in keys:
                reason = "empty" if not key else "given twice"
                values.problems[source.name] = f"the key of client {client} is {reason}: it is left out"
                continue
            clients.add(client)
            keys.add(key)
            message.credentials.add(key=key, client=client)
    return bytes(message.SerializeToString(deterministic=True))


def _ext_authz(template: bytes, values: _Values) -> bytes:
    from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthzPerRoute

    message = ExtAuthzPerRoute.FromString(template)
    for source in values.sources:
        message.check_settings.context_extensions[source.into] = values.text(source)
    return bytes(message.SerializeToString(deterministic=True))


def _oauth2(template: bytes, values: _Values) -> bytes:
    # OAuth2PerRoute is younger than xds-protos; it has the same field for the same message as OAuth2.
    from envoy.extensions.filters.http.oauth2.v3.oauth_pb2 import OAuth2

    message = OAuth2.FromString(template)
    for source in values.sources:
        message.config.credentials.client_id = values.text(source)
    return bytes(message.SerializeToString(deterministic=True))


_EXTENSIONS = "envoy.extensions.filters.http."

_FILLERS: Mapping[str, Callable[[bytes, _Values], bytes]] = {
    f"{_EXTENSIONS}basic_auth.v3.BasicAuthPerRoute": _basic_auth,
    f"{_EXTENSIONS}api_key_auth.v3.ApiKeyAuthPerRoute": _api_keys,
    f"{_EXTENSIONS}ext_authz.v3.ExtAuthzPerRoute": _ext_authz,
    f"{_EXTENSIONS}oauth2.v3.OAuth2PerRoute": _oauth2,
}
"""Full name of a message → what fills it."""


class _StandIns(dict[str, bytes]):
    """Any key has a value."""

    def get(self, _key: str, _default: object = None) -> bytes:
        return b"stand-in"


def stand_ins(_secret: str) -> Mapping[str, bytes]:
    """Values for a check: as good as any for what takes any, and neither users nor clients."""
    return _StandIns()
