"""`ir.security.Authorization` → the matcher of an RBAC filter: the first rule that fits decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_network

from betterproto2 import Message

from reconciler import ir
from reconciler.ir.security import Authorization, Claim, Permission
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import matcher as matchers
from reconciler.snapshot.protos import xds_core, xds_matcher
from reconciler.snapshot.varint import framer
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.security_messages import rbac_config

TOKENS = "envoy.filters.http.jwt_authn"
"""The dynamic metadata with the claims of tokens, by the names of their providers."""

_SCOPES = ("scope", "scp")

_CEL = "type.googleapis.com/xds.type.matcher.v3."
_EXPR_MATCH = framer(1)

Predicate = xds_matcher.MatcherMatcherListPredicate


def matcher(authorization: Authorization) -> xds_matcher.Matcher:
    """All rules, and what becomes of what fits none."""
    rules = [
        m.FieldMatcher(predicate=_all(list(_predicates(rule))), on_match=_action(rule.name, allow=rule.allow))
        for rule in authorization.rules
    ]
    listed = m.MatcherList(matchers=rules) if rules else None
    return m.Matcher(matcher_list=listed, on_no_match=_action("default", allow=authorization.allow))


def _action(name: str, *, allow: bool) -> xds_matcher.MatcherOnMatch:
    kind = rbac_config.RbacAction.ALLOW if allow else rbac_config.RbacAction.DENY
    return m.OnMatch(action=_extension("action", s.RbacAction(name=name, action=kind)))


def _predicates(rule: Permission) -> Iterator[Predicate]:
    if rule.networks:
        yield _networks(rule.networks)
    yield from (_claim(rule.provider, claim) for claim in rule.claims)
    yield from (_scope(rule.provider, scope) for scope in rule.scopes)
    yield from (_any([_header(name, exact=value) for value in values]) for name, values in rule.headers)
    if rule.methods:
        yield _any([_header(":method", exact=method) for method in rule.methods])
    if rule.path is not None:
        path = _path(rule.path)
        yield m.Predicate(not_matcher=path) if rule.other_paths else path
    if rule.expression:
        yield _expression(rule.expression)


def _all(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else m.Predicate(and_matcher=s.PredicateList(predicate=list(parts)))


def _any(parts: Sequence[Predicate]) -> Predicate:
    return parts[0] if len(parts) == 1 else m.Predicate(or_matcher=s.PredicateList(predicate=list(parts)))


def _networks(networks: Sequence[str]) -> Predicate:
    ranges = [ip_network(network) for network in networks]
    cidrs = [s.CidrRange(address_prefix=str(one.network_address), prefix_len=one.prefixlen) for one in ranges]
    return _single(s.SourceIpInput(), custom=s.Ip(cidr_ranges=cidrs, stat_prefix="client_ip"))


def _claim(provider: str, claim: Claim) -> Predicate:
    values = [s.ValueMatcher(string_match=m.StringMatcher(exact=value)) for value in claim.values]
    if claim.array:
        values = [s.ValueMatcher(list_match=s.ListMatcher(one_of=value)) for value in values]
    return _any([_of_token(provider, claim.path, value) for value in values])


def _scope(provider: str, scope: str) -> Predicate:
    listed = s.ValueMatcher(list_match=s.ListMatcher(one_of=s.ValueMatcher(string_match=m.StringMatcher(exact=scope))))
    return _any([_of_token(provider, (claim,), listed) for claim in _SCOPES])


def _of_token(provider: str, path: Sequence[str], value: matchers.ValueMatcher) -> Predicate:
    keys = [s.DynamicMetadataKey(key=key) for key in (provider, *path)]
    return _single(s.DynamicMetadataInput(filter=TOKENS, path=keys), custom=s.MetadataMatcher(value=value))


def _header(name: str, *, exact: str = "", regex: str = "") -> Predicate:
    text = s.XdsStringMatcher(exact=exact) if not regex else None
    if regex:
        google = m.XdsGoogleRe2()
        text = s.XdsStringMatcher(safe_regex=s.XdsRegexMatcher(google_re2=google, regex=regex))
    single = m.SinglePredicate(input=_extension("header", s.HeaderInput(header_name=name)), value_match=text)
    return m.Predicate(single_predicate=single)


def _path(path: ir.PathMatch) -> Predicate:
    """The path of `:path` without its query, which may begin with `?`, and what may follow `#` or `;`."""
    if path.kind is ir.MatchKind.REGEX:
        return _header(":path", regex=rf"(?:{path.value})(?:[?#].*)?")
    quoted = re.escape(path.value.removesuffix("/") if path.kind is ir.MatchKind.PREFIX else path.value)
    if path.kind is ir.MatchKind.EXACT:
        return _header(":path", regex=rf"{quoted}(?:[?#].*)?")
    return _header(":path", regex=rf"{quoted}(?:[/?#;].*)?")


def _expression(text: str) -> Predicate:
    from reconciler.translate.cel_expressions import cel_expression  # only who writes CEL loads it

    value = _EXPR_MATCH(encode(cel_expression(text)))
    custom = m.XdsExtensionConfig(name="cel", typed_config=m.Any(type_url=f"{_CEL}CelMatcher", value=value))
    attributes = m.Any(type_url=f"{_CEL}HttpAttributesCelMatchInput", value=b"")
    single = m.SinglePredicate(
        input=m.XdsExtensionConfig(name="attributes", typed_config=attributes), custom_match=custom
    )
    return m.Predicate(single_predicate=single)


def _single(of: Message, *, custom: Message) -> Predicate:
    single = m.SinglePredicate(input=_extension("input", of), custom_match=_extension("match", custom))
    return m.Predicate(single_predicate=single)


def _extension(name: str, message: Message) -> xds_core.TypedExtensionConfig:
    return m.XdsExtensionConfig(name=name, typed_config=to_any(message))
