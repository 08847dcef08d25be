"""The comment of a pull request: the verdict first, then risks, then what may be unfolded.

GitHub takes 65,536 characters. What there is no room for is dropped, the least important first, and it says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.changes import ObjectChange
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.diagnostics import as_text, count
from reconciler.review.formats.summary import counts
from reconciler.review.formats.text import SIGNS, field_text, reach_text, resources
from reconciler.review.markdown import code, fenced, plain
from reconciler.review.plan import Plan

MARK: Final = "<!-- gitway:plan -->"
"""By which the comment of a pull request is found again."""
LIMIT: Final = 60_000
"""Characters, with room for what an action adds."""

FEW: Final = 3
"""Warnings and notices that are not folded."""

_ICONS: Final = {Risk.HIGH: "🔴", Risk.MEDIUM: "🟠", Risk.LOW: "🟡", Risk.NONE: "🟢"}


class Room(NamedTuple):
    """How much is written: in all, of one part, rows of a table, and edges of the graph."""

    characters: int = LIMIT
    part: int = 8_000
    rows: int = 12
    edges: int = 40


class Part(NamedTuple):
    """A piece of the comment; of the greatest `weight` is dropped first."""

    weight: int
    text: str


def plan_text(plan: Plan) -> str:
    """The comment."""
    return written(plan, Room())


def written(plan: Plan, room: Room) -> str:
    """The plan in Markdown, as much of it as there is room for."""
    parts = [part for part in _parts(plan, room) if part.text]
    dropped = 0
    footer = _footer(plan)
    while len(parts) > 1 and sum(len(part.text) + 2 for part in parts) + len(footer) > room.characters:
        heaviest = max(range(len(parts)), key=lambda index: (parts[index].weight, index))
        del parts[heaviest]
        dropped += 1
    note = f"{_more(plan, dropped, 'parts')}; there is no room for them here.\n\n" if dropped else ""
    return "\n\n".join([part.text for part in parts]) + f"\n\n{note}{footer}\n"


def _parts(plan: Plan, room: Room) -> Iterator[Part]:
    yield Part(0, f"{MARK}\n{_verdict(plan)}")
    errors = [found for found in plan.diagnostics if found.severity is Severity.ERROR]
    others = [found for found in plan.diagnostics if found.severity is not Severity.ERROR]
    for number, found in enumerate(errors):
        yield Part(1 + (number > 10) * 4, _diagnostic(plan, found, room))
    if not plan.refused:
        yield Part(1, _risks(plan, room))
        yield Part(2, _behaviour(plan, room))
    yield from _others(plan, others, room)
    if not plan.refused:
        for change in plan.objects:
            yield Part(4, _object(plan, change, room))
        yield Part(6, _graph(plan, room))
        yield Part(3, _fleets(plan))


def _others(plan: Plan, others: list[Diagnostic], room: Room) -> Iterator[Part]:
    """A few are often the reason of what has been said before; many are folded."""
    if len(others) <= FEW:
        for found in others:
            yield Part(3, _diagnostic(plan, found, room))
    else:
        body = fenced(_cut(as_text(others), room), "text")
        yield Part(3, _details(plain(count(others)), body))


def _verdict(plan: Plan) -> str:
    if plan.refused:
        return f"### ❌ gitway: refused, {plain(count(plan.diagnostics))}\n\nNothing would be published."
    if not plan.changed and not plan.objects:
        return "### ⚪ gitway: no changes"
    if plan.risk is Risk.NONE:
        said = "no danger found"
    else:
        said = f"{plan.risk.value} risk, {len(plan.dangers)} danger{'s' * (len(plan.dangers) != 1)}"
    hosts = {(reach.fleet, host) for reach in plan.reaches for host in reach.hostnames}
    listeners = {(reach.fleet, one) for reach in plan.reaches for one in reach.listeners}
    fleets = len(plan.resources) + len(plan.retired)
    reach = ", ".join(
        f"{number} {word}{'s' * (number != 1)}"
        for number, word in ((fleets, "fleet"), (len(listeners), "listener"), (len(hosts), "hostname"))
        if number
    )
    return f"### {_ICONS[plan.risk]} gitway: {said}\n\n{counts(plan)}" + (f" · reaches {reach}" if reach else "")


def _risks(plan: Plan, room: Room) -> str:
    if not plan.dangers:
        return ""
    shown = plan.dangers[: room.rows]
    rows = [_danger(plan, danger) for danger in shown]
    return "\n".join(["| risk | what | where |", "|---|---|---|", *rows, *_rest(plan, len(plan.dangers) - len(shown))])


def _danger(plan: Plan, danger: Danger) -> str:
    found = danger.found
    where = "<br>".join(part for part in (plain(found.object), _place(plan, found)) if part)
    what = f"**{found.code}** {plain(found.message)}<br>{plain(found.help)}"
    return f"| {_ICONS[danger.risk]} {danger.risk.value} | {what} | {where} |"


def _place(plan: Plan, found: Diagnostic) -> str:
    place = code(":".join(str(part) for part in (found.file, found.line) if part))
    return _linked(place, plan.web.file(found.file, found.line))


def _linked(shown: str, address: str) -> str:
    return f'<a href="{escape(address)}">{shown}</a>' if shown and address else shown


def _rest(plan: Plan, number: int) -> list[str]:
    return [f"\n{_more(plan, number)}"] if number > 0 else []


def _more(plan: Plan, number: int, what: str = "") -> str:
    """What is not shown, and where it is."""
    counted = f"{number} more {what}".rstrip()
    return f"{counted} in {_linked('the summary', plan.web.run)}" if plan.web.run else counted


def _behaviour(plan: Plan, room: Room) -> str:
    if not plan.behaviour:
        return ""
    shown = plan.behaviour[: room.rows]
    rows = [f"| {code(one.request)} | {plain(one.before)} | {plain(one.after)} |" for one in shown]
    head = ["**What requests see** (samples)", "", "| request | before | after |", "|---|---|---|"]
    return "\n".join([*head, *rows, *_rest(plan, len(plan.behaviour) - len(shown))])


def _object(plan: Plan, change: ObjectChange, room: Room) -> str:
    file = _linked(code(change.file), "" if change.action == "remove" else plan.web.file(change.file))
    title = f"<b>{SIGNS[change.action]}</b> {code(change.object)} in {file}"
    if not change.fields:
        return title
    lines = []
    for field in change.fields:
        text = field_text(field).replace("\n", " ")
        sign = {"+": "+", "-": "-"}.get(text[0], "!")
        lines.append(f"{sign} {text[2:]}")
    return _details(title, fenced(_cut("\n".join(lines), room), "diff"))


def _fleets(plan: Plan) -> str:
    reaches = {reach.fleet: reach for reach in plan.reaches}
    lines = []
    for fleet, changes in plan.resources.items():
        reach = f"; reaches {plain(reach_text(reaches[fleet], 20))}" if fleet in reaches else ""
        lines.append(f"- fleet {code(fleet)}: {plain(resources(changes))}{reach}")
    lines += [f"- fleet {code(fleet)}: retired, its Envoys keep what they have" for fleet in plan.retired]
    return _details("xDS resources and reach", "\n".join(lines)) if lines else ""


def _graph(plan: Plan, room: Room) -> str:
    if plan.comparison is None:
        return ""
    from reconciler.review.graph.mermaid import as_mermaid
    from reconciler.review.graph.model import graph_of_change, limited

    graph = graph_of_change(plan.comparison)
    if not graph.edges:
        return ""
    shown = limited(graph, room.edges)
    left = f"\n\n{_more(plan, shown.left_out, 'edges')}" if shown.left_out else ""
    return _details("Topology of what changed", fenced(as_mermaid(shown), "mermaid") + left)


def _diagnostic(plan: Plan, found: Diagnostic, room: Room) -> str:
    text = fenced(_cut(as_text([found]).rpartition("\n\n")[0], room), "text")
    return f"{_place(plan, found)}\n\n{text}" if plan.web.file(found.file) else text


def _details(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _cut(text: str, room: Room) -> str:
    if len(text) <= room.part:
        return text
    kept = text[: room.part].rpartition("\n")[0]
    return f"{kept}\n… {text.count(chr(10)) - kept.count(chr(10))} more lines"


def _footer(plan: Plan) -> str:
    from reconciler import __version__

    hidden = f" · {plan.unchanged} objects unchanged" if plan.unchanged else ""
    accepted = f" · {len(plan.suppressed)} accepted" if plan.suppressed else ""
    return f"<sub>{plain(plan.base)} → {plain(plan.head)}{hidden}{accepted} · gitway {plain(__version__)}</sub>"
