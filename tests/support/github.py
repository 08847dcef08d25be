"""A stand-in for GitHub's REST API on a loopback port: pull requests, their comments, and failures on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-token"
US = "github-actions[bot]"


@dataclass
class Failure:
    """An answer in place of the right one. `after`: the request takes effect all the same."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    method: str = ""
    after: bool = False


@dataclass
class Stub:
    """What the API knows and was asked for; `requests` are its methods and paths in their order."""

    url: str = ""
    repository: str = "acme/edge"
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    runs: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Runs of pull requests: their head, and the name of the artifact that each has."""
    requests: list[tuple[str, str]] = field(default_factory=list)

    def open_pull(self, number: int, sha: str, repository: str = "", state: str = "open") -> None:
        """A pull request whose head is a commit of `repository` (default: no fork)."""
        head = {"sha": sha, "repo": {"full_name": repository or self.repository}}
        self.pulls[number] = {"number": number, "state": state, "head": head}

    def add_comment(self, number: int, body: str, author: str = US) -> dict[str, Any]:
        """A comment."""
        known = self.comments.setdefault(number, [])
        identity = sum(len(one) for one in self.comments.values()) + 1
        url = f"https://github.example/{self.repository}/pull/{number}#issuecomment-{identity}"
        known.append({"id": identity, "body": body, "user": {"login": author}, "html_url": url})
        return known[-1]

    def answer(self, method: str, target: str, content: Any) -> tuple[int, Any]:
        """What the real one answers."""
        address = urlsplit(target)
        rest = address.path.removeprefix(f"/repos/{self.repository}/")
        if method == "GET" and (found := re.fullmatch(r"pulls/(\d+)", rest)):
            pull = self.pulls.get(int(found[1]))
            return (200, pull) if pull else (404, {"message": "Not Found"})
        if method == "GET" and rest.startswith(("commits/", "actions/runs")):
            return self._ran(rest, parse_qs(address.query))
        if found := re.fullmatch(r"issues/(\d+)/comments", rest):
            number = int(found[1])
            if method == "GET":
                query = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
                first = (query["page"] - 1) * query["per_page"]
                return 200, self.comments.get(number, [])[first : first + query["per_page"]]
            if method == "POST":
                return self._checked(content) or (201, self.add_comment(number, content["body"]))
        if method == "PATCH" and (found := re.fullmatch(r"issues/comments/(\d+)", rest)):
            for one in (one for known in self.comments.values() for one in known):
                if one["id"] == int(found[1]):
                    refused = self._checked(content)
                    one["body"] = one["body"] if refused else content["body"]
                    return refused or (200, one)
        return 404, {"message": "Not Found"}

    def _ran(self, rest: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if rest == "actions/runs":
            assert (query["event"], query["status"]) == (["pull_request"], ["success"])
            return 200, {
                "workflow_runs": [{"id": one} for one, (head, _) in self.runs.items() if [head] == query["head_sha"]]
            }
        if found := re.fullmatch(r"actions/runs/(\d+)/artifacts", rest):
            return 200, {"artifacts": [{"name": self.runs[int(found[1])][1], "expired": False}]}
        return 200, list(self.pulls.values())

    def _checked(self, content: Any) -> tuple[int, Any] | None:
        if len(content["body"]) > 65_536:
            return 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}
        return None


class _Handler(BaseHTTPRequestHandler):
    stub: Stub

    def _handle(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        content = json.loads(self.rfile.read(size)) if size else None
        self.stub.requests.append((self.command, urlsplit(self.path).path))
        failure = None
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            failure = Failure(401, message="Bad credentials")
        elif self.stub.failures and self.stub.failures[0].method in {"", self.command}:
            failure = self.stub.failures.pop(0)
        status, told = 0, None
        if failure is None or failure.after:
            status, told = self.stub.answer(self.command, self.path, content)
        if failure is not None:
            status, told = failure.status, {"message": failure.message}
        self._send(status, failure.headers if failure else {}, json.dumps(told).encode())

    def _send(self, status: int, headers: dict[str, str], text: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PATCH(self) -> None:
        self._handle()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def github() -> Iterator[Stub]:
    """The API while it listens."""
    stub = Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stub": stub}))
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
