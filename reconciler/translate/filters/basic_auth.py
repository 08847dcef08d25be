"""Basic authentication: users and hashes of passwords, which the sidecar fills in."""

from __future__ import annotations

from functools import lru_cache

from reconciler.ir.security import Security
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.fill import NOBODY, Source
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.templates import template

NAME = "envoy.filters.http.basic_auth"


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """One entry of the chain for each policy, disabled and without users; routes enable it with theirs."""
    auth = security.basic_auth
    if auth is None:
        return NOTHING
    entry = f"{NAME}/{security.name}"
    nobody = s.BasicAuth(users=m.DataSource(inline_string=NOBODY), forward_username_header=auth.header)
    users = template(s.BasicAuthPerRoute(), [Source(auth.users.secret, auth.users.key)])
    disabled = encode(m.HttpFilter(name=entry, typed_config=to_any(nobody), disabled=True))
    return RuleConfig(((entry, users),), ((entry, disabled),))
