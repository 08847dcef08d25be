"""The question that `plan` and `publish` put to guardrails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from reconciler.diagnostics import Diagnostic
from reconciler.manifests.admission import Action
from reconciler.manifests.load import RawDocument
from reconciler.review.guardrails.collect import collect
from reconciler.review.guardrails.judge import Moment, judge
from reconciler.review.guardrails.pack import SUFFIX, entries, shipped
from reconciler.review.guardrails.resources import judge_resources
from reconciler.snapshot.model import Snapshot

Use = Mapping[str, tuple[Action, ...]]


class State(NamedTuple):
    """One side: the objects with the guardrails among them, and how to get the snapshots by fleet."""

    documents: Sequence[RawDocument]
    snapshots: Callable[[], Mapping[str, Snapshot]]
    use: Use


def check(before: State, after: State, moment: Moment) -> tuple[Diagnostic, ...]:
    """What the guardrails of the second state say about the way from the first; without a place in the source yet."""
    pack = [document for entry in entries(shipped()) for document in entry.documents]
    use = {full_name(name, pack): actions for name, actions in after.use.items()}
    guardrails = collect(after.documents, pack, use)
    return (
        *guardrails.diagnostics,
        *judge(guardrails, before.documents, after.documents, moment, everything=before.use != after.use),
        *(
            judge_resources(guardrails, before.snapshots(), after.snapshots(), moment)
            if guardrails.on_resources
            else ()
        ),
    )


def full_name(name: str, pack: Iterable[RawDocument]) -> str:
    """The policy's name: one of the pack may be called by its folder's."""
    names = {document.object["metadata"]["name"] for document in pack}
    return f"{name}{SUFFIX}" if f"{name}{SUFFIX}" in names else name
