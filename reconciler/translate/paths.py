"""New paths, for redirects and rewrites.

Gateway API (HTTPPathModifier) replaces a prefix by path elements and ignores a trailing slash of either side:
`/foo` → `/xyz` or `/xyz/` makes `/foo/bar` into `/xyz/bar`; `/foo` → empty or `/` makes it into `/bar`. Envoy replaces
characters, which is the same but for the prefix `/` on either side.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reconciler import ir
from reconciler.snapshot.protos import matcher
from reconciler.translate import messages as m
from reconciler.translate.matches import separated_prefix


class NewPath(NamedTuple):
    """Exactly one is set: the whole path, the characters for the matched prefix, or pattern and substitution."""

    full: str | None = None
    prefix: str | None = None
    regex: matcher.RegexMatchAndSubstitute | None = None


def new_path(modifier: ir.PathModifier, matched: ir.PathMatch) -> NewPath:
    """What becomes of the path of a request that `matched`."""
    if modifier.kind is ir.PathChange.REGEX:
        return NewPath(regex=regex_rewrite(modifier.pattern, modifier.value))
    if modifier.kind is ir.PathChange.FULL or matched.kind is not ir.MatchKind.PREFIX:
        return NewPath(full=modifier.value)
    prefix, replacement = separated_prefix(matched), modifier.value.removesuffix("/")
    if not prefix:
        return NewPath(prefix=replacement + "/")
    if replacement:
        return NewPath(prefix=replacement)
    return NewPath(regex=substitute(f"^{re.escape(prefix)}/*", "/"))


def whole_path(path: str) -> matcher.RegexMatchAndSubstitute:
    """The substitution that leaves nothing of a path; the query stays."""
    return substitute("^/.*$", path)


def substitute(pattern: str, text: str) -> matcher.RegexMatchAndSubstitute:
    """Puts `text`, as it is, in the place of what `pattern` (RE2) finds."""
    return regex_rewrite(pattern, text.replace("\\", "\\\\"))


def regex_rewrite(pattern: str, substitution: str) -> matcher.RegexMatchAndSubstitute:
    """Puts `substitution`, with what groups have matched, in the place of what `pattern` (RE2) finds."""
    return m.RegexMatchAndSubstitute(pattern=m.RegexMatcher(regex=pattern), substitution=substitution)
