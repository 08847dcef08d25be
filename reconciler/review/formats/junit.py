"""JUnit's XML, which most CI systems show: a test case a finding, of which errors fail."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.formats.summary import summary
from reconciler.review.plan import Plan

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def plan_text(plan: Plan) -> str:
    """One suite; without findings it has one case, which passes."""
    findings = plan.findings
    failures = sum(found.severity is Severity.ERROR for found in findings)
    counted = {"tests": str(len(findings) or 1), "failures": str(failures), "errors": "0"}
    root = ET.Element("testsuites", {"name": "gitway", **counted})
    suite = ET.SubElement(root, "testsuite", {"name": "gitway plan", **counted})
    for found in findings:
        _case(suite, found)
    if not findings:
        ET.SubElement(suite, "testcase", {"name": "manifests", "classname": "gitway"})
    ET.SubElement(suite, "system-out").text = _text(summary(plan))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, found: Diagnostic) -> None:
    name = _text(f"{found.code} {found.object or found.message}")
    attributes = {"name": name, "classname": _text(found.file or "gitway")}
    if found.file:
        attributes["file"] = _text(found.file)
    if found.line:
        attributes["line"] = str(found.line)
    case = ET.SubElement(suite, "testcase", attributes)
    place = ":".join(str(part) for part in (found.file, found.line, found.column) if part)
    told = _text("\n".join(part for part in (place, found.message, found.help) if part))
    if found.severity is Severity.ERROR:
        ET.SubElement(case, "failure", {"type": found.code, "message": _text(found.message)}).text = told
    else:
        ET.SubElement(case, "system-out").text = f"{found.severity.value}: {told}"


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
