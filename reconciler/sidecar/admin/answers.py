"""What the admin page answers, path by path."""

from __future__ import annotations

import json as json_module
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from http import HTTPStatus
from typing import Any, NamedTuple

from reconciler.records import dataclass
from reconciler.sidecar.admin import state
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Roster

_TEXT, _JSON, _HTML = "text/plain; charset=utf-8", "application/json", "text/html; charset=utf-8"


class Answer(NamedTuple):
    """Status, content type, body."""

    status: HTTPStatus
    kind: str
    body: str


Query = Mapping[str, str]


@dataclass(eq=False)
class Answers:
    """The paths. `/healthz`, `/readyz` and `/metrics` are text and, asked for it, JSON; the state is JSON.

    `/` is a page for people who ask for HTML, and for all others the same as JSON.
    """

    board: Board
    metrics: Metrics
    roster: Roster
    _paths: Mapping[str, Callable[[Query, bool], Awaitable[Answer]]] = field(init=False)

    def __post_init__(self) -> None:
        self._paths = {
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics_,
            "/snapshot": self._snapshot,
            "/nodes": self._nodes,
            "/config_dump": self._config_dump,
        }

    async def answer(self, path: str, query: Query, *, json: bool, page: bool) -> Answer:
        """The answer to a GET."""
        if path == "/":
            return self._page() if page else _as_json(state.overview(self.board, self.metrics, self.roster))
        found = self._paths.get(path)
        if found is None:
            return text(f"there are /, {', '.join(self._paths)}\n", HTTPStatus.NOT_FOUND)
        return await found(query, json)

    async def _health(self, _: Query, json: bool) -> Answer:
        return _as_json({"healthy": True}) if json else text("ok\n")

    async def _readiness(self, _: Query, json: bool) -> Answer:
        problem = state.not_ready(self.metrics)
        status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
        if json:
            return _as_json({"ready": not problem, "problem": problem}, status)
        return text(f"{problem or 'ready'}\n", status)

    async def _metrics_(self, _: Query, json: bool) -> Answer:
        from reconciler.sidecar.admin import exposition  # who is never scraped does not load prometheus-client

        if json:
            return _as_json(exposition.as_json(self.metrics, self.board, self.roster))
        return Answer(HTTPStatus.OK, *exposition.as_text(self.metrics, self.board, self.roster))

    async def _snapshot(self, query: Query, _: bool) -> Answer:
        if (missing := self._unknown(query)) is not None:
            return missing
        return _as_json(state.snapshot(self.board, query.get("fleet")))

    async def _nodes(self, query: Query, _: bool) -> Answer:
        return _as_json(state.nodes(self.roster, query.get("fleet")))

    async def _config_dump(self, query: Query, _: bool) -> Answer:
        from reconciler.sidecar.admin.config_dump import DumpError, config_dump

        if "fleet" not in query:
            return text("name one: /config_dump?fleet=NAMESPACE/NAME\n", HTTPStatus.BAD_REQUEST)
        if (missing := self._unknown(query)) is not None:
            return missing
        try:
            return _as_json(await config_dump(self.board.fleets[query["fleet"]]))
        except DumpError as error:
            return text(f"{error}\n", HTTPStatus.INTERNAL_SERVER_ERROR)

    def _unknown(self, query: Query) -> Answer | None:
        name = query.get("fleet")
        fleet = self.board.fleets.get(name) if name is not None else None
        if name is None or (fleet is not None and fleet.newest is not None):
            return None
        return text("there is no such fleet here\n", HTTPStatus.NOT_FOUND)

    def _page(self) -> Answer:
        from reconciler.sidecar.admin.page import page  # nor does anybody load jinja2 who looks at no page

        return Answer(HTTPStatus.OK, _HTML, page(state.overview(self.board, self.metrics, self.roster)))


def text(body: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A few words."""
    return Answer(status, _TEXT, body)


def _as_json(data: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(status, _JSON, json_module.dumps(data, indent=2) + "\n")
