"""`ir.clients.HeaderChanges` → the mutations of Envoy's early and late changes of headers."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.ir.clients import HeaderChanges
from reconciler.snapshot.protos import core, mutation_rules
from reconciler.translate import client_messages as c
from reconciler.translate import messages as m
from reconciler.translate.string_matches import string_matcher

Action = core.HeaderValueOptionHeaderAppendAction


def mutations(changes: HeaderChanges) -> list[mutation_rules.HeaderMutation]:
    """The changes in their order."""
    return list(_mutations(changes))


def _mutations(changes: HeaderChanges) -> Iterator[mutation_rules.HeaderMutation]:
    for pairs, action in (
        (changes.set, Action.OVERWRITE_IF_EXISTS_OR_ADD),
        (changes.add, Action.APPEND_IF_EXISTS_OR_ADD),
        (changes.add_if_absent, Action.ADD_IF_ABSENT),
    ):
        for name, value in pairs:
            header = m.HeaderValue(key=name, value=value)
            yield c.Mutation(append=m.HeaderValueOption(header=header, append_action=action))
    for name in changes.remove:
        yield c.Mutation(remove=name)
    for match in changes.remove_on_match:
        # Names of headers have no letter case.
        yield c.Mutation(remove_on_match=c.RemoveOnMatch(key_matcher=string_matcher(match, ignore_case=True)))
