"""Who may send requests: what a SecurityPolicy comes to."""

from __future__ import annotations

from enum import StrEnum

from reconciler.ir.actions import Cors
from reconciler.ir.matches import PathMatch
from reconciler.ir.services import SecretValue, Service
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Csrf:
    """Requests that change something come from pages of this host, or of one of `origins`.

    Attributes:
        origins: hosts with their port where they have one; `*` as the host or its first label is any number of labels.
        enforced: the share of requests that is refused, `enforced` of `denominator`; the others are only counted.
    """

    origins: tuple[str, ...] = ()
    enforced: int = 100
    denominator: int = 100


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """Users and their hashes, in the format of htpasswd. The backend is told who asks in `header`, if that is set."""

    users: SecretValue
    header: str = ""


class KeyPlace(StrEnum):
    """Where a request has something."""

    HEADER = "header"
    QUERY = "query"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class ApiKeyAuth:
    """Keys of clients, by their names.

    Attributes:
        keys: Secrets, each with the keys of some clients.
        places: place and name of where a request may have its key, in the order in which they are tried.
        header: the backend is told in it who asks; empty: it is not.
        hidden: the backend is not shown the key.
    """

    keys: tuple[SecretValue, ...]
    places: tuple[tuple[KeyPlace, str], ...]
    header: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RemoteKeys:
    """Keys that are fetched from a URI. Durations are in milliseconds; `refetch_ms` 0: what is usual."""

    uri: str
    service: Service
    cache_ms: int = 300_000
    refetch_ms: int = 0


@dataclass(frozen=True, slots=True)
class TokenProvider:
    """Who issues tokens.

    Attributes:
        keys: a JWKS, or where that is fetched.
        headers: names and prefixes of headers that may have the token.
        cookies, params: names of cookies and query parameters that may; with all three empty: as usual.
        claim_headers: headers and the claims that the backend is told in them.
        reroute: these headers are looked at when the route is chosen.
    """

    name: str
    keys: str | RemoteKeys
    issuer: str = ""
    audiences: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    claim_headers: tuple[tuple[str, str], ...] = ()
    reroute: bool = False


class Leniency(StrEnum):
    """What passes without a good token."""

    NONE = "none"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token of any of the providers."""

    providers: tuple[TokenProvider, ...]
    leniency: Leniency = Leniency.NONE


class SameSite(StrEnum):
    """With which requests of other sites browsers send a cookie."""

    UNSET = ""
    LAX = "Lax"
    STRICT = "Strict"
    NONE = "None"


class HeaderKind(StrEnum):
    """How a header is compared."""

    EXACT = "Exact"
    PREFIX = "Prefix"
    SUFFIX = "Suffix"
    REGEX = "RegularExpression"


@dataclass(frozen=True, slots=True)
class Oidc:
    """People sign in with an OpenID Connect provider.

    Attributes:
        client_id: itself, or where it is filled in from.
        client_secret, hmac_secret: SDS names.
        redirect_path: the path of `redirect_url`.
        cookie_suffix: ends the names of cookies that have none of their own.
        access_cookie, id_cookie: names of cookies that others read; empty: none of their own.
        forward_access_token, id_token_header: what the backend is sent of the tokens.
        pass_through: headers with prefixes; a request with one of them has a token already and is not concerned.
        deny_redirect: requests with all of these headers are refused, not sent to the provider.
        token_ms, refresh_ms, csrf_ms: how long they are good where nothing says so, in milliseconds; 0: as usual.
    """

    token_endpoint: str
    service: Service
    authorization_endpoint: str
    end_session_endpoint: str
    client_id: str | SecretValue
    client_secret: str
    hmac_secret: str
    redirect_url: str
    redirect_path: str
    logout_path: str
    cookie_suffix: str
    access_cookie: str = ""
    id_cookie: str = ""
    cookie_domain: str = ""
    same_site: SameSite = SameSite.UNSET
    scopes: tuple[str, ...] = ("openid",)
    resources: tuple[str, ...] = ()
    refresh: bool = True
    forward_access_token: bool = False
    id_token_header: str = ""
    pass_through: tuple[tuple[str, str], ...] = ()
    deny_redirect: tuple[tuple[str, HeaderKind, str], ...] = ()
    token_ms: int = 0
    refresh_ms: int = 0
    csrf_ms: int = 0
    plain_tokens: bool = False


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A service that is asked before a request is forwarded.

    Attributes:
        grpc: it is asked by Envoy's gRPC protocol, otherwise by HTTP.
        path_prefix, path: over HTTP, what comes before the path of the request, or what is asked for instead.
        headers: the request headers that it is sent; none: all over gRPC, over HTTP those it always gets.
        response_headers: the headers of its answer over HTTP that the backend is sent.
        max_body_bytes: it is sent the body, up to this length; 0: not at all.
        timeout_ms: in milliseconds.
        fail_open: without an answer a request passes; otherwise it is refused with `error_status` (0: as usual).
        reroute: the route is chosen again after it has changed the request.
        context: what it is told of each request; values of Secrets are filled in.
    """

    service: Service
    grpc: bool
    path_prefix: str = ""
    path: str = ""
    headers: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    max_body_bytes: int = 0
    timeout_ms: int = 10_000
    fail_open: bool = False
    error_status: int = 0
    reroute: bool = False
    context: tuple[tuple[str, str | SecretValue], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a token, by its path, that is one of `values`, or with `array` has one of them."""

    path: tuple[str, ...]
    values: tuple[str, ...]
    array: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """One rule of an authorization; what is set has to fit, all of it.

    Attributes:
        networks: CIDRs, one of which the client's address is in.
        provider: whose token it is that has `claims` and all of `scopes`.
        headers: names and values, one of which each of them has.
        path: with `other_paths` any but this one.
        expression: CEL.
    """

    name: str
    allow: bool
    networks: tuple[str, ...] = ()
    provider: str = ""
    claims: tuple[Claim, ...] = ()
    scopes: tuple[str, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    methods: tuple[str, ...] = ()
    path: PathMatch | None = None
    other_paths: bool = False
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """The first rule that fits decides, and where none does `allow`."""

    rules: tuple[Permission, ...]
    allow: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Security:
    """A policy in force; the same object wherever it is. `name` is `securitypolicy/<namespace>/<name>`."""

    name: str
    cors: Cors | None = None
    csrf: Csrf | None = None
    basic_auth: BasicAuth | None = None
    api_keys: ApiKeyAuth | None = None
    jwt: Jwt | None = None
    oidc: Oidc | None = None
    authorizer: Authorizer | None = None
    authorization: Authorization | None = None
