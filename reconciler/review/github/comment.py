"""One comment on a pull request, edited in place from run to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reconciler.review.github.api import ApiError, GitHub
from reconciler.review.github.body import marker

_PAGE: Final = 100
_MOST_PAGES: Final = 100


class Posted(NamedTuple):
    """What became of a comment: `created`, `updated` or `unchanged`."""

    action: str
    url: str


def post(api: GitHub, repository: str, number: int, key: str, text: str, author: str) -> Posted:
    """Writes the comment, over the one that `author` has left there under this key.

    May be begun anew after any failure: what an unanswered request has left behind is found then.

    Raises:
        ApiError: GitHub does not take it.
    """
    comments = f"/repos/{repository}/issues/{number}/comments"
    found = _find(api, comments, key, author)
    if found is not None:
        if found["body"].replace("\r\n", "\n").rstrip() == text.rstrip():
            return Posted("unchanged", found["html_url"])
        try:
            edited = api.call("PATCH", f"/repos/{repository}/issues/comments/{int(found['id'])}", {"body": text})
            return Posted("updated", edited["html_url"])
        except ApiError as error:
            if error.status != 404:
                raise
            # Deleted since it was listed.
    return Posted("created", api.call("POST", comments, {"body": text})["html_url"])


def _find(api: GitHub, comments: str, key: str, author: str) -> Mapping[str, Any] | None:
    """Ours, by marker and author: anybody can write the marker, and would edit later what we wrote there."""
    for page in range(1, _MOST_PAGES + 1):
        listed = api.call("GET", f"{comments}?per_page={_PAGE}&page={page}")
        for one in listed:
            by = (one["user"] or {}).get("login", "")
            if by.lower() == author.lower() and (one["body"] or "").startswith(marker(key)):
                return dict(one)
        if len(listed) < _PAGE:
            return None
    return None
