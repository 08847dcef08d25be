"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.

GitHub takes 25,000 results of a run. What is suppressed in a comment or in gitway.yaml is in it, marked as such.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from reconciler import __version__
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.catalogue.entry import Entry
from reconciler.review.catalogue.table import entries
from reconciler.review.plan import Plan
from reconciler.source.select import CONFIG_FILE
from reconciler.source.suppressions import Suppressed

MAX_RESULTS: Final = 25_000
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def plan_text(plan: Plan) -> str:
    """One run with all findings, dangers among them."""
    given = [*((found, None) for found in plan.findings), *((one.found, one) for one in plan.suppressed)][:MAX_RESULTS]
    codes = sorted({found.code for found, _ in given})
    rules = {code: index for index, code in enumerate(codes)}
    driver = {
        "name": "gitway",
        "semanticVersion": __version__,
        "rules": [_rule(code, entries().get(code)) for code in codes],
    }
    results = [_result(found, rules, suppressed) for found, suppressed in given]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the root of the repository"}}},
        "results": results,
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(code: str, entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {"id": code}
    return {
        "id": code,
        "name": entry.title,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.why},
        "help": {"text": entry.remedy},
    }


def _result(found: Diagnostic, rules: Mapping[str, int], suppressed: Suppressed | None) -> dict[str, Any]:
    about = f" ({found.object})" if found.object else ""
    told = found.message + about + (f"\n{found.help}" if found.help else "")
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rules[found.code],
        "level": _LEVELS[found.severity],
        "message": {"text": told},
        # Code scanning shows only what has a place.
        "locations": [_location(found)],
        "partialFingerprints": {"gitway/v1": _fingerprint(found)},
    }
    if suppressed is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": suppressed.reason}]
    return result


def _location(found: Diagnostic) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(found.file or CONFIG_FILE), "uriBaseId": "%SRCROOT%"}}
    if found.line:
        columns = {"startColumn": found.column} if found.column else {}
        if found.column and found.length:
            columns["endColumn"] = found.column + found.length
        place["region"] = {"startLine": found.line, **columns}
    return {"physicalLocation": place}


def _fingerprint(found: Diagnostic) -> str:
    """What stays the same when lines move."""
    path = "/".join(map(str, found.path))
    parts = (found.code, found.file, found.object, path, found.message)
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
