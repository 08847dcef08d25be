"""From raw objects to typed resources: the room's door."""

from __future__ import annotations

from reconciler.manifests.triage import RawDocument, Triage, triage
from reconciler.manifests.validate import load

__all__ = ["RawDocument", "Triage", "load", "triage"]
