"""`--report`: a plan in several formats at once, as planning takes longer than writing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from reconciler.cli.exits import Usage
from reconciler.cli.output import write
from reconciler.cli.parameters import Option
from reconciler.review.modes import PlanFormat

if TYPE_CHECKING:
    from reconciler.review.plan import Plan

Reports = Annotated[
    list[str] | None,
    Option(
        "--report",
        help="Write it in this format, too, e.g. sarif=plan.sarif; may be repeated.",
        metavar="FORMAT=FILE",
    ),
]


class Report(NamedTuple):
    """A format and the file that is to have it."""

    form: PlanFormat
    file: Path


def asked_for(given: Iterable[str]) -> tuple[Report, ...]:
    """The values of `--report`, read.

    Raises:
        Usage: one is not FORMAT=FILE.
    """
    return tuple(map(_report, given))


def _report(given: str) -> Report:
    form, _, file = given.partition("=")
    if form not in tuple(PlanFormat) or not file:
        raise Usage(f"--report {given}: needs FORMAT=FILE, where FORMAT is one of {', '.join(PlanFormat)}")
    return Report(PlanFormat(form), Path(file))


def write_reports(made: Plan, reports: Iterable[Report]) -> None:
    """Write each file.

    Raises:
        Usage: one cannot be written.
    """
    from reconciler.review.formats.table import plan_text

    for form, file in reports:
        write(plan_text(made, form), file, "--report")
