"""`ir.clients.StringMatch` → `StringMatcher`."""

from __future__ import annotations

from reconciler.ir.clients import Comparison, StringMatch
from reconciler.snapshot.protos import matcher
from reconciler.translate import messages as m


def string_matcher(match: StringMatch, *, ignore_case: bool = False) -> matcher.StringMatcher:
    """What compares a whole string; regular expressions know no letter case but their own."""
    if match.kind is Comparison.REGEX:
        return m.StringMatcher(safe_regex=m.RegexMatcher(regex=match.value))
    field = {Comparison.EXACT: "exact", Comparison.PREFIX: "prefix", Comparison.SUFFIX: "suffix"}[match.kind]
    return m.StringMatcher(**{field: match.value}, ignore_case=ignore_case)  # type: ignore[arg-type]  # one of three
