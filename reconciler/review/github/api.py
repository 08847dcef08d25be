"""GitHub's REST API, as little of it as a comment needs."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import IO, Any, Final, NoReturn, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

T = TypeVar("T")

TRIES: Final = 5
LONGEST_PAUSE: Final = 60.0
"""Seconds. Whoever is told to wait for longer gives up: a job costs money while it waits."""
_TIMEOUT: Final = 30.0
_LARGEST: Final = 64 << 20
"""Bytes of an answer: a page of a hundred comments has at most 26 MB."""


class ApiError(Exception):
    """A request failed. `pause`: after how many seconds it is worth another try; None: it is not."""

    def __init__(self, message: str, status: int = 0, pause: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.pause = pause


class GitHub:
    """A connection with a token. It follows no redirects: they would take the token along."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is that of the API, e.g. `https://api.github.com`."""
        if not url.startswith(("https://", "http://")):
            raise ApiError(f"{url} is not the URL of an API")
        self._url = url.rstrip("/")
        self._token = token
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """The parsed answer to a request.

        Raises:
            ApiError: there is none, or it is an error.
        """
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "User-Agent": "gitway",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(content).encode()
        request = Request(self._url + path, data, headers, method=method)  # noqa: S310  http and https only, see above
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return _parsed(answer)
        except HTTPError as error:
            _refuse(method, path, error)
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise ApiError(f"{method} {path}: {reason or type(error).__name__}", pause=1.0) from error


def persistently(work: Callable[[], T], pause: Callable[[float], None] = time.sleep) -> T:
    """The result of work that may be begun anew, which it is while its failure is a passing one.

    Raises:
        ApiError: the last one.
    """
    for number in range(TRIES - 1):
        try:
            return work()
        except ApiError as error:
            if error.pause is None or error.pause > LONGEST_PAUSE:
                raise
            pause(max(error.pause, 2.0**number))
    return work()


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """None follows: the answer is an error."""


def _parsed(answer: IO[bytes]) -> Any:
    text = answer.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ApiError(f"an answer of more than {_LARGEST >> 20} MB")
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError("an answer that is no JSON", pause=1.0) from error


def _refuse(method: str, path: str, error: HTTPError) -> NoReturn:
    with error:
        try:
            told = str(json.loads(error.read(1 << 16))["message"])
        except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
            told = str(error.reason)
    told = "".join(one if one.isprintable() else " " for one in told)
    raise ApiError(f"{method} {path}: {error.code} {told}", error.code, _pause(error, told)) from error


def _pause(error: HTTPError, told: str) -> float | None:
    """After https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api."""
    if error.code >= 500:
        return 1.0
    limited = error.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in told.lower()
    after = error.headers.get("retry-after", "")
    if after.isdecimal() and (limited or error.code in {403, 429}):
        return float(after)
    if not limited and error.code != 429:
        return None
    reset = error.headers.get("x-ratelimit-reset", "")
    if error.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return LONGEST_PAUSE
