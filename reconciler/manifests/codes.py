"""The codes of what this room reports. They are stable: a code never changes its meaning."""

from __future__ import annotations

from typing import Final

UNKNOWN_FIELD: Final = "GW101"
WRONG_TYPE: Final = "GW102"
MISSING_FIELD: Final = "GW103"
VALUE_NOT_ALLOWED: Final = "GW104"
CROSS_FIELD_RULE: Final = "GW105"
UNKNOWN_KIND: Final = "GW106"
SKIPPED_KIND: Final = "GW107"
UNTRANSLATED_KIND: Final = "GW108"
METADATA: Final = "GW109"
DUPLICATE_OBJECT: Final = "GW301"
