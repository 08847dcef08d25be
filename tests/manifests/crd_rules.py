"""The cross-field rules that CRDs state (`x-kubernetes-validations`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def messages(crd: dict[str, Any]) -> dict[str, set[str]]:
    """Of each served version: the messages of all rules for one object by itself, which say nothing of its past."""
    return {
        version["name"]: {
            " ".join(rule["message"].split())
            for rule in _rules(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
            if "oldSelf" not in rule["rule"]
        }
        for version in crd["spec"]["versions"]
        if version["served"]
    }


def _rules(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield from schema.get("x-kubernetes-validations", ())
        for each in schema.values():
            yield from _rules(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _rules(each)
