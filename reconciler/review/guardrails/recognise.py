"""Whether there are guardrails at all: without any, nothing of CEL is imported."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.manifests.load import RawDocument
from reconciler.manifests.registry import SERVED


def is_guardrail(document: RawDocument) -> bool:
    """Whether a document is a guardrail."""
    raw = document.object
    kind = SERVED.get((str(raw.get("apiVersion")), str(raw.get("kind")))) if isinstance(raw, dict) else None
    return kind is not None and kind.guardrail


def any_guardrail(documents: Iterable[RawDocument]) -> bool:
    """Whether one of them is."""
    return any(map(is_guardrail, documents))
