"""SecurityPolicy → `ir.security.Security`, and rules and connections under it."""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.ir.security import Security
from reconciler.manifests.securitypolicy import SecurityPolicySpec
from reconciler.resolve import codes
from reconciler.resolve.policies.context import Context
from reconciler.resolve.policies.effective import Effective, Outcome
from reconciler.resolve.problems import Problem
from reconciler.resolve.security import asked, credentials, origins, permissions, sign_in, tokens
from reconciler.resolve.world import World

_EXT_AUTH = ("spec", "extAuth")
_ATTRIBUTES = {"basicAuth": "basic_auth", "apiKeyAuth": "api_key_auth", "extAuth": "ext_auth"}


def resolve(effective: Effective[SecurityPolicySpec], world: World) -> Outcome:
    """What the policy comes to.

    An authorization service that cannot be asked, of one that lets everybody through then, does no harm (`failOpen`).
    """
    context = Context(effective, world)
    spec = effective.spec
    providers = frozenset(provider.name for provider in spec.jwt.providers) if spec.jwt is not None else frozenset()
    settings = Security(
        context.name,
        None if spec.cors is None else origins.cors(spec.cors, context),
        None if spec.csrf is None else origins.csrf(spec.csrf),
        None if spec.basic_auth is None else credentials.basic_auth(spec.basic_auth, context),
        None if spec.api_key_auth is None else credentials.api_keys(spec.api_key_auth, context),
        None if spec.jwt is None else tokens.jwt(spec.jwt, context),
        None if spec.oidc is None else sign_in.oidc(spec.oidc, spec.jwt, context),
        None if spec.ext_auth is None else asked.authorizer(spec.ext_auth, context),
        None if spec.authorization is None else permissions.authorization(spec.authorization, providers, context),
    )
    if any(ref.kind == "TCPRoute" for _, ref in spec.references):
        _note_what_connections_have_not(settings, context)
    problems = tuple(context.problems)
    if spec.ext_auth is not None and spec.ext_auth.fail_open:
        problems = tuple(_harmless(problem) for problem in problems)
    return Outcome(settings, problems, tuple(dict.fromkeys(context.secrets)))


def _note_what_connections_have_not(settings: Security, context: Context) -> None:
    for field in ("cors", "csrf", "basicAuth", "apiKeyAuth", "jwt", "oidc", "extAuth"):
        if getattr(context.effective.spec, _ATTRIBUTES.get(field, field)) is not None:
            context.note((field,), "This has no effect on a TCPRoute.", codes.NO_MEANING, "Use authorization.")
    for index, rule in enumerate(settings.authorization.rules if settings.authorization is not None else ()):
        if not permissions.is_of_connections(rule):
            message = "Of a TCPRoute only clientCIDRs are known: this rule fits nothing there."
            context.note(("authorization", "rules", index), message, codes.NO_MEANING)


def _harmless(problem: Problem) -> Problem:
    return replace(problem, fatal=False) if problem.path[:2] == _EXT_AUTH else problem


def govern(rule: ir.Rule, settings: Security) -> ir.Rule:
    """A rule under the policy. Its own filter for CORS comes first."""
    return replace(rule, cors=rule.cors or settings.cors, security=settings)


def govern_l4(unit: ir.L4Unit, settings: Security) -> ir.L4Unit:
    """Connections under the policy, of which only addresses are known."""
    if settings.authorization is None:
        return unit
    return replace(unit, authorization=permissions.of_connections(settings.authorization))
