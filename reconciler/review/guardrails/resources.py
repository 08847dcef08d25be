"""What XdsPolicies say about the xDS resources that a commit changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from reconciler.diagnostics import Diagnostic
from reconciler.review.guardrails import codes
from reconciler.review.guardrails.collect import Guardrails, OnResources
from reconciler.review.guardrails.judge import SEVERITIES, Moment
from reconciler.snapshot import model
from reconciler.snapshot.as_json import as_json
from reconciler.snapshot.diff import diff
from reconciler.snapshot.model import Snapshot

_TYPES: Final = {type_url.rpartition(".")[2]: type_url for type_url in model.TYPE_URLS}


def judge_resources(
    guardrails: Guardrails, before: Mapping[str, Snapshot], after: Mapping[str, Snapshot], moment: Moment
) -> tuple[Diagnostic, ...]:
    """The violations by resources that are added or changed, of every fleet."""
    found: list[Diagnostic] = []
    for fleet, snapshot in sorted(after.items()):
        policies = [one for one in guardrails.on_resources if any(fnmatchcase(fleet, glob) for glob in one.fleets)]
        if policies:
            found += _of_fleet(policies, fleet, before.get(fleet), snapshot, moment.as_variable())
    return tuple(found)


def _of_fleet(
    policies: Sequence[OnResources], fleet: str, before: Snapshot | None, after: Snapshot, shared: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    judged = {_TYPES[name] for policy in policies for name in policy.types}
    old, new = _values(before), _values(after)
    for change in diff(before, after):
        if change.type_url not in judged or change.action == "remove":
            continue
        key = (change.type_url, change.name)
        known = {
            "object": as_json(change.type_url, new[key]),
            "oldObject": as_json(change.type_url, old[key]) if key in old else None,
            "fleet": fleet,
            "gitway": shared,
        }
        for policy in policies:
            if change.type_url in {_TYPES[name] for name in policy.types}:
                yield from _findings(policy, fleet, change.type_url, change.name, known)


def _findings(
    policy: OnResources, fleet: str, type_url: str, name: str, known: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    title = f"{type_url.rpartition('.')[2]} {name}"
    for verdict in policy.rule.judge(known):
        for action in policy.actions:
            code, severity = SEVERITIES[action]
            code = code if verdict.told else codes.UNTOLD
            message = f"{verdict.message.rstrip('.')} ({policy.policy}, fleet {fleet})"
            yield Diagnostic(code, severity, message, title, help="it is in the produced xDS")


def _values(snapshot: Snapshot | None) -> dict[tuple[str, str], bytes]:
    types = snapshot.types if snapshot is not None else ()
    return {(one.type_url, resource.name): resource.value for one in types for resource in one.resources}
