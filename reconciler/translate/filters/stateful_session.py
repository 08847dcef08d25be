"""Session persistence: Envoy writes the endpoint that it chose into a cookie or header, and reads it from there.

An endpoint that is gone is replaced by another. It is looked for in one cluster (`sessions` says which).
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import core
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.sessions import cookie_name

NAME = "envoy.filters.http.stateful_session"


class StatefulSession:
    """One entry of the chain, disabled; routes enable it with their own settings."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing in chains of which no rule has sessions."""
        return ()

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """What the rule's sessions are known by."""
        if not isinstance(rule.action, ir.Forward) or rule.action.session is None:
            return NOTHING
        session = m.StatefulSession(session_state=_state(name, rule.action.session))
        return RuleConfig(((NAME, to_any(m.StatefulSessionPerRoute(stateful_session=session))),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    disabled = m.HttpFilter(name=NAME, typed_config=to_any(m.StatefulSession()), disabled=True)
    return NAME, encode(disabled)


def _state(name: str, session: ir.SessionCookie | ir.SessionHeader) -> core.TypedExtensionConfig:
    if isinstance(session, ir.SessionHeader):
        header = m.HeaderBasedSessionState(name=session.name)
        return m.TypedExtensionConfig(name="envoy.http.stateful_session.header", typed_config=to_any(header))
    cookie = m.Cookie(
        name=cookie_name(name, session),
        ttl=timedelta(milliseconds=session.lifetime_ms) if session.lifetime_ms else None,
        path=session.path,
    )
    state = m.CookieBasedSessionState(cookie=cookie)
    return m.TypedExtensionConfig(name="envoy.http.stateful_session.cookie", typed_config=to_any(state))
