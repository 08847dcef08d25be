"""Authorization: rules about addresses, tokens, headers, methods, paths, and in CEL."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.ir.security import Authorization, Claim, Permission
from reconciler.resolve import codes
from reconciler.resolve.policies.context import Context

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.authorization import Authorization as AuthorizationSpec
    from reconciler.manifests.authorization import AuthorizationRule, Operation, Principal

_PATHS = {"Exact": ir.MatchKind.EXACT, "PathPrefix": ir.MatchKind.PREFIX, "RegularExpression": ir.MatchKind.REGEX}


def authorization(spec: AuthorizationSpec, providers: frozenset[str], context: Context) -> Authorization:
    """The rules. `providers`: those of the policy's tokens."""
    rules = [_permission(rule, index, providers, context) for index, rule in enumerate(spec.rules)]
    return Authorization(tuple(rules), spec.default_action == "Allow")


def of_connections(authorization: Authorization) -> Authorization:
    """The rules that say something about connections. The others fit none, for these have no headers and no tokens."""
    return replace(authorization, rules=tuple(rule for rule in authorization.rules if is_of_connections(rule)))


def is_of_connections(rule: Permission) -> bool:
    """Whether a rule is about addresses alone."""
    beyond = rule.claims or rule.scopes or rule.headers or rule.methods or rule.path or rule.expression
    return bool(rule.networks) and not beyond


def _permission(rule: AuthorizationRule, index: int, providers: frozenset[str], context: Context) -> Permission:
    path: FieldPath = ("authorization", "rules", index)
    who = rule.principal
    networks = () if who is None else _networks(who, (*path, "principal"), context)
    claims: tuple[Claim, ...] = ()
    provider = ""
    scopes: tuple[str, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if who is not None:
        headers = tuple((item.name.lower(), tuple(item.values)) for item in who.headers)
        if who.client_ip_geo_locations:
            message = "clientIPGeoLocations is not translated yet: nobody can pass."
            context.fail((*path, "principal", "clientIPGeoLocations"), message, codes.NOT_TRANSLATED)
        if who.jwt is not None:
            provider, scopes = who.jwt.provider, tuple(who.jwt.scopes)
            claims = tuple(
                Claim(tuple(item.name.split(".")), tuple(item.values), item.value_type == "StringArray")
                for item in who.jwt.claims
            )
            if provider not in providers:
                message = f"The policy has no provider {provider}."
                context.fail((*path, "principal", "jwt", "provider"), message)
    about, inverted = _path(rule.operation, (*path, "operation", "path"), context)
    return Permission(
        rule.name or f"rule-{index}",
        rule.action == "Allow",
        networks,
        provider,
        claims,
        scopes,
        headers,
        tuple(rule.operation.methods) if rule.operation is not None else (),
        about,
        inverted,
        _expression(rule.cel, (*path, "cel"), context),
    )


def _networks(who: Principal, path: FieldPath, context: Context) -> tuple[str, ...]:
    found = []
    for index, text in enumerate(who.client_cidrs):
        try:
            found.append(str(ip_network(text, strict=False)))
        except ValueError:
            context.fail((*path, "clientCIDRs", index), f"{text!r} is not a range of addresses.", codes.BAD_ADDRESS)
    return tuple(found)


def _path(operation: Operation | None, path: FieldPath, context: Context) -> tuple[ir.PathMatch | None, bool]:
    if operation is None or operation.path is None:
        return None, False
    match = operation.path
    if match.type == "RegularExpression":
        context.regex(match.value, (*path, "value"))
    return ir.PathMatch(_PATHS[match.type], match.value), match.invert


def _expression(text: str | None, path: FieldPath, context: Context) -> str:
    if text is None:
        return ""
    from reconciler.cel_syntax import CelError, parse  # only who writes CEL loads it

    try:
        parse(text)
    except CelError as error:
        context.fail(path, f"This is not an expression of CEL: {error}.", codes.BAD_EXPRESSION)
    return text
