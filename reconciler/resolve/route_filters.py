"""Envoy Gateway's HTTPRouteFilters, which rules name by filters of type ExtensionRef."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.base import Loaded
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.config_values import ConfigValues
from reconciler.resolve.expressions import Expressions
from reconciler.resolve.secret_values import CREDENTIAL, SecretValues
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal

if TYPE_CHECKING:
    from reconciler.manifests.custom_responses import ResponseHeader
    from reconciler.manifests.httproutefilter import (
        HTTPCookieMatch,
        HTTPDirectResponseFilter,
        HTTPRouteFilter,
        HTTPRouteFilterSpec,
        HTTPURLRewriteFilter,
    )

KIND = ("gateway.envoyproxy.io", "HTTPRouteFilter")

BODY_KEY = "response.body"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_STATUSES = range(200, 600)


@dataclass(frozen=True, slots=True)
class Extension:
    """What one HTTPRouteFilter says. `response_headers` are those of its direct response."""

    rewrite: ir.Rewrite | None = None
    direct_response: ir.DirectResponse | None = None
    response_headers: ir.HeaderMutation | None = None
    credential: ir.Credential | None = None
    cookies: tuple[tuple[ir.ValueMatch, ...], ...] = ()


class Faulty(Exception):
    """A filter that cannot do what it says; `path` is below its spec."""

    def __init__(self, path: FieldPath, message: str, code: str, help_: str = "") -> None:
        super().__init__(message)
        self.path, self.message, self.code, self.help = path, message, code, help_


class RouteFilters:
    """The HTTPRouteFilters of a repository, each resolved when it is first named."""

    def __init__(
        self,
        filters: Iterable[Loaded[HTTPRouteFilter]],
        secrets: SecretValues,
        config: ConfigValues,
        expressions: Expressions,
    ) -> None:
        self._filters = {(f.resource.metadata.namespace, f.resource.metadata.name): f for f in filters}
        self._names = Names(self._filters)
        self._secrets = secrets
        self._config = config
        self._expressions = expressions
        self._resolved: dict[tuple[str, str], Extension | Refusal] = {}

    def resolve(self, namespace: str, name: str) -> Extension | Refusal:
        """What the filter of this name comes to; a refusal's field is that of the reference."""
        key = (namespace, name)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(key)
        return self._resolved[key]

    def _resolve(self, key: tuple[str, str]) -> Extension | Refusal:
        loaded = self._filters.get(key)
        if loaded is None:
            message = f"HTTPRouteFilter {'/'.join(key)} does not exist."
            guidance = self._names.suggest(*key)
            return Refusal("UnsupportedValue", message, codes.FILTER_NOT_FOUND, ("name",), guidance)
        try:
            return self._extension(key, loaded.resource.spec)
        except Faulty as fault:
            field = ".".join(str(step) for step in ("spec", *fault.path))
            message = f"HTTPRouteFilter {'/'.join(key)}, {field}: {fault.message}"
            return Refusal("UnsupportedValue", message, fault.code, ("name",), fault.help)

    def _extension(self, key: tuple[str, str], spec: HTTPRouteFilterSpec) -> Extension:
        answer = spec.direct_response
        return Extension(
            rewrite=None if spec.url_rewrite is None else self._rewrite(spec.url_rewrite),
            direct_response=None if answer is None else self._direct_response(key, answer),
            response_headers=None if answer is None else _headers(answer),
            credential=None if spec.credential_injection is None else self._credential(key, spec),
            cookies=tuple(
                tuple(
                    self._cookie(cookie, ("matches", index, "cookies", place)) for place, cookie in enumerate(cookies)
                )
                for index, cookies in enumerate(match.cookies for match in spec.matches)
            ),
        )

    def _rewrite(self, rewrite: HTTPURLRewriteFilter) -> ir.Rewrite:
        path = host = None
        at: FieldPath = ("urlRewrite",)
        if rewrite.path is not None and (change := rewrite.path.replace_regex_match) is not None:
            self._substitution(change.pattern, change.substitution, (*at, "path", "replaceRegexMatch"))
            path = ir.PathModifier(ir.PathChange.REGEX, change.substitution, change.pattern)
        if rewrite.hostname is not None:
            source = ir.HostSource(rewrite.hostname.type)
            host = ir.HostRewrite(source)
            if (header := rewrite.hostname.header) is not None:
                if not _TOKEN.fullmatch(header):
                    raise Faulty((*at, "hostname", "header"), f"{header!r} is not a header's name.", codes.BAD_HEADER)
                host = ir.HostRewrite(source, header)
            if (regex := rewrite.hostname.path_regex) is not None:
                self._substitution(regex.pattern, regex.substitution, (*at, "hostname", "pathRegex"))
                host = ir.HostRewrite(source, regex.substitution, regex.pattern)
        return ir.Rewrite(path=path, host=host, tell_host=rewrite.append_x_forwarded_host is not False)

    def _substitution(self, pattern: str, substitution: str, at: FieldPath) -> None:
        if reason := self._expressions.problem(pattern):
            raise Faulty(
                (*at, "pattern"), f"{pattern!r} is not a regular expression of RE2: {reason}.", codes.BAD_REGEX
            )
        if reason := self._expressions.substitution_problem(pattern, substitution):
            raise Faulty(
                (*at, "substitution"), f"{substitution!r} does not go with the pattern: {reason}.", codes.BAD_REGEX
            )

    def _cookie(self, cookie: HTTPCookieMatch, at: FieldPath) -> ir.ValueMatch:
        if cookie.type == "Exact":
            return ir.ValueMatch(cookie.name, ir.MatchKind.EXACT, cookie.value)
        if reason := self._expressions.problem(cookie.value):
            message = f"{cookie.value!r} is not a regular expression of RE2: {reason}."
            raise Faulty((*at, "value"), message, codes.BAD_REGEX)
        return ir.ValueMatch(cookie.name, ir.MatchKind.REGEX, cookie.value)

    def _direct_response(self, key: tuple[str, str], answer: HTTPDirectResponseFilter) -> ir.DirectResponse:
        status = 200 if answer.status_code is None else answer.status_code
        if status not in _STATUSES:
            raise Faulty(("directResponse", "statusCode"), "It has to be 200 to 599.", codes.BAD_FILTER)
        if not all(" " <= character <= "~" for character in answer.content_type or ""):
            raise Faulty(("directResponse", "contentType"), "It has to be printable ASCII.", codes.BAD_HEADER)
        body = ""
        if answer.body is not None:
            body = answer.body.inline or ""
            if answer.body.type == "ValueRef" and answer.body.value_ref is not None:
                found = self._config.value(answer.body.value_ref, key[0], BODY_KEY, or_first=True)
                if isinstance(found, Refusal):
                    raise Faulty(("directResponse", "body", "valueRef"), found.message, found.code, found.help)
                body = found
        return ir.DirectResponse(status, body, answer.content_type or "")

    def _credential(self, key: tuple[str, str], spec: HTTPRouteFilterSpec) -> ir.Credential | None:
        injection = spec.credential_injection
        if injection is None:
            return None
        at: FieldPath = ("credentialInjection",)
        header = injection.header or "Authorization"
        if not _TOKEN.fullmatch(header):
            raise Faulty((*at, "header"), f"{header!r} is not a header's name.", codes.BAD_HEADER)
        found = self._secrets.resolve(injection.credential.value_ref, key[0], KIND, CREDENTIAL)
        if isinstance(found, Refusal):
            raise Faulty((*at, "credential", "valueRef", *found.field), found.message, found.code, found.help)
        name = f"httproutefilter/{'/'.join(key)}"
        return ir.Credential(name, f"{found}/{CREDENTIAL}", header.lower(), bool(injection.overwrite))


def _headers(answer: HTTPDirectResponseFilter) -> ir.HeaderMutation | None:
    if answer.header is None:
        return None
    for field, entries in (("set", answer.header.set), ("add", answer.header.add)):
        for index, entry in enumerate(entries):
            if any(character in "\r\n\0" for character in entry.value):
                at: FieldPath = ("directResponse", "header", field, index, "value")
                raise Faulty(at, "It has to be one line.", codes.BAD_HEADER)
    return ir.HeaderMutation(_pairs(answer.header.set), _pairs(answer.header.add))


def _pairs(entries: Iterable[ResponseHeader]) -> tuple[tuple[str, str], ...]:
    """Names and values; of entries with equivalent names only the first counts."""
    first: dict[str, tuple[str, str]] = {}
    for entry in entries:
        first.setdefault(entry.name.lower(), (entry.name, entry.value))
    return tuple(first.values())
