"""The page for people: `page.html` filled in. Everything is escaped, and nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def page(overview: Mapping[str, Any]) -> str:
    """The page for what `state.overview` gave."""
    return _template().render(overview)


def age(since: str, now: str) -> str:
    """The time between two moments in RFC 3339, in its largest unit: `3 h`. A time that is none stays as it is."""
    try:
        seconds = int((_moment(now) - _moment(since)).total_seconds())
    except ValueError:
        return since
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "0 s"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["kind"] = lambda url: str(url).rpartition(".")[2]
    environment.globals["age"] = age
    return environment.from_string(Path(__file__).with_suffix(".html").read_text(encoding="utf-8"))
