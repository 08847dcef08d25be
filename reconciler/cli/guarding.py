"""Puts what a command has before the guardrails of its commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.build import in_order
from reconciler.review.guardrails.recognise import any_guardrail
from reconciler.source.positions import locate
from reconciler.source.read import read
from reconciler.source.repository import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.build import Build
    from reconciler.cli.inputs import Inputs
    from reconciler.diagnostics import Diagnostic
    from reconciler.review.base import Base
    from reconciler.review.guardrails.check import State
    from reconciler.snapshot.model import Snapshot
    from reconciler.source.document import Document
    from reconciler.store.store import Store

Snapshots = Mapping[str, "Snapshot"]


def on_plan(inputs: Inputs, head: Build, base: Base) -> tuple[Diagnostic, ...]:
    """What they say about the way from a base; without the base's manifests everything counts as new."""
    if not (_any(inputs, head) or any_guardrail(base.documents or ())):
        return ()
    from reconciler.review.guardrails.check import State

    before = State(base.documents or (), lambda: base.snapshots, {})
    if base.sha and base.documents is not None:
        before = _state(inputs, base.sha, base.documents, lambda: base.snapshots)
    return _checked(inputs, before, head)


def on_publish(inputs: Inputs, head: Build, store: Store) -> tuple[Diagnostic, ...]:
    """What they say about the way from what is published."""
    if not _any(inputs, head):
        return ()
    from reconciler.review.guardrails.check import State

    release = store.current()
    if release is None:
        return _checked(inputs, State((), dict, {}), head)

    def published() -> Snapshots:
        return {name: store.snapshot(entry.snapshot) for name, entry in release.fleets.items()}

    try:
        _, request = inputs.at(release.commit.sha)
    except SourceError:  # this clone has not the commit
        return _checked(inputs, State((), published, {}), head)
    documents = read(request.tree, request.roots).documents
    return _checked(inputs, _state(inputs, release.commit.sha, documents, published), head)


def _any(inputs: Inputs, head: Build) -> bool:
    guards = inputs.guards
    return bool(guards.use or guards.folders) or any_guardrail(head.documents)


def _state(inputs: Inputs, sha: str, documents: Sequence[Document], snapshots: Callable[[], Snapshots]) -> State:
    from reconciler.review.guardrails.check import State

    guards = inputs.guards_at(sha)
    kept = read(guards.tree, guards.folders).documents if guards.folders else ()
    return State((*documents, *kept), snapshots, guards.use)


def _checked(inputs: Inputs, before: State, head: Build) -> tuple[Diagnostic, ...]:
    from reconciler.review.guardrails.check import State, check
    from reconciler.review.guardrails.judge import Moment

    guards = inputs.guards
    kept = read(guards.tree, guards.folders) if guards.folders else None
    documents = (*head.documents, *(kept.documents if kept else ()))
    after = State(documents, lambda: head.snapshots, guards.use)
    commit = inputs.commit
    moment = Moment(datetime.now(UTC), {"sha": commit.sha, "time": commit.time} if commit else {})
    found = (*(kept.diagnostics if kept else ()), *check(before, after, moment))
    return in_order(locate(found, guards.tree)) if found else ()
