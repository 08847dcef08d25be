"""Custom responses: other answers than those of backends, or of Envoy itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from reconciler import ir
from reconciler.ir.responses import HeaderValue, Redirection, Replacement, ResponseOverride, StatusRange
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import core, route, xds_core, xds_matcher
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.filters.credential_injector import enabled
from reconciler.translate.headers import value as escaped

NAME = "envoy.filters.http.custom_response"

Append = core.HeaderValueOptionHeaderAppendAction
Predicate = xds_matcher.MatcherMatcherListPredicate


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain for each policy, disabled; its routes enable it."""
    if rule.traffic is None or not rule.traffic.overrides:
        return NOTHING
    entry = _entry(f"{NAME}/backendtrafficpolicy/{rule.traffic.policy}", rule.traffic.overrides)
    return RuleConfig(((entry[0], enabled()),), (entry,))


@lru_cache(maxsize=256)
def _entry(name: str, overrides: tuple[ResponseOverride, ...]) -> ChainEntry:
    matchers = [m.FieldMatcher(predicate=_predicate(one), on_match=_answer(one.answer)) for one in overrides]
    matcher = m.Matcher(matcher_list=m.MatcherList(matchers=matchers))
    config = t.CustomResponse(custom_response_matcher=matcher)
    return name, encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


# ---------------------------------------------------------------- which answers


def _predicate(override: ResponseOverride) -> Predicate:
    """All of: one of the status codes, each header, and who made the answer."""
    parts = [_header(one) for one in override.headers]
    if override.statuses:
        parts.append(_single("status", t.ResponseStatusInput(), _regex("|".join(map(_codes, override.statuses)))))
    if override.source != "All":
        local = "true" if override.source == "Local" else "false"
        parts.append(_single("local", t.ResponseLocalInput(), t.MatcherString(exact=local)))
    return parts[0] if len(parts) == 1 else m.Predicate(and_matcher=t.MatcherPredicates(predicate=parts))


def _codes(codes: StatusRange) -> str:
    """A regular expression for the numbers of a range."""
    return "|".join(str(code) for code in range(max(codes.first, 100), min(codes.last, 599) + 1)) or "never"


def _header(wanted: HeaderValue) -> Predicate:
    name = t.ResponseHeaderInput(header_name=wanted.name)
    if wanted.kind == "RegularExpression":
        return _single("header", name, _regex(wanted.value))
    if wanted.kind == "Prefix":
        return _single("header", name, t.MatcherString(prefix=wanted.value))
    if wanted.kind == "Suffix":
        return _single("header", name, t.MatcherString(suffix=wanted.value))
    return _single("header", name, t.MatcherString(exact=wanted.value))


def _regex(pattern: str) -> xds_matcher.StringMatcher:
    return t.MatcherString(safe_regex=t.MatcherRegex(google_re2=t.MatcherRe2(), regex=pattern))


def _single(name: str, data: Any, matcher: xds_matcher.StringMatcher) -> Predicate:
    """The value that `data` stands for, compared with a string matcher."""
    return m.Predicate(
        single_predicate=m.SinglePredicate(
            input=m.XdsExtensionConfig(name=f"envoy.matching.inputs.{name}", typed_config=to_any(data)),
            value_match=matcher,
        )
    )


# ---------------------------------------------------------------- the other answer


def _answer(answer: Replacement | Redirection) -> xds_matcher.MatcherOnMatch:
    policy = _redirect(answer) if isinstance(answer, Redirection) else _local(answer)
    return m.OnMatch(action=policy)


def _local(answer: Replacement) -> xds_core.TypedExtensionConfig:
    content_type = (("content-type", answer.content_type),) if answer.content_type else ()
    headers = [
        *(_option(name, value, Append.OVERWRITE_IF_EXISTS_OR_ADD) for name, value in (*content_type, *answer.set)),
        *(_option(name, value, Append.APPEND_IF_EXISTS_OR_ADD) for name, value in answer.add),
    ]
    policy = t.LocalResponse(
        body=m.DataSource(inline_bytes=answer.body) if answer.body is not None else None,
        status_code=answer.status,
        response_headers_to_add=headers,
    )
    return m.XdsExtensionConfig(name="envoy.http.custom_response.local_response_policy", typed_config=to_any(policy))


def _option(name: str, value: str, action: Append) -> core.HeaderValueOption:
    return m.HeaderValueOption(header=m.HeaderValue(key=name, value=escaped(value)), append_action=action)


def _redirect(answer: Redirection) -> xds_core.TypedExtensionConfig:
    action: route.RedirectAction = m.RedirectAction(
        scheme_redirect=answer.scheme or None,
        host_redirect=answer.host,
        port_redirect=answer.port,
        path_redirect=answer.path or None,
    )
    policy = t.RedirectResponse(redirect_action=action, status_code=answer.status)
    return m.XdsExtensionConfig(name="envoy.http.custom_response.redirect_policy", typed_config=to_any(policy))
