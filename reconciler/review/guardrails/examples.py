"""`gitway policy test`: whether guardrails pass what they should, and deny what they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from reconciler.diagnostics import Severity
from reconciler.manifests.load import RawDocument
from reconciler.review.guardrails import codes
from reconciler.review.guardrails.collect import Guardrails, collect
from reconciler.review.guardrails.judge import Moment, judge
from reconciler.review.guardrails.pack import Entry, Example

NOW: Final = "gitway.dev/now"
"""The annotation, of any object of an example, that says when it is: RFC 3339."""


class Outcome(NamedTuple):
    """Of one example: `problem` is empty where it came out as it should."""

    policy: str
    example: Example | None
    problem: str


def outcomes(entry: Entry) -> Iterator[Outcome]:
    """Those of all examples of a guardrail, and what is wrong with itself.

    A guardrail is tested as a binding with `Deny` would apply it; where an object of its parameter's kind has the
    policy's name, it is the parameter.
    """
    guardrails = collect(entry.documents, use={entry.name: ("Deny",)})
    broken = [found.message for found in guardrails.diagnostics if found.severity is Severity.ERROR]
    if broken:
        yield Outcome(entry.name, None, broken[0])
        return
    seen = set()
    for example in entry.examples():
        seen.add(example.passes)
        yield Outcome(entry.name, example, _problem(guardrails, example))
    for passes, folder in ((True, "pass"), (False, "fail")):
        if passes not in seen:
            yield Outcome(entry.name, None, f"it has no example in {folder}/")


def _problem(guardrails: Guardrails, example: Example) -> str:
    found = judge(guardrails, example.before, example.after, Moment(_now(example.after), {}))
    untold = [one.message for one in found if one.code == codes.UNTOLD]
    denied = [one.message for one in found if one.code == codes.DENIED]
    if untold or (example.passes and denied):
        return f"should {'pass' if example.passes else 'be denied'}, but: {(untold or denied)[0]}"
    return "" if example.passes or denied else "should be denied, but passes"


def _now(documents: tuple[RawDocument, ...]) -> datetime:
    for document in documents:
        when = (document.object.get("metadata", {}).get("annotations") or {}).get(NOW)
        if when:
            return datetime.fromisoformat(when)
    return datetime.now(UTC)
