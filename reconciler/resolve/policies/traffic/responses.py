"""Answers that are put in the place of others."""

from __future__ import annotations

from reconciler.diagnostics import FieldPath
from reconciler.ir.responses import HeaderValue, Redirection, Replacement, ResponseOverride, StatusRange
from reconciler.manifests import custom_responses as manifest
from reconciler.manifests.backendtrafficpolicy import BackendTrafficPolicySpec
from reconciler.resolve.backend_settings.faults import refused
from reconciler.resolve.expressions import Expressions
from reconciler.resolve.policies.effective import Effective
from reconciler.resolve.problems import ACCEPTED, Problem
from reconciler.resolve.targets import Refusal
from reconciler.resolve.world import World

BODY_KEY = "response.body"
MIN_STATUS, MAX_STATUS = 200, 599
"""What Envoy can answer with."""


def overrides(
    effective: Effective[BackendTrafficPolicySpec], world: World, problems: list[Problem]
) -> tuple[ResponseOverride, ...]:
    """The first that matches counts."""
    made = []
    for index, written in enumerate(effective.spec.response_override):
        path = ("spec", "responseOverride", index)
        headers = tuple(
            _header(one, (*path, "match", "responseHeaders", number), world.memory.expressions, problems)
            for number, one in enumerate(written.match.response_headers or ())
        )
        answer: Replacement | Redirection
        if written.response is not None:
            answer = _replacement(written.response, (*path, "response"), effective, world, problems)
        elif written.redirect is not None:
            answer = _redirection(written.redirect)
        else:
            continue
        statuses = tuple(_statuses(one) for one in written.match.status_codes or ())
        made.append(ResponseOverride(statuses, headers, written.source or "All", answer))
    return tuple(made)


def _statuses(match: manifest.StatusCodeMatch) -> StatusRange:
    if match.type == "Range" and match.range is not None:
        return StatusRange(match.range.start, match.range.end)
    return StatusRange(match.value or 0, match.value or 0)


def _header(
    match: manifest.ResponseHeaderMatch, path: FieldPath, expressions: Expressions, problems: list[Problem]
) -> HeaderValue:
    if match.value.type == "RegularExpression" and (problem := expressions.problem(match.value.value)):
        problems.append(refused((*path, "value", "value"), f"is no regular expression of RE2: {problem}."))
    return HeaderValue(match.name.lower(), match.value.type, match.value.value)


def _replacement(
    written: manifest.CustomResponse,
    path: FieldPath,
    effective: Effective[BackendTrafficPolicySpec],
    world: World,
    problems: list[Problem],
) -> Replacement:
    status = written.status_code
    if status is not None and not MIN_STATUS <= status <= MAX_STATUS:
        problems.append(refused((*path, "statusCode"), f"must be from {MIN_STATUS} to {MAX_STATUS}; is {status}."))
    body = None
    if written.body is not None:
        body = _body(written.body, (*path, "body"), effective, world, problems)
    header = written.header
    return Replacement(
        status,
        body,
        written.content_type or "",
        tuple((one.name, one.value) for one in header.set) if header else (),
        tuple((one.name, one.value) for one in header.add) if header else (),
    )


def _body(
    written: manifest.CustomResponseBody,
    path: FieldPath,
    effective: Effective[BackendTrafficPolicySpec],
    world: World,
    problems: list[Problem],
) -> bytes | None:
    if written.type == "Inline":
        return (written.inline or "").encode()
    if written.value_ref is None:
        return None
    own = tuple(step for step in path if step != "spec")
    found = world.config_values.value(written.value_ref, effective.owner(*own).namespace, BODY_KEY, or_first=True)
    if isinstance(found, Refusal):
        at = (*path, "valueRef", *found.field)
        problems.append(Problem(ACCEPTED, "Invalid", found.message, found.code, at, found.help, fatal=True))
        return None
    return found.encode()


def _redirection(written: manifest.CustomRedirect) -> Redirection:
    path = written.path.replace_full_path if written.path is not None else None
    return Redirection(written.status_code, written.scheme or "", written.hostname or "", written.port or 0, path or "")
