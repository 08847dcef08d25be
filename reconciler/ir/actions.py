"""What is done with a request, apart from forwarding it."""

from __future__ import annotations

from enum import StrEnum

from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class HeaderMutation:
    """Header changes, in the order set, add, remove. Pairs are (name, value); names as written."""

    set: tuple[tuple[str, str], ...] = ()
    add: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()


class PathChange(StrEnum):
    """What a redirect or rewrite does to the path."""

    FULL = "ReplaceFullPath"
    PREFIX = "ReplacePrefixMatch"
    REGEX = "ReplaceRegexMatch"


@dataclass(frozen=True, slots=True)
class PathModifier:
    """A new path, or a new prefix in place of the one that matched.

    With `REGEX` `value` takes the place of what `pattern` matches; a backslash and a digit stand for one of its groups.
    """

    kind: PathChange
    value: str
    pattern: str = ""


class HostSource(StrEnum):
    """Where a host name is taken from."""

    HEADER = "Header"
    BACKEND = "Backend"
    PATH = "PathRegex"


@dataclass(frozen=True, slots=True)
class HostRewrite:
    """A host name that depends on the request: of a header (`value` is its name), of the endpoint, or of the path.

    With `PATH` it is the path with `value` in the place of what `pattern` matches, as in `PathModifier`.
    """

    source: HostSource
    value: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer with a redirect. Empty `scheme`, `hostname`, `port` 0 and `path` None mean: as in the request.

    Where both `port` and `scheme` are unset the listener's port is used (Gateway API, HTTPRequestRedirectFilter).
    """

    status: int = 302
    scheme: str = ""
    hostname: str = ""
    port: int = 0
    path: PathModifier | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change the authority and/or the path before forwarding. Empty or None: leave it.

    There is `hostname` or `host`, not both. With `tell_host` the backend is told the old host in X-Forwarded-Host.
    """

    hostname: str = ""
    path: PathModifier | None = None
    host: HostRewrite | None = None
    tell_host: bool = True


@dataclass(frozen=True, slots=True)
class DirectResponse:
    """The gateway answers itself. Without `content_type` a body is plain text."""

    status: int
    body: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A header that requests are given, with what only the gateway knows.

    Attributes:
        name: what it is called in names of Envoy's: `httproutefilter/<namespace>/<name>`.
        secret: SDS name of the header's value.
        header: in lower case.
        overwrite: also where the request has such a header.
    """

    name: str
    secret: str
    header: str = "authorization"
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Cors:
    """Which pages of other origins may use what is here; pre-flight requests are answered by the gateway.

    Attributes:
        origins: in lower case, with the port where it is not the scheme's own. `*` is any; as the host or its first
            label it is any number of labels.
        methods, headers, exposed: what is allowed and exposed; `*` alone is anything, without `credentials`.
        max_age_s: how long a client may remember the answer, in seconds.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age_s: int = 5
    credentials: bool = False
